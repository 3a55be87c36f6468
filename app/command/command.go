// Package command reads the commands that people give dfbot in comments on a pull request, such as
//
//	/dfbot ignore apt-recommends the image is for one afternoon
//
// A command is a line of its own that begins with the word, outside of quotations, code and HTML. A comment may hold a
// few; they are obeyed together or not at all.
//
// The package is pure, and its work is bounded by the size of a comment. It must never decide who may give a command,
// or take for one what the page does not show as a line of text.
package command

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Verb is what a command asks for.
type Verb string

// The verbs. Unclear is that of a line that begins like a command and is not one.
const (
	Unclear Verb = ""
	Review  Verb = "review"  // another review
	Fix     Verb = "fix"     // a commit with the fixes of Rules, or with all safe ones
	Ignore  Verb = "ignore"  // no more of the rule on this pull request, or in the thread that the command is in
	Explain Verb = "explain" // what the rule is about
	Help    Verb = "help"    // which commands there are
)

// Command is one command.
type Command struct {
	Verb   Verb
	Rules  []string // names of rules as they were written: one of Ignore and Explain, any number of Fix
	Reason string   // of Ignore, on one line; "" where none is given
}

// Limits of what is read. What is beyond them is not there.
const (
	maxLines    = 200 // of a comment
	maxCommands = 3   // in a comment
	maxRules    = 10  // of a command
	maxReason   = 200 // characters of a reason
)

// name is what the name of a rule can be, in dfbot's words or in those of another tool.
var name = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)

// Parse returns the commands of a comment, at most three.
func Parse(body string) []Command {
	var all []Command
	var page reader
	rest := body
	for n := 0; n < maxLines && rest != "" && len(all) < maxCommands; n++ {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		line = strings.TrimSuffix(line, "\r")
		if text, ok := after(line); page.shows(line) && ok {
			all = append(all, read(strings.Fields(text)))
		}
	}
	return all
}

// after is what follows the first word of a command.
func after(line string) (text string, ok bool) {
	text, ok = strings.CutPrefix(line, "/dfbot")
	return text, ok && utf8.ValidString(text) && (text == "" || text[0] == ' ' || text[0] == '\t')
}

// read reads the words after the first.
func read(words []string) Command {
	if len(words) == 0 {
		return Command{Verb: Help}
	}
	verb, args := Verb(words[0]), words[1:]
	clear := false
	switch verb {
	case Review, Help:
		clear = len(args) == 0
	case Explain:
		clear = len(args) == 1 && areNames(args)
	case Ignore:
		clear = len(args) > 0 && areNames(args[:1])
	case Fix:
		clear = len(args) <= maxRules && areNames(args)
	}
	switch {
	case !clear:
		return Command{}
	case verb == Ignore:
		return Command{Verb: verb, Rules: args[:1], Reason: short(strings.Join(args[1:], " "))}
	}
	return Command{Verb: verb, Rules: args}
}

func areNames(words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !name.MatchString(w) })
}

// short cuts a text at maxReason characters.
func short(s string) string {
	n := 0
	for i := range s {
		if n == maxReason {
			return s[:i]
		}
		n++
	}
	return s
}

// Digest names one version of a comment's text.
func Digest(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:8])
}
