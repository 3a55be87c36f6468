package queue

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSeam holds what is SQLite's own to sqlite.go, so that it is one file that another database replaces.
func TestSeam(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	own := regexp.MustCompile(`database/sql|riversqlite|modernc\.org|json_each|river_job|dfbot_[a-z]+|\b(SELECT|INSERT|UPDATE|DELETE|PRAGMA) |\bsql\.`)
	found := false
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		hit := own.Find(source)
		if file == "sqlite.go" {
			found = hit != nil
			continue
		}
		if hit != nil {
			t.Errorf("%s knows the database: %q", file, hit)
		}
	}
	if !found {
		t.Error("sqlite.go does not know the database: the test looks for the wrong words")
	}
}
