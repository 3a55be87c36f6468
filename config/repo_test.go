package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/config"
)

func TestZeroRepoIsTheDefault(t *testing.T) {
	var r config.Repo
	if got := r.Comments.Limit(); got != 10 {
		t.Errorf("%d comments", got)
	}
	if r.Comments.Shows(config.Notice) || !r.Comments.Shows(config.Warning) || !r.Comments.Shows(config.Error) {
		t.Error("comments are for warnings and errors")
	}
	if got := r.Check.Title(); got != "dfbot" {
		t.Errorf("check %q", got)
	}
	if r.Check.Fails(config.Warning) || !r.Check.Fails(config.Error) {
		t.Error("errors fail the check, warnings do not")
	}
	if got := r.Severity("apt-recommends", config.Notice); got != config.Notice {
		t.Errorf("severity %q", got)
	}
	if r.Ignored("Dockerfile", "apt-recommends") {
		t.Error("a rule is ignored")
	}
}

func TestComments(t *testing.T) {
	for max, want := range map[int]int{0: 10, 1: 1, 50: 50, 51: 50, config.NoComments: 0, -7: 0} {
		if got := (config.Comments{Max: max}).Limit(); got != want {
			t.Errorf("Max %d: limit %d, want %d", max, got, want)
		}
	}
	all := config.Comments{MinSeverity: config.Notice}
	if !all.Shows(config.Notice) || all.Shows(config.Off) || all.Shows("") {
		t.Error("from notice on, and nothing that is no severity")
	}
}

func TestCheckFails(t *testing.T) {
	for failOn, want := range map[config.Severity]string{
		config.Never: "", config.Error: "error", config.Warning: "warning error", config.Notice: "notice warning error", "": "error",
	} {
		var got []string
		for _, s := range []config.Severity{config.Off, config.Notice, config.Warning, config.Error} {
			if (config.Check{FailOn: failOn}).Fails(s) {
				got = append(got, string(s))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("fail-on %q fails on %v, want %q", failOn, got, want)
		}
	}
}

func TestSeverity(t *testing.T) {
	r := config.Repo{Rules: map[string]config.Rule{
		"a": {Severity: config.Off},
		"b": {Options: map[string]any{"strict": true}},
	}}
	for rule, want := range map[string]config.Severity{"a": config.Off, "b": config.Warning, "c": config.Warning} {
		if got := r.Severity(rule, config.Warning); got != want {
			t.Errorf("%s: %q, want %q", rule, got, want)
		}
	}
}

func TestAtLeast(t *testing.T) {
	order := []config.Severity{config.Notice, config.Warning, config.Error}
	for i, s := range order {
		for j, least := range order {
			if got := s.AtLeast(least); got != (i >= j) {
				t.Errorf("%s.AtLeast(%s) = %t", s, least, got)
			}
		}
		for _, below := range []config.Severity{config.Off, config.Never, "", "fatal"} {
			if below.AtLeast(s) || below.AtLeast(below) || !s.AtLeast(below) {
				t.Errorf("%q is not below %s", below, s)
			}
		}
	}
}

func TestIgnored(t *testing.T) {
	r := config.Repo{Ignore: []config.Ignore{
		{Paths: []string{"examples/**", "old/*.df"}},
		{Paths: []string{"app/Dockerfile"}, Rules: []string{"a", "b"}},
		{Rules: []string{"c"}},
	}}
	for _, c := range []struct {
		path, rule string
		want       bool
	}{
		{"examples/Dockerfile", "a", true},
		{"examples/deep/down/Dockerfile", "z", true},
		{"my/examples/Dockerfile", "a", false},
		{"old/x.df", "a", true},
		{"old/deep/x.df", "a", false},
		{"app/Dockerfile", "a", true},
		{"app/Dockerfile", "z", false},
		{"app/Dockerfile2", "a", false},
		{"anywhere", "c", true},
	} {
		if got := r.Ignored(c.path, c.rule); got != c.want {
			t.Errorf("Ignored(%q, %q) = %t", c.path, c.rule, got)
		}
	}
}

// TestGlobTime holds the slowest globs that Parse lets through against a path
// as long as git allows.
func TestGlobTime(t *testing.T) {
	path := strings.Repeat("a/", 2047) + "b"
	for _, glob := range []string{
		strings.Repeat("**/a/", 50) + "c",
		strings.Repeat("*a", 120) + "c",
		strings.Repeat("**/*a*/", 36) + "c",
		"**/" + strings.Repeat("{a,*a}", 6) + strings.Repeat("/**/a", 40),
		"{**/a/**/c,**/*a*/**/d,**/a/**/e,**/a/**/f,**/a/**/g,**/a/**/h,**/a/**/i,**/a/**/j}/{a,b,c,d,e,f,g,h}",
	} {
		repo, problems := config.Parse([]byte("files: {include: [\""+glob+"\"]}"), known)
		if len(problems) > 0 {
			t.Errorf("%s: %v", glob, problems)
		}
		began := time.Now()
		if repo.IsDockerfile(path) {
			t.Errorf("%s matches", glob)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s took %v", glob, took)
		}
	}
}
