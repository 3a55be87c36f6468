package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

var useraddWithoutNoLogInit = &analysis.Rule{
	Name:     "useradd-without-no-log-init",
	Doc:      "useradd with a high user ID, which writes huge log files into the layer",
	Topic:    analysis.Users,
	Severity: analysis.Warning,
	Aliases:  []string{"DL3046"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, c := range shell.Calls(in, "useradd") {
				uid, by := flagWord(in, c, "-u", "--uid")
				if len(uid) <= 5 || !isNumber(uid) || hasFlag(c, "--no-log-init") || shortFlag(c, 'l') {
					continue
				}
				at := c.Words[0].Span.End
				p.Report(analysis.Finding{
					In: in, Span: c.Span, Values: by,
					Message: analysis.Say("%s with the user ID %s creates a huge sparse %s", "useradd",
						uid, "/var/log/lastlog"),
					Why: analysis.Say("The layer does not keep it sparse, so the image grows by hundreds of " +
						"megabytes or the build runs out of space."),
					Fix: &analysis.Fix{Title: "Add --no-log-init", Applicability: analysis.Safe,
						Edits: []analysis.Edit{{Span: dockerfile.Span{Start: at, End: at}, New: " --no-log-init"}}},
				})
			}
		}
	},
}

// flagValue returns the value of a flag in any of its spellings, variables put in; "" where the
// command has none or it is not known.
func flagValue(in *dockerfile.Instruction, c *dockerfile.Command, short, long string) string {
	value, _ := flagWord(in, c, short, long)
	return value
}

// flagWord is flagValue, with the variables that the value comes from.
func flagWord(in *dockerfile.Instruction, c *dockerfile.Command, short, long string) (string, []dockerfile.Value) {
	for i, w := range c.Words {
		text := wordText(in, w)
		switch {
		case (text == short || text == long) && i+1 < len(c.Words):
			return wordText(in, c.Words[i+1]), given(in, w, c.Words[i+1])
		case strings.HasPrefix(text, long+"="):
			return text[len(long)+1:], given(in, w)
		case strings.HasPrefix(text, short) && len(text) > len(short):
			return text[len(short):], given(in, w)
		}
	}
	return "", nil
}

// wordText is a word of shell code with the variables that the Dockerfile sets put in, "" where
// others are in it.
func wordText(in *dockerfile.Instruction, w dockerfile.ShellWord) string {
	if w.Literal {
		return w.Text
	}
	if in.Trigger != nil {
		return ""
	}
	raw := in.File().Text(w.Span)
	if strings.Contains(raw, "$(") || strings.Contains(raw, "`") {
		return ""
	}
	return in.Expand(raw).Text
}

// shortFlag reports whether a cluster of one-letter flags has the letter.
func shortFlag(c *dockerfile.Command, letter byte) bool {
	for _, w := range c.Args() {
		if w.Literal && len(w.Text) > 1 && w.Text[0] == '-' && w.Text[1] != '-' && strings.IndexByte(w.Text, letter) > 0 {
			return true
		}
	}
	return false
}
