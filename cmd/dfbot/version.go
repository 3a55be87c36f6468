package main

import (
	"fmt"
	"runtime/debug"
)

// release is set by the linker for binaries that are not built by `go install`.
var release string

type versionCommand struct{}

func (versionCommand) Run(s streams) error {
	_, err := fmt.Fprintln(s.out, version())
	return err
}

// version names the release, or else the commit, that the program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dfbot " + releaseOr("unknown")
	}
	text := "dfbot " + releaseOr(info.Main.Version)
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			text += " (" + s.Value[:12] + ")"
		}
	}
	return text + " " + info.GoVersion
}

func releaseOr(otherwise string) string {
	if release != "" {
		return release
	}
	return otherwise
}
