package review

import (
	"regexp"
	"strings"
)

// Marker is what dfbot hides in its comments to know them again.
type Marker struct {
	Fingerprints []string // of the diagnostics that the comment is about
	Head         string   // SHA of the commit that was analysed
	Fixed        string   // SHA of the commit in which they were gone; "" while they are there
	Held         []string // fingerprints of what else was found and has no comment, since there were enough
}

// String is the marker as it opens a comment, without a line feed. It holds nothing but our own
// words, base64url and hexadecimal digits.
func (m Marker) String() string {
	s := "<!-- dfbot:v1 " + strings.Join(m.Fingerprints, ",") + " sha=" + m.Head
	if m.Fixed != "" {
		s += " fixed=" + m.Fixed
	}
	if len(m.Held) > 0 {
		s += " held=" + strings.Join(m.Held[:min(len(m.Held), maxHeld)], ",")
	}
	return s + " -->"
}

// maxHeld bounds the fingerprints of findings without a comment that one comment keeps. A comment has room for them
// beside its largest suggestion.
const maxHeld = 1000

const printed = `[A-Za-z0-9_-]{1,64}(?:,[A-Za-z0-9_-]{1,64})*`

var marker = regexp.MustCompile(`^<!-- dfbot:v1 (` + printed +
	`) sha=([0-9a-f]{7,64})(?: fixed=([0-9a-f]{7,64}))?(?: held=(` + printed + `))? -->`)

// ParseMarker reads the marker at the very beginning of a comment's body. Only a comment that
// dfbot itself has written may be asked: anyone can paste a marker.
func ParseMarker(body string) (Marker, bool) {
	m := marker.FindStringSubmatch(body)
	if m == nil {
		return Marker{}, false
	}
	read := Marker{Fingerprints: strings.Split(m[1], ","), Head: m[2], Fixed: m[3]}
	if m[4] != "" {
		read.Held = strings.Split(m[4], ",")
	}
	return read, true
}
