package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/secrets"
)

var secretFileCopied = &analysis.Rule{
	Name:       "secret-file-copied",
	Doc:        "COPY of a file with credentials",
	Topic:      analysis.Secrets,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: "error, warning for .pem and .key files, notice in a build stage",
	Aliases:    []string{"DS-0031"},
	Run: func(p *analysis.Pass) {
		if !p.Context.Known() {
			return
		}
		held := secretFiles(p.Context)
		if len(held) == 0 {
			return
		}
		for _, in := range p.File.Instructions() {
			for _, s := range buildcontext.Sources(in) {
				if s.Local && s.Path.Known {
					reportSecretFile(p, in, s, held)
				}
			}
		}
	},
}

// secretFile is a file of the context that holds a credential.
type secretFile struct {
	path  string
	holds analysis.Message // completes "which holds ..."
}

// maxSecretFiles is the most files that are looked into.
const maxSecretFiles = 10_000

// secretFiles lists those that no ignore file hides and that do not belong to tests.
func secretFiles(ctx *buildcontext.Context) []secretFile {
	var all []secretFile
	for _, f := range ctx.Where(".", "credentials", maxSecretFiles,
		func(f string) bool { return ecosystem.Credentials(f) && !forTests(f) }) {
		data, ok := ctx.Read(f)
		if !ok {
			continue
		}
		ctx.Charge(20 * len(data))
		if holds := heldSecret(f, data); !holds.Empty() {
			all = append(all, secretFile{f, holds})
		}
	}
	return all
}

// forTests reports whether the path leads through a folder of tests, examples, inputs of a fuzzer or dependencies, or
// shows that its keys open nothing.
func forTests(p string) bool {
	for _, word := range []string{"snakeoil", "selfsigned", "self-signed", "self_signed", "dummy", "development",
		"localhost", "insecure"} {
		if strings.Contains(p, word) {
			return true
		}
	}
	for _, part := range strings.Split(strings.ToLower(path.Dir(p)), "/") {
		for _, word := range []string{"test", "fixture", "example", "sample", "mock", "demo", "corpus", "corpora",
			"fuzz", "seed", "node_modules", "vendor", "spec", "doc"} {
			if strings.HasPrefix(part, word) || strings.HasSuffix(part, word) || strings.HasSuffix(part, word+"s") {
				return true
			}
		}
	}
	return false
}

const keepOut = "List it in `.dockerignore`, and mount it where a step needs it (`RUN --mount=type=secret`)."

func reportSecretFile(p *analysis.Pass, in *dockerfile.Instruction, s buildcontext.Source, held []secretFile) {
	var taken []secretFile
	p.Context.Charge((1 + len(s.Path.Text)) * len(held))
	for _, f := range held {
		if buildcontext.Covers(s.Path.Text, f.path) && !leftOut(in.Inner(), f.path) {
			taken = append(taken, f)
		}
	}
	if len(taken) == 0 {
		return
	}
	first := taken[0]
	format := "%s copies %s, which holds " + first.holds.Format
	args := append([]any{in.Inner().Short(), first.path}, first.holds.Args...)
	switch more := len(taken) - 1; {
	case more == 1:
		format += ", and another file with credentials"
	case more > 1:
		format += ", and %d more files with credentials"
		args = append(args, more)
	}
	f := analysis.Finding{
		In: in, Span: s.Word.Span, Subject: known(p, taken), Extent: map[string]int{"files": len(taken)},
		Elsewhere: analysis.Location{Path: p.Context.FromRoot(newest(p, taken)), Line: 1},
		Message:   analysis.Say(format, args...),
		Why: analysis.Say("Everyone who can pull the image can read it, even if a later step " +
			"deletes it. " + keepOut),
	}
	if p.Context.Folder(s.Path.Text) && len(p.Context.Match(s.Path.Text)) > len(taken) {
		f.Snippet = secretLines(p, taken)
	}
	if ext := path.Ext(first.path); ext == ".pem" || ext == ".key" {
		f.AtMost = analysis.Warning // often a server's own, made for the image
	}
	if endOf(in) == inCache {
		f.AtMost = analysis.Notice
		f.Why = analysis.Say("It does not reach the final image, but the build cache keeps it. " + keepOut)
	}
	p.Report(f)
}

// known is the name by which the base has the first of its files, which may have been moved since, else the first.
func known(p *analysis.Pass, taken []secretFile) string {
	var old []string
	for _, f := range taken {
		if p.Before == nil {
			break
		}
		if was := p.Before.Was(f.path); p.Before.Has(was) {
			old = append(old, was)
		}
	}
	if len(old) == 0 {
		return taken[0].path
	}
	return slices.Min(old)
}

// newest is the first of the files that the base of the pull request does not have, else the first.
func newest(p *analysis.Pass, taken []secretFile) string {
	for _, f := range taken {
		if p.Before != nil && !p.Before.Has(f.path) {
			return f.path
		}
	}
	return taken[0].path
}

// leftOut reports whether an --exclude of the COPY may leave the file out: it names, or has a pattern for, the file or
// a folder above it.
func leftOut(in *dockerfile.Instruction, file string) bool {
	parts := strings.Split(file, "/")
	return slices.ContainsFunc(in.Flags, func(f dockerfile.Flag) bool {
		if f.Name != "exclude" {
			return false
		}
		in.File().Charge((1 + len(f.Value)) * len(file))
		return strings.Contains(f.Value, "$") || slices.ContainsFunc(parts, func(part string) bool {
			fits, err := path.Match(path.Base(f.Value), part)
			return fits || err != nil
		})
	})
}

// secretLines are the lines of an ignore file that hide the files; nil where there is none that hides nothing else.
func secretLines(p *analysis.Pass, taken []secretFile) *analysis.Snippet {
	var lines []string
	for _, f := range taken {
		if ignorable(f.path) && !named(p.File, f.path) && len(lines) < maxSecretLines {
			lines = append(lines, f.path)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	if p.Context.IgnoreFile() == "" && takesHistory(p) { // which no ignore file should leave out
		lines = append(lines, ".git")
	}
	return &analysis.Snippet{Path: ignoreFileOf(p), New: p.Context.IgnoreFile() == "", Lines: lines}
}

// maxSecretLines is the most lines that are offered.
const maxSecretLines = 10

// heldSecret names the credential that the file holds; the empty Message is for none.
func heldSecret(p string, data []byte) analysis.Message {
	switch what, setting := secrets.InFile(path.Base(p), data); {
	case what != "" && setting != "":
		return analysis.Say(what+" in %s", setting)
	case what != "":
		return analysis.Say(what)
	case setting != "":
		return analysis.Say("a value for %s", setting)
	}
	return analysis.Message{}
}
