package dockerfile_test

import (
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/dockerfile"
)

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
		for _, in := range f.Instructions {
			if in.Trigger != nil {
				in = in.Trigger
			}
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
