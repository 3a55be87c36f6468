package rules

import (
	"strconv"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var missingSyntaxDirective = &analysis.Rule{
	Name:     "missing-syntax-directive",
	Doc:      "Newer Dockerfile features without a # syntax= line for builders that lack them",
	Topic:    analysis.Syntax,
	Since:    "0.1",
	Severity: analysis.Off,
	Run: func(p *analysis.Pass) {
		if p.File.Syntax != "" {
			return
		}
		for _, in := range p.File.Instructions() {
			if feature := newFeature(in); feature != "" {
				reportNoSyntax(p, in, feature)
				return
			}
		}
	},
}

// newFeature names the feature in the instruction that BuildKit's frontend got after Docker made BuildKit its
// default (https://github.com/moby/buildkit/releases), "" where there is none.
func newFeature(in *dockerfile.Instruction) string {
	if len(in.Heredocs) > 0 {
		return "here-documents"
	}
	for _, f := range in.Inner().Flags {
		switch f.Name {
		case "security", "checksum", "exclude", "parents", "unpack", "keep-git-dir", "device":
			return "--" + f.Name
		}
	}
	return ""
}

func reportNoSyntax(p *analysis.Pass, in *dockerfile.Instruction, feature string) {
	at := 0
	if strings.HasPrefix(string(p.File.Src), "\xef\xbb\xbf") {
		at = 3
	}
	p.Report(analysis.Finding{
		In: in, Span: in.Keyword, Lacks: "# syntax=",
		Message: analysis.Say("The file uses %s without a %s line for older builders",
			feature, "# syntax="),
		Why: analysis.Say("An older builder stops there; with %s as the first line, BuildKit fetches a newer "+
			"frontend.", "# syntax=docker/dockerfile:1"),
		Fix: &analysis.Fix{
			Title:         "Use the newest stable frontend",
			Applicability: analysis.Unsafe,
			Caveat: analysis.Say("Each build then fetches %s, so the builder must reach Docker Hub or a mirror.",
				"docker/dockerfile:1"),
			Edits: []analysis.Edit{analysis.Insert(at, "# syntax=docker/dockerfile:1"+p.File.EOL())},
		},
	})
}

// knownSince reports whether the frontend of the syntax directive knows what came with Dockerfile 1.minor
// (https://docs.docker.com/build/buildkit/dockerfile-release-notes): --chmod with 1.2, env= in a secret mount with
// 1.10. It is taken for a new one where the file names none, or names one by its digest alone.
func knownSince(directive string, minor int) bool {
	image, _, _ := strings.Cut(directive, "@")
	_, tag, ok := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	if !ok {
		return true
	}
	tag, _, _ = strings.Cut(tag, "-")
	major, rest, numbered := strings.Cut(tag, ".")
	if major != "1" || !numbered {
		return major == "1" || tag == "latest" || tag == "labs"
	}
	rest, _, _ = strings.Cut(rest, ".")
	n, err := strconv.Atoi(rest)
	return err == nil && n >= minor
}
