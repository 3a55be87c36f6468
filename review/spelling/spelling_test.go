package spelling_test

import (
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/spelling"
)

func TestSlip(t *testing.T) {
	names := []string{"builder", "base", "test", "tests", "production"}
	for word, want := range map[string]string{
		"biulder": "builder", "Bulder": "builder", "prodcution": "production", "prductoin": "production",
		"bse": "", "bas": "", "build": "", "tesst": "", "production-image": "", "": "",
		strings.Repeat("x", 65): "",
	} {
		if got := spelling.Slip(word, names); got != want {
			t.Errorf("%s is a slip of %q, want %q", word, got, want)
		}
	}
}

func TestSuggest(t *testing.T) {
	names := []string{"severity", "max", "paths", "copy-before-install"}
	for word, want := range map[string]string{
		"sever": "severity", "maximum": "max", "Path": "paths", "copy-after-install": "copy-before-install", "xam": "",
		"report": "", "": "", strings.Repeat("severity", 9): "",
	} {
		if got := spelling.Suggest(word, names); got != want {
			t.Errorf("%s suggests %q, want %q", word, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"ab", "ba", 1}, {"abc", "cab", 2}, {"kitten", "sitting", 3}, {long, "x", 200},
		{long[:64], long[:66], 2}, {long[:66], long[:64], 2}, {long[:66], long[:66], 66},
	} {
		if got := spelling.Distance(c.a, c.b); got != c.want {
			t.Errorf("%.9s and %.9s are %d apart, want %d", c.a, c.b, got, c.want)
		}
	}
}
