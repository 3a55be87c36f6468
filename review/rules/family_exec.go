package rules

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// almostArray is text that looks like a JSON array but is not one, and the words that its author meant.
type almostArray struct {
	words    []string
	variable string // the first one in it, as it is written; "" for none
}

// readAlmostArray reads an array with quotes that JSON does not know, without quotes, with backslashes that escape
// nothing, or with a comma too many. It is nil where that leaves a doubt about the words. On Windows, a backslash is
// part of a path.
func readAlmostArray(text string, windows bool) *almostArray {
	rest, opened := strings.CutPrefix(strings.TrimSpace(text), "[")
	rest, closed := strings.CutSuffix(rest, "]")
	if !opened || !closed || strings.ContainsAny(rest, "\r\n") {
		return nil
	}
	a := &almostArray{}
	for rest = strings.TrimSpace(rest); rest != ""; {
		m := almostWord.FindStringSubmatch(rest)
		if m == nil {
			return nil
		}
		word := m[1] + m[2] + m[3] + m[4]
		if m[0][0] == '"' && !windows {
			word = jsonText(m[1])
		}
		if strings.ContainsFunc(word, unicode.IsControl) || strings.Contains(word, "`") {
			return nil
		}
		a.words, rest = append(a.words, word), rest[len(m[0]):]
	}
	if len(a.words) == 0 || a.words[0] == "" {
		return nil
	}
	a.variable = shellVariable.FindString(strings.Join(a.words, " "))
	return a
}

var (
	almostWord = regexp.MustCompile("^(?:\"((?:[^\"\\\\]|\\\\.)*)\"|['‘’]([^'‘’\\\\]*)['‘’]|[“”]([^“”\"\\\\]*)[“”]|" +
		`([^\s"'‘’“”,\[\]\\]+))\s*(?:,\s*|$)`)
	shellVariable = regexp.MustCompile(`\$(?:\w+|\{\w[^}]*\}|\([^)]*\))`)
)

// jsonText is the text of a JSON string, or the text as it is where JSON does not know one of its escapes, as in the
// path of a Windows program.
func jsonText(raw string) string {
	var word string
	if json.Unmarshal([]byte(`"`+raw+`"`), &word) != nil {
		return raw
	}
	return word
}

// looksLikeArray reports whether the arguments begin as a JSON array does, and are not a test that a shell can run.
func looksLikeArray(in *dockerfile.Instruction) bool {
	text := in.Args.String()
	if in.JSON || !strings.HasPrefix(text, "[") || strings.HasPrefix(text, "[[") {
		return false
	}
	if in.Script == nil || in.Script.File == nil || len(in.Script.Commands()) == 0 {
		return true
	}
	words := in.Script.Commands()[0].Words
	ends := func(w dockerfile.ShellWord) bool { return strings.HasSuffix(w.Text, ",") }
	return words[0].Text != "[" || words[len(words)-1].Text != "]" || slices.ContainsFunc(words, ends)
}

// reportAlmostArray reports arguments that look like a JSON array but are not one.
func reportAlmostArray(p *analysis.Pass, in *dockerfile.Instruction) {
	text := in.Args.String()
	f := analysis.Finding{In: in, Span: in.Args.Span(0, len(text)), Because: in.ShellBy(),
		Message: analysis.Say("This %s looks like a JSON array but is not one, so a shell runs it as it is "+
			"written", in.Name),
		Why: analysis.Say("An array needs double quotes around each word, commas between them, and both brackets."),
	}
	if a := readAlmostArray(text, in.File().Escape == '`'); a != nil {
		switch {
		case a.variable != "":
			f.Why = analysis.Say("In an array, nothing would read %s: it needs a shell, with `exec` before the "+
				"program.", a.variable)
		case strings.Contains(text, `\`):
			f.Why = analysis.Say("In JSON, a backslash starts an escape: write each one twice.")
		}
		f.Fix = a.fix(in, f.Span)
	}
	p.Report(f)
}

// fix writes the words as an array, or as the command of a shell where one has to read a variable.
func (a *almostArray) fix(in *dockerfile.Instruction, args dockerfile.Span) *analysis.Fix {
	if in.File().Text(args) != in.Args.String() {
		return nil // continued, with comments perhaps
	}
	fix := &analysis.Fix{Title: "Write it as a JSON array", Applicability: analysis.Unsafe}
	var words []string
	for _, w := range a.words {
		if a.variable == "" {
			w = jsonString(w)
		} else if w = shellString(w); w == "" {
			return nil
		}
		words = append(words, w)
	}
	text := "[" + strings.Join(words, ", ") + "]"
	if a.variable != "" {
		if in.Script == nil || in.Script.Shell == "" || in.Script.SetBy != nil {
			return nil
		}
		text = "exec " + strings.Join(words, " ")
		fix.Title = "Let a shell start the program"
		fix.Assume("a shell is meant to read %s when the container starts", a.variable)
	} else {
		fix.Assume("each text between commas is meant to be one word")
	}
	fix.Edits = []analysis.Edit{{Span: args, New: text}}
	return fix
}

// shellString is the word for a shell that puts its variables in; "" for one with other characters that a shell reads.
func shellString(w string) string {
	switch rest := shellVariable.ReplaceAllString(w, ""); {
	case strings.ContainsAny(rest, "$\"\\"), strings.Contains(w, "$("):
		return ""
	case plainForShell.MatchString(rest):
		return w
	}
	return `"` + w + `"`
}

var plainForShell = regexp.MustCompile(`^[\w@%+=:,./-]*$`)
