package dockerfile_test

import (
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// TestHeredocs: the commands of a heredoc are those of the RUN where a shell reads it as its script.
func TestHeredocs(t *testing.T) {
	for _, c := range []struct{ run, shell, commands string }{
		{"<<EOF\ntrue\nEOF", "sh", "true"},
		{"bash <<EOF\nset -e\nmake $x\nEOF", "bash", "set make"},
		{"/bin/bash -ex <<'EOF'\nmake \\$x\nEOF", "bash", "make"},
		{"<<EOF bash\nmake\nEOF", "bash", "make"},
		{"<<-\"EOF\" bash -e\n\tmake\n\tEOF", "bash", "make"},
		{"bash -c <<EOF\nmake\nEOF", "sh", "bash"},
		{"bash -o pipefail <<EOF\nmake\nEOF", "sh", "bash"},
		{"bash x.sh <<EOF\nmake\nEOF", "sh", "bash"},
		{"bash <<EOF\nmake -j\\$(nproc)\nEOF", "sh", "bash"}, // the outer shell takes the backslash away
		{"python3 <<EOF\nmake\nEOF", "sh", "python3"},
		{"<<EOF python3\nmake\nEOF", "sh", "python3"},
		{"bash <<EOF && true\nmake\nEOF", "sh", "bash true"},
		{"<<EOF\n#!/usr/bin/env python3\nmake\nEOF", "", ""},
	} {
		src := "FROM a\nRUN " + c.run + "\nRUN after\n"
		f, err := dockerfile.Parse("Dockerfile", []byte(src))
		if err != nil {
			t.Fatalf("%q: %v", c.run, err)
		}
		s := f.Instructions()[1].Script
		var names []string
		for _, cmd := range s.Commands() {
			names = append(names, cmd.Name)
			if text := f.Text(cmd.Span); !strings.HasPrefix(text, cmd.Name) &&
				!strings.HasPrefix(text, "/bin/"+cmd.Name) {
				t.Errorf("%q: %s is at %q", c.run, cmd.Name, text)
			}
		}
		if got := strings.Join(names, " "); got != c.commands || s.Shell != c.shell {
			t.Errorf("%q: %q by %q, want %q by %q", c.run, got, s.Shell, c.commands, c.shell)
		}
	}
	f, err := dockerfile.Parse("Dockerfile",
		[]byte("FROM a\nSHELL [\"bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN bash <<EOF\nmake\nEOF\n"))
	if err != nil || f.Instructions()[2].Script.SetBy != nil {
		t.Errorf("%v: SHELL says nothing of a shell that a RUN starts", err)
	}
}

// TestShells: each RUN knows which shell runs it, "" for one that is not POSIX-like.
func TestShells(t *testing.T) {
	for _, c := range []struct{ src, shells string }{
		{"FROM a\nRUN x\n", "sh"},
		{"FROM a\nSHELL [\"/bin/bash\", \"-c\"]\nRUN x\nFROM b\nRUN x\n", "bash sh"},
		{"FROM a AS b\nSHELL [\"/bin/bash\", \"-c\"]\nFROM b\nRUN x\nONBUILD RUN x\n", "bash bash"},
		{"FROM a\nSHELL [\"powershell\", \"-Command\"]\nRUN x\n", "-"},
		{"FROM mcr.microsoft.com/windows/nanoserver\nRUN x\nSHELL [\"bash\", \"-c\"]\nRUN x\n", "- bash"},
		{"FROM golang:1.22-windowsservercore AS b\nRUN x\nFROM b\nRUN x\n", "- -"},
		{"ARG T=nanoserver\nFROM a:$T\nRUN x\n", "-"},
		{"FROM --platform=windows/amd64 a\nRUN x\n", "-"},
		{"# hadolint shell=powershell\nFROM a\nRUN x\nFROM b\nRUN x\n", "- -"},
		{"# hadolint shell=powershell\nARG A\nFROM a\nRUN x\n", "-"},
		{"FROM a\nRUN x\n# hadolint shell = bash\nRUN x\nRUN x\nFROM b\nRUN x\n", "sh bash bash sh"},
		{"FROM a\n# hadolint shell=powershell\nSHELL [\"/bin/bash\", \"-c\"]\nRUN x\n", "bash"},
		{"FROM a\n# hadolint ignore=DL3000\nRUN x\n", "sh"},
	} {
		f, err := dockerfile.Parse("Dockerfile", []byte(c.src))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, in := range f.Instructions() {
			in = in.Inner()
			if in.Script == nil {
				continue
			}
			if in.Script.Shell == "" {
				got = append(got, "-")
			} else {
				got = append(got, in.Script.Shell)
			}
		}
		if text := strings.Join(got, " "); text != c.shells {
			t.Errorf("%q: %s, want %s", c.src, text, c.shells)
		}
	}
}
