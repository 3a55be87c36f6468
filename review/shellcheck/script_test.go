package shellcheck

import (
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
)

// TestPrologue: what the program reads before the last script of a Dockerfile.
func TestPrologue(t *testing.T) {
	for _, p := range []struct{ name, src, dialect, variables string }{
		{"Debian", "FROM debian:12\nRUN x", "dash", ""},
		{"Alpine", "FROM alpine:3.20\nRUN x", "dash", ""},
		{"Fedora", "FROM fedora:40\nRUN x", "bash", ""},
		{"unknown", "FROM example.com/ours\nRUN x", "sh", ""},
		{"of an argument", "ARG B=debian:12\nFROM $B\nRUN x", "dash", ""},
		{"of an argument without a value", "ARG B\nFROM $B\nRUN x", "sh", ""},
		{"of a stage", "FROM debian:12 AS a\nFROM a\nRUN x", "dash", ""},
		{"SHELL", "FROM debian:12\nSHELL [\"/bin/bash\", \"-c\"]\nRUN x", "bash", ""},
		{"SHELL of a stage", "FROM debian:12 AS a\nSHELL [\"/bin/bash\", \"-c\"]\nFROM a\nRUN x", "bash", ""},
		{"hadolint's comment", "FROM debian:12\n# hadolint shell=bash\nRUN x", "bash", ""},
		{"first line", "FROM debian:12\nRUN <<E\n#!/usr/bin/env -S bash -e\nx\nE", "bash", ""},
		{"busybox", "FROM debian:12\nSHELL [\"/bin/ash\", \"-c\"]\nRUN x", "dash", ""},
		{"zsh", "FROM debian:12\nSHELL [\"/bin/zsh\", \"-c\"]\nRUN x", "", ""},
		{"Python", "FROM debian:12\nRUN <<E\n#!/usr/bin/env python3\nx\nE", "", ""},

		{"own stage", "FROM debian:12\nARG A\nENV B=1 C=2\nRUN x", "dash", "A B C"},
		{"later", "FROM debian:12\nRUN x\nENV A=1", "dash", ""},
		{"stage below", "FROM debian:12 AS a\nARG A\nENV B=1\nFROM a\nRUN x", "dash", "A B"},
		{"another stage", "FROM debian:12 AS a\nENV A=1\nFROM debian:12\nRUN x", "dash", ""},
		{"global", "ARG A=1\nFROM debian:12\nRUN x", "dash", ""},
		{"global, declared again", "ARG A=1\nFROM debian:12\nARG A\nRUN x", "dash", "A"},
		{"not for a shell", "FROM debian:12\nENV a.b=1 \"x;id\"=2 A=3\nRUN x", "dash", "A"},
		{"ONBUILD is another build", "FROM debian:12\nARG A\nENV B=1\nONBUILD ARG C\nONBUILD ENV D=1\nONBUILD RUN x",
			"dash", "B C D"},
		{"ONBUILD is not this one", "FROM debian:12\nONBUILD ENV A=1\nRUN x", "dash", ""},
	} {
		t.Run(p.name, func(t *testing.T) {
			u := analysis.Unit{Path: "Dockerfile", Src: []byte(p.src + "\n"),
				Codes: map[string]analysis.Severity{"SC2086": analysis.Notice}}
			if err := u.Parse(); err != nil {
				t.Fatal(err)
			}
			all := scriptsOf(&u)
			if p.dialect == "" {
				if len(all) > 0 {
					t.Errorf("is asked with %q", all[0].prologue)
				}
				return
			}
			var own []string
			directive, export, _ := strings.Cut(all[len(all)-1].prologue, "\n")
			for _, name := range strings.Fields(export)[1:] {
				if !strings.HasSuffix(strings.ToLower(name), "_proxy") {
					own = append(own, name)
				}
			}
			if directive != "# shellcheck shell="+p.dialect || strings.Join(own, " ") != p.variables {
				t.Errorf("%s, %v; want %s, %s", directive, own, p.dialect, p.variables)
			}
		})
	}
}
