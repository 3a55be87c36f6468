package dockerfile_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// TestManyUnknownFlags: a flag that BuildKit does not know is taken out of all instructions at once; more than a few
// no one writes a Dockerfile with such flags.
func TestManyUnknownFlags(t *testing.T) {
	head := "# syntax=docker/dockerfile:1\nFROM a\n"
	flags := func(n int) string {
		src := head
		for i := range n {
			src += fmt.Sprintf("RUN --f%d --f%d=x a\n", i, i)
		}
		return src
	}
	for name, src := range map[string]string{"one, often": head + strings.Repeat("RUN --foo --foo=x a\n", 2000),
		"20": flags(20)} {
		f, err := dockerfile.Parse("Dockerfile", []byte(src))
		if err != nil || !f.NewFlags || len(f.Instructions()[1].Flags) != 2 {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := dockerfile.Parse("Dockerfile", []byte(flags(21)))
	if e := new(dockerfile.Error); !errors.As(err, &e) || !e.Limit {
		t.Errorf("21: %v", err)
	}
}

// TestExpansionIsBounded: what a pattern costs, or a replacement makes, grows with the product of lengths that are all
// the pull request's. Such words are unknown; those that people write are not.
func TestExpansionIsBounded(t *testing.T) {
	for word, known := range map[string]bool{
		"${V%%.*}":                                 true,
		"${V#v}-${V//./_}":                         true,
		`"${V%.*}"/x`:                              true,
		"${V%%" + strings.Repeat("*x", 30) + "}":   true,
		"${V%%" + strings.Repeat("*x", 200) + "}":  false,
		"${V//?/" + strings.Repeat("y", 300) + "}": false,
		"${V//?/${V//?/$V}}":                       false,
		"${V%%$V}":                                 false,
		`${V//?/\}$V}`:                             false,
		`${V//?/'}'$V}`:                            false,
		"${V:-${V:-$V}}":                           true,
		strings.Repeat("x", 300) + "$V":            true,
	} {
		f, err := dockerfile.Parse("Dockerfile", []byte("FROM a\nENV V=1.2.3\nRUN a\n"))
		if err != nil {
			t.Fatal(err)
		}
		if v := f.Instructions()[2].Expand(word); v.Known != known {
			t.Errorf("%.40s: known %v", word, v.Known)
		}
	}
}

// TestFoldersAddUp: relative WORKDIRs make a path longer with each; one that no system knows is not known here.
func TestFoldersAddUp(t *testing.T) {
	f, err := dockerfile.Parse("Dockerfile",
		[]byte("FROM scratch\n"+strings.Repeat("WORKDIR "+strings.Repeat("a/", 50)+"\n", 1000)+"RUN a\n"))
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, in := range f.Instructions() {
		sum += len(in.Workdir())
	}
	if last := f.Instructions()[1001]; last.Workdir() != "" || sum > 1<<20 {
		t.Errorf("the folders have %d bytes in sum, the last is %.20q", sum, last.Workdir())
	}
}

// TestStageNamed: names are compared as strings.EqualFold does, of the stages before only; the last wins.
func TestStageNamed(t *testing.T) {
	f, err := dockerfile.Parse("Dockerfile", []byte("FROM a AS base\nFROM a AS build\nFROM a AS BASE\nFROM a\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		ref  string
		n    int
		want int
	}{
		{"base", 4, 2}, {"Base", 2, 0}, {"ba\u017fe", 4, 2}, {"build", 1, -1}, {"build", 9, 1}, {"", 4, -1},
		{"1", 4, 1}, {"3", 3, -1}, {"x", 4, -1},
	} {
		got := -1
		if s := f.StageNamed(c.ref, c.n); s != nil {
			got = s.Index
		}
		if got != c.want {
			t.Errorf("%q among the first %d: %d, want %d", c.ref, c.n, got, c.want)
		}
	}
}
