package review

import (
	"regexp"
	"slices"
	"strings"
)

// Marker is what dfbot hides in its comments to know them again.
type Marker struct {
	Findings []Trace // that the comment is about, the one that it was written for first
	Posted   string  // fingerprint of the first finding as it was written; "" where it still has it
	Head     string  // SHA of the commit that was analysed
	Fixed    string  // SHA of the commit in which they were gone; "" while one is there
	Held     []Trace // what else was found and has no comment, since there were enough
}

// String is the marker as it opens a comment, without a line feed. It holds nothing but our own
// words, base64url and hexadecimal digits.
func (m Marker) String() string {
	s := "<!-- dfbot:v1 " + printTraces(m.Findings) + " sha=" + m.Head
	if m.Posted != "" {
		s += " posted=" + m.Posted
	}
	if m.Fixed != "" {
		s += " fixed=" + m.Fixed
	}
	if len(m.Held) > 0 {
		s += " held=" + printTraces(brief(m.Held))
	}
	return s + " -->"
}

// What one comment keeps of findings without a comment: it has room for that beside its largest suggestion. The first
// are found again after an edit, the others only as they were.
const (
	maxHeld   = 800
	maxTraced = 100
)

func brief(held []Trace) []Trace {
	var all []Trace
	for i, t := range held[:min(len(held), maxHeld)] {
		if i >= maxTraced {
			t = Trace{Fingerprint: t.Fingerprint}
		}
		all = append(all, t)
	}
	return all
}

// Fingerprints are those of the findings that the comment is about.
func (m Marker) Fingerprints() []string {
	var all []string
	for _, t := range m.Findings {
		all = append(all, t.Fingerprint)
	}
	return all
}

// List is the findings alone, as the manifest of a review has them.
func (m Marker) List() string { return printTraces(m.Findings) }

// ParseList reads what List writes, and the fingerprints of earlier versions.
func ParseList(list string) (Marker, bool) {
	m := Marker{Findings: parseTraces(list)}
	return m, m.Findings != nil
}

// Same reports whether the two remember the same findings as there, and the same as gone.
func (m Marker) Same(o Marker) bool {
	return slices.EqualFunc(m.Findings, o.Findings, func(x, y Trace) bool {
		return x.Fingerprint == y.Fingerprint && x.Gone == y.Gone
	})
}

const (
	traces   = `[A-Za-z0-9_.:,/~-]+`
	commitID = `[0-9a-f]{7,64}`
)

// marker also takes those of earlier versions, in which findings are fingerprints alone.
var marker = regexp.MustCompile(`^<!-- dfbot:v1 (` + traces + `) sha=(` + commitID + `)` +
	`(?: posted=([A-Za-z0-9_-]{1,64}))?(?: fixed=(` + commitID + `))?(?: held=(` + traces + `))? -->`)

// ParseMarker reads the marker at the very beginning of a comment's body. Only a comment that
// dfbot itself has written may be asked: anyone can paste a marker.
func ParseMarker(body string) (Marker, bool) {
	m := marker.FindStringSubmatch(body)
	if m == nil {
		return Marker{}, false
	}
	read := Marker{Findings: parseTraces(m[1]), Head: m[2], Posted: m[3], Fixed: m[4]}
	if m[5] != "" {
		read.Held = parseTraces(m[5])
	}
	return read, read.Findings != nil
}

// Unmarked is the body of a comment without its marker.
func Unmarked(body string) string {
	return strings.TrimLeft(strings.TrimPrefix(body, marker.FindString(body)), "\r\n")
}

// saidOf is how a comment begins what it says of one finding.
var saidOf = regexp.MustCompile(`(?m)^(?:- )?\*\*\[([a-z0-9-]+)\]\(`)

// withRules gives the findings of a marker of an earlier version their rules, as far as the comment says them: one line
// for each, in the same order.
func (m *Marker) withRules(body string) {
	lines, _, _ := strings.Cut(body, "```")
	said := saidOf.FindAllStringSubmatch(lines, -1)
	if len(said) != len(m.Findings) {
		return
	}
	for i := range m.Findings {
		if t := &m.Findings[i]; t.Rule == "" {
			t.Rule = said[i][1]
		}
	}
}
