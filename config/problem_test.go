package config_test

import (
	"testing"

	"github.com/dfbot/dfbot/config"
)

func TestProblem(t *testing.T) {
	p := config.Problem{
		Line: 4, Column: 3, Format: "unknown rule %s in %s",
		Args: []string{"apt`\n\u202e\u3164%s", "x"}, Nearest: "apt-recommends",
	}
	const want = "line 4: unknown rule `apt\\u0060\\u000a\\u202e\\u3164%s` in `x`; did you mean `apt-recommends`?"
	if got := p.String(); got != want {
		t.Errorf("String:\n got %s\nwant %s", got, want)
	}
	shout := func(s string) string { return "<" + s + ">" }
	if got := p.Message(shout); got != "unknown rule <apt`\n\u202e\u3164%s> in <x>; did you mean <apt-recommends>?" {
		t.Errorf("Message: %s", got)
	}
	if got := (config.Problem{Line: 1, Format: "nothing"}).String(); got != "line 1: nothing" {
		t.Errorf("String: %s", got)
	}
}
