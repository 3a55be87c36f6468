package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/rulebook"
)

// TestSchema holds the published JSON Schema of .dfbot.yml against the rules; `go test ./cmd/dfbot -run TestSchema
// -update` rewrites it.
func TestSchema(t *testing.T) {
	file := filepath.Join("..", "..", "config", "dfbot.schema.json")
	want := config.Schema(rulebook.All())
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not that of the rules: run go test ./cmd/dfbot -run TestSchema -update", file)
	}
}
