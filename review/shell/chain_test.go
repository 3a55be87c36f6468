package shell_test

import (
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

// last parses a Dockerfile and returns its last instruction. Lines without a FROM get one.
func last(t *testing.T, src string) *dockerfile.Instruction {
	t.Helper()
	if !strings.HasPrefix(src, "FROM ") {
		src = "FROM debian\n" + src
	}
	f, err := dockerfile.Parse("Dockerfile", []byte(src+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	all := f.Instructions()
	return all[len(all)-1]
}

// TestChain shows which RUNs are plain chains: each command runs only where all before it have succeeded.
func TestChain(t *testing.T) {
	for src, want := range map[string]string{
		"RUN make":                                "make",
		"RUN make && make install":                "make, make",
		"RUN cd /src && make":                     "cd, make in /src",
		"RUN cd $SRC && make":                     "cd, make in ?",
		"RUN make; make install":                  "make, make: more than a chain",
		"RUN set -e; make; make install":          "set, make, make",
		"RUN set -o errexit; make":                "set, make",
		"RUN set -eu -o pipefail; make":           "set, make",
		"RUN set -o errexit -o nounset; make":     "set, make",
		"RUN set -e; set +e; make":                "set, set, make: more than a chain",
		"RUN set -e; make; set +o errexit; id":    "set, make, set, id: more than a chain",
		"RUN set -u; make":                        "set, make: more than a chain",
		"RUN set -o pipefail; make":               "set, make: more than a chain",
		"RUN make || true":                        ": more than a chain",
		"RUN make | tee log":                      ": more than a chain",
		"RUN make &":                              ": more than a chain",
		"RUN ! make":                              ": more than a chain",
		"RUN (make && make install)":              ": more than a chain",
		"RUN if make; then id; fi":                ": more than a chain",
		"RUN <<EOF\nset -e\nmake\nEOF":            ": more than a chain",
		"SHELL [\"bash\", \"-ec\"]\nRUN make; id": "make, id",
		"SHELL [\"/bin/bash\", \"-e\", \"-c\"]\nRUN make; make install":         "make, make",
		"SHELL [\"/bin/bash\", \"-o\", \"errexit\", \"-c\"]\nRUN make; id":      "make, id",
		"SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN make; id":     "make, id: more than a chain",
		"SHELL [\"/bin/bash\", \"-e\", \"-c\"]\nRUN set +e; make; make install": "set, make, make: more than a chain",
	} {
		if got := chain(last(t, src)); got != want {
			t.Errorf("%s\n got %s\nwant %s", src, got, want)
		}
	}
}

func chain(in *dockerfile.Instruction) string {
	steps, plain := shell.Chain(in)
	var all []string
	for i, st := range steps {
		name := st.Cmd.Name
		switch {
		case i > 0 && st.Cwd == "":
			name += " in ?"
		case i > 0 && st.Cwd != steps[0].Cwd:
			name += " in " + st.Cwd
		}
		all = append(all, name)
	}
	if !plain {
		return strings.Join(all, ", ") + ": more than a chain"
	}
	return strings.Join(all, ", ")
}

// TestErrexit shows where a failure ends the script: + after a command's name.
func TestErrexit(t *testing.T) {
	for src, want := range map[string]string{
		"RUN a; b":                             "a b",
		"RUN set -e; a; b":                     "always set a+ b+",
		"RUN set -o errexit && a; b":           "always set a+ b+",
		"RUN set -xeuo pipefail; a":            "always set a+",
		"RUN set -o pipefail -e; a":            "always set a+",
		"RUN set -x; a":                        "set a",
		"RUN set -- -e; a":                     "set a",
		"RUN set $FLAGS -e; a":                 "set a",
		"RUN a; set -e; b":                     "ever a set b+",
		"RUN set -e; a; set +e; b":             "ever set a+ set+ b",
		"RUN set -e & a":                       "ever set a+",
		"RUN if a; then set -e; b; fi; c":      "ever a set b+ c+",
		"RUN <<EOF\nset -o errexit\na\nb\nEOF": "always set a+ b+",
		"RUN <<EOF\n#!/bin/bash -eu\na\nEOF":   "always a+",
		"RUN <<EOF\n#!/bin/bash -x\na\nEOF":    "a",

		"RUN <<EOF\n#!/usr/bin/env -S bash -eu\na\nEOF": "always a+",
		"RUN <<EOF\n#!/usr/bin/env bash\na\nEOF":        "a",
		"RUN <<EOF bash\n#!/bin/sh -e\na\nEOF":          "a",

		"SHELL [\"/bin/bash\", \"-euo\", \"pipefail\", \"-c\"]\nRUN a; set +e; b":     "ever a+ set+ b",
		"SHELL [\"/bin/bash\", \"-x\", \"-c\"]\nRUN a":                                "a",
		"SHELL [\"/bin/bash\", \"-e\", \"-c\"]\nRUN <<EOF\n#!/bin/sh\na\nEOF":         "a",
		"SHELL [\"/bin/bash\", \"-e\", \"-c\"]\nRUN <<EOF\n#!/bin/sh -x\nset -e\nEOF": "always set",
	} {
		in := last(t, src)
		e := shell.ReadErrexit(in.Script)
		got := ""
		switch {
		case e.Always:
			got = "always "
		case e.Ever:
			got = "ever "
		}
		for _, c := range shell.Commands(in) {
			got += c.Name
			if e.At(c) {
				got += "+"
			}
			got += " "
		}
		if got = strings.TrimSpace(got); got != want {
			t.Errorf("%s\n got %s\nwant %s", src, got, want)
		}
	}
}

// TestPipelines shows that a pipeline has all its parts, and whether the script looks at its failure.
func TestPipelines(t *testing.T) {
	for src, want := range map[string]string{
		"RUN a && b":                        "",
		"RUN a | b | c":                     "a b c",
		"RUN a | b && c | d":                "a b; c d",
		"RUN a | b || c":                    "a b asked",
		"RUN if a | b; then c | d; fi":      "a b asked; c d",
		"RUN ! a | b":                       "a b asked",
		"RUN a | (b | c)":                   "a (b c); b c",
		"ONBUILD RUN a | b":                 "a b",
		"RUN while a | b; do c; done":       "a b asked",
		"RUN x=$(a | b); c":                 "a b",
		"RUN <<EOF\na |\n  b\nEOF":          "a b",
		"SHELL [\"cmd\"]\nRUN a | b":        "",
		"RUN echo 'a | b'":                  "",
		"RUN { a | b; } | c":                "(a b) c; a b",
		"RUN a |& b":                        "a b",
		"RUN f() { a | b; }; f || exit 1":   "a b",
		"RUN for i in 1; do a | b; done":    "a b",
		"RUN case x in x) a | b;; esac":     "a b",
		"RUN until a | b; do sleep 1; done": "a b asked",
	} {
		in := last(t, src)
		script := shell.Script(in)
		var all []string
		for _, p := range shell.Pipelines(script) {
			var parts []string
			for _, part := range p.Parts {
				var names []string
				for _, c := range shell.Within(script, part) {
					names = append(names, c.Name)
				}
				text := strings.Join(names, " ")
				if len(names) > 1 {
					text = "(" + text + ")"
				}
				parts = append(parts, text)
			}
			if p.Asked {
				parts = append(parts, "asked")
			}
			all = append(all, strings.Join(parts, " "))
		}
		if got := strings.Join(all, "; "); got != want {
			t.Errorf("%s\n got %s\nwant %s", src, got, want)
		}
	}
}
