package config

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
)

// TestEndsForbidsNoMatch: what the plain text at the ends of a glob rules out, the glob does not match.
func TestEndsForbidsNoMatch(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(parts []string, most int) string {
		var b strings.Builder
		for range 1 + random.IntN(most) {
			b.WriteString(parts[random.IntN(len(parts))])
		}
		return b.String()
	}
	globs := []string{"a", "b", "/", "*", "**", "?", "**/", "/**", "{a,b}", "{,a/}", "[ab]", "[^a]", `\*`, `\a`, "-"}
	paths := []string{"a", "b", "/", "ab", "*", "-"}
	matched := 0
	for range 200_000 {
		glob, path := pick(globs, 5), strings.Trim(pick(paths, 5), "/")
		if !doublestar.ValidatePattern(glob) || !doublestar.MatchUnvalidated(glob, path) {
			continue
		}
		if matched++; !ends(glob, path) {
			t.Fatalf("%q matches %q", glob, path)
		}
	}
	if matched < 1000 {
		t.Errorf("only %d matches were tried", matched)
	}
}
