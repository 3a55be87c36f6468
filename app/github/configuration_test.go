package github_test

import (
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
)

// stacked opens a pull request that is stacked on another, whose branch has a configuration of its own.
func (w *world) stacked() job.Ref {
	w.Helper()
	commit := func(branch string, files map[string]string) {
		_, err := w.repo.Commit(branch, githubtest.Commit{Files: files})
		w.must(err)
	}
	commit("main", map[string]string{".dfbot.yml": "scope: introduced\n"})
	commit("lower", map[string]string{".dfbot.yml": "scope: all\n"})
	_, err := w.repo.OpenPull(githubtest.PullOptions{Head: "lower"})
	w.must(err)
	pull, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	w.must(pull.Retarget("lower"))
	pull.Stack("main")
	return ref
}

// TestStackedConfig: whichever call fails, the configuration is never that of the unmerged branch.
func TestStackedConfig(t *testing.T) {
	for name, c := range map[string]struct {
		match githubtest.Match
		fault githubtest.Fault
		fails bool
	}{
		"no fault": {match: githubtest.Match{Path: "/nowhere"}},
		"the stack is not read": {match: githubtest.Match{Path: onePull},
			fault: githubtest.Fault{Status: 502}, fails: true},
		"the stack is not there": {match: githubtest.Match{Path: onePull},
			fault: githubtest.Fault{Status: 404}, fails: true},
		"the trunk's query fails": {match: githubtest.Match{Path: "/graphql", Body: "qualifiedName"},
			fault: githubtest.Fault{Status: 502}},
		"GraphQL fails": {match: githubtest.Match{Path: "/graphql"}, fault: githubtest.Fault{Status: 404}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, githubtest.Options{}, later)
			ref := w.stacked()
			w.srv.Fault(c.match, c.fault)
			s, err := w.client.Snapshot(t.Context(), ref)
			switch {
			case c.fails != (err != nil):
				t.Errorf("error %v", err)
			case err == nil && (string(s.Config.Source) != "scope: introduced\n" || s.Trunk != "main"):
				t.Errorf("the configuration is %q, of the trunk %q", s.Config.Source, s.Trunk)
			}
		})
	}
}

// TestOrganizationIsKept: what takes a call of its own is read once in five minutes.
func TestOrganizationIsKept(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	above, err := w.srv.CreateRepo("octo", ".github", map[string]string{".dfbot.yml": "scope: all\n"})
	w.must(err)
	above.Publish()
	w.srv.Fault(githubtest.Match{Path: "/graphql"}, githubtest.Fault{Status: 404})
	const contents = "/repos/{owner}/{repo}/contents/{path}"
	for _, want := range []int{1, 1, 2} {
		if s := w.snapshot(ref); string(s.Organization.Source) != "scope: all\n" {
			t.Errorf("the organization's configuration is %q", s.Organization.Source)
		}
		if n := w.count(contents); n != want {
			t.Errorf("%d calls, want %d", n, want)
		}
		w.clock.Add(3 * time.Minute)
	}
}
