package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// scripts are the folders of what the tests run that have subtests by file.
var scripts = map[string]string{"cmd/dfbot.TestScripts": "cmd/dfbot/testdata/script",
	"app.TestTranscripts": "app/testdata"}

// TestThreatModel holds docs/threat-model.md to the tests: each that it names exists, and each row of its tables names
// one.
func TestThreatModel(t *testing.T) {
	text := readFile(t, "docs", "threat-model.md")
	named := all(text, "`((?:[a-z]+/)*[a-z]+\\.(?:Test|Fuzz)\\w+(?:/[\\w-]+)?)`")
	if len(named) < 80 {
		t.Errorf("it names %d tests only", len(named))
	}
	for _, name := range named {
		if !testExists(t, name) {
			t.Errorf("there is no test %s", name)
		}
	}
	for _, row := range all(text, `(?m)^\| (.*) \|$`) {
		if !strings.Contains(row, "Held by") && !regexp.MustCompile(`\.(Test|Fuzz)`).MatchString(row) {
			t.Errorf("no test holds that %s", row)
		}
	}
}

// testExists looks for the function in the tests of its package, and for the file of a subtest.
func testExists(t *testing.T, name string) bool {
	t.Helper()
	dot := strings.Index(name, ".")
	function, sub, _ := strings.Cut(name[dot+1:], "/")
	if sub != "" {
		folder := scripts[name[:dot+1]+function]
		if _, err := os.Stat(filepath.Join(root, folder, sub+".txtar")); folder == "" || err != nil {
			return false
		}
	}
	files, err := filepath.Glob(filepath.Join(root, name[:dot], "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(source, []byte("\nfunc "+function+"(")) {
			return true
		}
	}
	return false
}
