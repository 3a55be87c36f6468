package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

var deprecatedProductionFlag = &analysis.Rule{
	Name:     "deprecated-production-flag",
	Doc:      "npm --production or --only=production, deprecated in favor of --omit=dev",
	Topic:    analysis.Language,
	Since:    "0.1",
	Severity: analysis.Notice,
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, cmd := range shell.Calls(in, "npm") {
				call := shell.Read(in, cmd)
				if first, last := productionFlag(&call); first > 0 {
					reportProduction(p, in, cmd, &call, first, last)
				}
			}
		}
	},
}

// productionFlag returns the indexes of the words that make the flag, 0 without one.
func productionFlag(call *shell.Call) (first, last int) {
	for _, f := range call.Flags {
		only := f.Name == "--only" && (f.Value.Text == "production" || f.Value.Text == "prod")
		if !f.Word.Literal || !only && f.Name != "--production" {
			continue
		}
		switch {
		case !f.Valued:
			return f.Word.At, f.Word.At
		case only || f.Value.Text == "true":
			return f.Word.At, f.Value.At
		}
	}
	return 0, 0
}

func reportProduction(
	p *analysis.Pass, in *dockerfile.Instruction, cmd *dockerfile.Command, call *shell.Call, first, last int,
) {
	if call.Has("--omit") ||
		!slices.Contains([]string{"ci", "clean-install", "install", "i", "prune", "update", "dedupe"}, call.Sub.Text) {
		return
	}
	if npmOf(in.Inner()) == oldNpm || installsOldNpm(in.Inner()) {
		return
	}
	span := dockerfile.Span{Start: cmd.Words[first].Span.Start, End: cmd.Words[last].Span.End}
	fix := &analysis.Fix{
		Title: "Use --omit=dev", Applicability: analysis.Unsafe,
		Edits:   []analysis.Edit{{Span: span, New: "--omit=dev"}},
		Assumes: []analysis.Message{analysis.Say("npm is version 7 or later, which knows %s", "--omit")},
	}
	if first != last && in.File().CommentIn(span) {
		fix = nil
	}
	flag := cmd.Words[first].Text
	if first != last {
		flag += " " + cmd.Words[last].Text
	}
	p.Report(analysis.Finding{
		In: in, Span: span, Fix: fix,
		Message: analysis.Say("npm deprecated %s in favor of %s", flag, "--omit=dev"),
		Why:     analysis.Say("It still works, but prints a warning in every build."),
	})
}

// installsOldNpm reports whether the instruction, or one before it, installs npm 6 or older over the one of the
// base image.
func installsOldNpm(in *dockerfile.Instruction) bool {
	if in.Stage == nil {
		return false
	}
	for _, x := range append(in.Stage.Before(in), in) {
		for _, cmd := range shell.Commands(x) {
			for _, w := range cmd.Words {
				version, ok := strings.CutPrefix(w.Text, "npm@")
				major, _, _ := strings.Cut(strings.TrimLeft(version, "^~=v<"), ".")
				if n, err := strconv.Atoi(major); ok && err == nil && n < 7 {
					return true
				}
			}
		}
	}
	return false
}

// npmAge is what is known of the npm in a stage.
type npmAge uint8

const (
	someNpm npmAge = iota
	oldNpm         // 6 or older
	newNpm         // 7 or newer
)

// npmOf returns the age of npm, judging by the official image of Node.js: 15 was the first with npm 7.
func npmOf(in *dockerfile.Instruction) npmAge {
	switch major, known := nodeMajor(in); {
	case !known:
		return someNpm
	case major < 15:
		return oldNpm
	}
	return newNpm
}

// nodeMajor is the major version of Node.js in a stage that begins with its official image; a large
// number for a tag that follows the newest.
func nodeMajor(in *dockerfile.Instruction) (major int, known bool) {
	if in.Stage == nil {
		return 0, false
	}
	ref, ok := baseOf(in.Stage)
	if !ok || ref.Library() != "node" {
		return 0, false
	}
	digits := ref.Tag[:len(ref.Tag)-len(strings.TrimLeft(ref.Tag, "0123456789"))]
	if n, err := strconv.Atoi(digits); err == nil {
		return n, true
	}
	word, _, _ := strings.Cut(ref.Tag, "-")
	return 1 << 10, slices.Contains([]string{"", "latest", "lts", "current", "alpine", "slim"}, word)
}
