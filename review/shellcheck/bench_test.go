package shellcheck

import (
	"os/exec"
	"testing"
)

// BenchmarkSigns is what it costs to tell which RUNs of a real Dockerfile are worth asking about.
func BenchmarkSigns(b *testing.B) {
	all := corpus(b)
	for i := range all {
		_ = all[i].Parse() // one that does not parse has no scripts
	}
	for i := 0; b.Loop(); i++ {
		if u := &all[i%len(all)]; u.File != nil {
			scriptsOf(u)
		}
	}
}

// BenchmarkCheck checks a real Dockerfile as by default.
func BenchmarkCheck(b *testing.B) {
	c, all := installed(b), corpus(b)
	for i := 0; b.Loop(); i++ {
		u := all[i%len(all)]
		if _, err := c.Check(b.Context(), u); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStart is the bare program, with nothing to check.
func BenchmarkStart(b *testing.B) {
	c := installed(b)
	for b.Loop() {
		if err := exec.CommandContext(b.Context(), c.path, "--version").Run(); err != nil {
			b.Fatal(err)
		}
	}
}
