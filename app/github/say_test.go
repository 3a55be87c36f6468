package github

import "testing"

func TestHasSay(t *testing.T) {
	for _, tt := range []struct {
		login, kind, association string
		want                     bool
	}{
		{"mona", "User", "OWNER", true},
		{"mona", "User", "MEMBER", true},
		{"mona", "User", "COLLABORATOR", true},
		{"author", "User", "FIRST_TIMER", true},
		{"mona", "User", "CONTRIBUTOR", false},
		{"mona", "User", "NONE", false},
		{"other[bot]", "Bot", "COLLABORATOR", false},
		{"author", "Bot", "NONE", false},
		{"", "", "NONE", false}, // the account is gone, and so is the author's
	} {
		if got := hasSay(tt.login, tt.kind, tt.association, "author"); got != tt.want {
			t.Errorf("%+v: %t", tt, got)
		}
	}
	if hasSay("", "User", "NONE", "") {
		t.Error("an account that is gone")
	}
}
