package dockerfile_test

import (
	"testing"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// TestBegins: comments and empty lines come before the first instruction.
func TestBegins(t *testing.T) {
	for src, want := range map[string]bool{
		"FROM a": true, "# syntax=docker/dockerfile:1\n\n  from a\n": true, "ARG X=1\nFROM a": true,
		"\xef\xbb\xbfFROM a": true,
		"":                   false, "# FROM a": false, "FROMAGE a": false, "RUN make\nFROM a": false,
		"From: me\n": false,
	} {
		if got := dockerfile.Begins([]byte(src)); got != want {
			t.Errorf("%q: %t", src, got)
		}
	}
}
