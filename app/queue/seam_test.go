package queue

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSeam holds what is SQLite's own to sqlite*.go, so that another database replaces these files only.
func TestSeam(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	own := regexp.MustCompile(`database/sql|riversqlite|modernc\.org|json_each|river_job|dfbot_[a-z]+|` +
		`\b(SELECT|INSERT|UPDATE|DELETE|PRAGMA) |\bsql\.`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		hit := own.Find(source)
		if ours := strings.HasPrefix(file, "sqlite"); ours != (hit != nil) {
			t.Errorf("%s: is it SQLite's own? its words say %q", file, hit)
		}
	}
}
