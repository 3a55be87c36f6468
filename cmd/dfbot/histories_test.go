package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestHistories prints the rows of the table in docs/history.md, for the clones in a folder: how often the installs of
// all builds ran again over the last 200 merges.
func TestHistories(t *testing.T) {
	folder := os.Getenv("DFBOT_CLONES")
	if folder == "" {
		t.Skip("DFBOT_CLONES names no folder of clones")
	}
	clones, err := filepath.Glob(filepath.Join(folder, "*", ".git"))
	if err != nil {
		t.Fatal(err)
	}
	for _, clone := range clones {
		out, err := os.Create(filepath.Join(t.TempDir(), "out"))
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Dir(clone)
		code := run(t.Context(), []string{"history", "--format", "json", dir}, streams{os.Stdin, out, os.Stderr})
		data, err := os.ReadFile(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(historyRow(t, filepath.Base(dir), data), "exit code", code)
	}
}

// historyRow is the row for one repository.
func historyRow(t *testing.T, name string, data []byte) string {
	t.Helper()
	type counts struct{ AsItWas, Today, WithFixes struct{ Again, Of int } }
	var doc struct {
		Merges []struct{}
		Builds []struct{ Installs counts }
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return fmt.Sprintf("| %s | %v |", name, err)
	}
	var sum counts
	for _, b := range doc.Builds {
		sum.AsItWas.Again += b.Installs.AsItWas.Again
		sum.Today.Again += b.Installs.Today.Again
		sum.Today.Of += b.Installs.Today.Of
		sum.WithFixes.Again += b.Installs.WithFixes.Again
	}
	return fmt.Sprintf("| %s | %d | %d | %d | %d | %d | %d |", name, len(doc.Merges), len(doc.Builds), sum.Today.Of,
		sum.AsItWas.Again, sum.Today.Again, sum.WithFixes.Again)
}
