package main

import (
	"fmt"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// oldVoice are words that make English read as translated, each with what to write instead.
var oldVoice = []struct {
	hints   string // parts of the word, one of which is in each text with it: quicker to look for
	word    *regexp.Regexp
	instead string
}{
	{"mend", regexp.MustCompile(`(?i)\bmend(s|ed|ing|er)?\b`), "fix"},
	{"body", regexp.MustCompile(`(?i)\b(no|any|some)body\b`), "no one, anyone, someone, or who it is"},
	{"stand|stood", regexp.MustCompile(`(?i)\b(stands?|stood)\b`), "is, comes, is set, is written"},
	{"standing", regexp.MustCompile(`(?i)\bstanding (in|on|before|above|below|there)\b`), "being"},
	{"behind", regexp.MustCompile(`(?i)\bbehind\b`), "after"},
	{"told", regexp.MustCompile(`(?i)\b(told|untold)\b`), "reported, said"},
	{"none", regexp.MustCompile(`(?i)\b(is|are|was|were) none\b`), "is not a ..., there is no ..."},
	{"word of", regexp.MustCompile(`(?i)\bon the word of\b`), "because of, by"},
	{"hang|hung", regexp.MustCompile(`(?i)\bh(ang|angs|ung) on\b`), "depends on"},
	{"alone", regexp.MustCompile(`(?i)\blet alone\b`), "leave it out"},
	{"lie", regexp.MustCompile(`(?i)\blies? (in|on|below|beside|there|under|outside)\b`), "is in"},
	{"belong", regexp.MustCompile(`(?i)\bbelongs? into\b`), "belongs in"},
	{"whether", regexp.MustCompile(`(?i)\bsay(s)? whether\b`), "reports whether"},
	{" let", regexp.MustCompile(`(?i)\b(is|are|was) let\b`), "may"},
	{"whoever", regexp.MustCompile(`(?i)\bwhoever\b`), "anyone who"},
	{"meant", regexp.MustCompile(`(?i)\bmeant like this\b`), "intentional"},
}

// modern are uses of those words that are plain English, and the user that is called nobody.
var modern = regexp.MustCompile(`(?i)\bstands? (for|still)\b|\bstand-ins?\b|\blet through\b|\ble(ave|aves|ft|aving)( [a-z]+){0,3} behind\b|\bthere (is|are|was|were) none\b` +
	`|\bbehind (a|the|your|its|an|any) ([a-z]+ )?(prox(y|ies)|firewall|load balancer)\b` +
	"|[\"`:/=]nobody\\b|\\bnobody[\"`:]|(user|chown|-u|su|su-exec|gosu|setpriv) nobody\\b")

// TestPlainEnglish keeps the words of the old voice out of comments, messages and pages.
func TestPlainEnglish(t *testing.T) {
	for name, text := range ourTexts(t, ".go", ".md", ".txtar", ".yml", ".yaml", ".html", ".css", ".js") {
		switch path.Ext(name) {
		case ".go":
			text = prose(name, text)
		case ".txtar":
			text = ownWords(text)
		}
		for i, line := range strings.Split(text, "\n") {
			for _, word := range oldWords(line) {
				if name != "cmd/dfbot/english_test.go" { // it lists them
					t.Errorf("%s:%d: %s", name, i+1, word)
				}
			}
		}
	}
}

// oldWords lists the words of the old voice in a line, each with what to write instead.
func oldWords(line string) (all []string) {
	lower := strings.ToLower(line)
	for _, old := range oldVoice {
		hinted := slices.ContainsFunc(strings.Split(old.hints, "|"),
			func(h string) bool { return strings.Contains(lower, h) })
		if !hinted {
			continue
		}
		if word := old.word.FindString(modern.ReplaceAllString(line, "")); word != "" {
			all = append(all, fmt.Sprintf("%q: write %s", word, old.instead))
		}
	}
	return all
}

// prose blanks what is not English in Go code: all but comments and strings of several words.
func prose(name, text string) string {
	kept := []byte(text)
	for i, c := range kept {
		if c != '\n' {
			kept[i] = ' '
		}
	}
	scan(name, text, func(kind token.Token, at token.Position, literal string) {
		if kind == token.COMMENT || kind == token.STRING && strings.Contains(strings.TrimSpace(literal), " ") {
			copy(kept[at.Offset:], literal)
		}
	})
	return string(kept)
}

// ownWords blanks what is not dfbot's own in a rule's .txtar: the Dockerfiles and other files of its examples.
func ownWords(text string) string {
	lines, ours := strings.Split(text, "\n"), true
	for i, line := range lines {
		if name, ok := strings.CutPrefix(line, "-- "); ok {
			ours = strings.HasSuffix(name, "/want --")
		}
		if !ours {
			lines[i] = ""
		}
	}
	return strings.Join(lines, "\n")
}
