package github_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/checks"
)

const oneInstallation = "/app/installations/{installation_id}"

// change is a commit of one Dockerfile.
func change(src string) github.Commit {
	return github.Commit{Headline: "Apply", Body: "- a rule\n\nMark: 1\n", Mark: "Mark: 1",
		Files: map[string][]byte{"Dockerfile": []byte(src)}}
}

// writes has the App ask for the permission to write contents, and the installation grant it.
func (w *world) writes() {
	w.grant("write")
	w.app.SetPermissions(map[string]string{"metadata": "read", "contents": "write", "pull_requests": "write",
		"checks": "write"})
}

// TestCommit: one commit on the head, byte for byte, by a token for this alone.
func TestCommit(t *testing.T) {
	for _, graphQL := range []bool{true, false} {
		w := newWorld(t, githubtest.Options{}, later)
		w.writes()
		if !graphQL {
			w.srv.Fault(githubtest.Match{Path: graphql}, githubtest.Fault{Status: 404})
		}
		pull, ref := w.open(map[string]string{"Dockerfile": "FROM a\r\nRUN b"})
		s := w.snapshot(ref)
		w.srv.ForgetRequests()
		sha, err := s.Commit(t.Context(), change("FROM c\r\n\xff"))
		w.must(err)
		state, err := pull.State()
		w.must(err)
		src, err := w.repo.ReadFile(state.Head, "Dockerfile")
		w.must(err)
		if state.Head != sha || string(src) != "FROM c\r\n\xff" || sha == ref.Head {
			t.Errorf("the head is %s with %q, made %s", state.Head, src, sha)
		}
		var tokens []string
		for _, r := range w.srv.Requests() {
			if r.Operation == mint {
				tokens = append(tokens, strings.TrimSpace(string(r.Body)))
			}
		}
		if len(tokens) != 1 || !strings.HasSuffix(tokens[0], `"permissions":{"contents":"write"}}`) {
			t.Errorf("tokens were asked for by %q", tokens)
		}
		if _, err := s.Commit(t.Context(), change("FROM d\n")); !errors.Is(err, github.ErrHeadMoved) {
			t.Errorf("the second commit: %v", err)
		}
		again := w.snapshot(ref)
		for mark, want := range map[string]bool{"Mark: 1": true, "Mark: 2": false, "Mark:": false, "": true} {
			if done, err := again.Committed(t.Context(), ref.Head, mark); err != nil || done != want {
				t.Errorf("with the mark %q: %t, %v", mark, done, err)
			}
		}
		if done, err := again.Committed(t.Context(), strings.Repeat("0", 40), "Mark: 1"); err != nil || done {
			t.Errorf("on what is not there: %t, %v", done, err)
		}
	}
}

// A push between the last look and the commit: the commit is not made.
func TestCommitComesLate(t *testing.T) {
	for _, graphQL := range []bool{true, false} {
		w := newWorld(t, githubtest.Options{}, later)
		w.writes()
		_, ref := w.open(map[string]string{"Dockerfile": "FROM a\n"})
		if !graphQL {
			w.srv.Fault(githubtest.Match{Path: graphql}, githubtest.Fault{Status: 404})
		}
		pushed := ""
		w.client = w.newClient(roundTrip(func(req *http.Request) (*http.Response, error) {
			last := req.Method == http.MethodPatch
			if graphQL && req.GetBody != nil {
				body, _ := req.GetBody()
				text := make([]byte, 200)
				n, _ := body.Read(text)
				last = strings.Contains(string(text[:n]), "createCommitOnBranch")
			}
			if req.Body != nil && last && pushed == "" {
				var err error
				pushed, err = w.repo.Commit("topic", githubtest.Commit{Files: map[string]string{"a": "a"}})
				w.must(err)
			}
			return http.DefaultTransport.RoundTrip(req)
		}))
		if _, err := w.snapshot(ref).Commit(t.Context(), change("FROM b\n")); !errors.Is(err, github.ErrHeadMoved) {
			t.Errorf("error %v", err)
		}
		if tip, err := w.repo.Resolve("topic"); err != nil || pushed == "" || tip != pushed {
			t.Errorf("the branch is at %s, %v, not at %s", tip, err, pushed)
		}
	}
}

func TestCommitRefused(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	w.grant("read")
	_, ref := w.open(map[string]string{"Dockerfile": "FROM a\n"})
	if _, err := w.snapshot(ref).Commit(t.Context(), change("FROM b\n")); !errors.Is(err, github.ErrMayNotCommit) {
		t.Errorf("without the permission: %v", err)
	}
	w.writes()
	w.repo.Restrict("topic")
	var refused github.CommitRefused
	if _, err := w.snapshot(ref).Commit(t.Context(), change("FROM b\n")); !errors.As(err, &refused) ||
		refused.Message != "Repository rule violations found Changes must be made through a pull request" {
		t.Errorf("against a rule: %v", err)
	}
	if locked, err := w.snapshot(ref).Locked(t.Context()); err != nil || locked {
		t.Errorf("under a rule of a ruleset: locked %t, %v", locked, err)
	}
	w.repo.Protect("topic")
	if locked, err := w.snapshot(ref).Locked(t.Context()); err != nil || !locked {
		t.Errorf("under a protection: locked %t, %v", locked, err)
	}
	w.srv.ForgetRequests()
	if _, err := w.snapshot(ref).Commit(t.Context(), change("FROM b\n")); !errors.As(err, &refused) ||
		refused.Message != "Changes must be made through a pull request" {
		t.Errorf("against a protection: %v", err)
	}
	if n := w.count("/repos/{owner}/{repo}/git/blobs"); n != 0 {
		t.Errorf("tried again by REST")
	}
}

// TestMayPush goes by what GitHub says of the account with that name and that id.
func TestMayPush(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM a\n"})
	s := w.snapshot(ref)
	for login, level := range map[string]string{"ann": "admin", "bob": "write", "cat": "read", "dan": "none"} {
		w.repo.Grant(login, level)
	}
	for login, want := range map[string]bool{"ann": true, "bob": true, "BOB": true, "cat": false, "dan": false} {
		if may, err := s.MayPush(t.Context(), login, w.srv.AccountID(login)); err != nil || may != want {
			t.Errorf("%s may push: %t, %v", login, may, err)
		}
	}
	if may, err := s.MayPush(t.Context(), "bob", w.srv.AccountID("ann")); err != nil || may {
		t.Errorf("the name of another account: %t, %v", may, err)
	}
}

// TestMayCommit asks once an hour for each installation, and not at all for an App that does not ask to write.
func TestMayCommit(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM a\n"})
	may := func(want bool, asked int) {
		t.Helper()
		w.srv.ForgetRequests()
		if got, err := w.snapshot(ref).MayCommit(t.Context()); err != nil || got != want {
			t.Errorf("may commit: %t, %v", got, err)
		}
		if n := w.count(oneInstallation); n != asked {
			t.Errorf("asked %d times, want %d", n, asked)
		}
	}
	may(false, 0)
	w.writes()
	w.grant("read")
	w.client.Refresh(t.Context(), w.inst.ID)
	may(false, 1)
	w.grant("write")
	may(false, 0)
	w.clock.Add(time.Hour)
	may(true, 1)
	may(true, 0)
	w.client.Forget(w.inst.ID)
	may(true, 1)
	w.repo.SetDefaultBranch("topic")
	may(false, 0)
	w.repo.SetDefaultBranch("main")
	fork, err := w.repo.Fork("mona")
	w.must(err)
	pull, err := w.repo.OpenPull(githubtest.PullOptions{Head: "topic", HeadRepo: fork})
	w.must(err)
	ref.Pull = pull.Number
	for _, head := range []string{ref.Head, ""} { // by GraphQL and by REST
		ref.Head = head
		may(false, 0)
	}
}

// TestAmend changes what a run says and nothing else of it.
func TestAmend(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM a\n"})
	word := func(title, summary string) (string, string) { return "New", "N: " + strings.TrimPrefix(summary, "N: ") }
	w.must(w.client.Amend(t.Context(), ref, word)) // there is no run yet
	run := checks.Run{Name: "dfbot", ExternalID: github.ExternalID(ref.Pull, "key"), Conclusion: "failure",
		Title: "Old", Summary: "A table.",
		Actions: []checks.Action{{Label: "Apply all", Identifier: "all-1", Description: "All"}},
		Annotations: []checks.Annotation{{Path: "Dockerfile", StartLine: 1, EndLine: 1, Level: "notice", Title: "a",
			Message: "b"}}}
	w.must(w.snapshot(ref).Check(t.Context(), run))
	before := w.repo.CheckRuns(ref.Head)
	w.srv.ForgetRequests()
	for range 2 {
		w.must(w.client.Amend(t.Context(), ref, word))
	}
	if n := len(slices.DeleteFunc(w.srv.Requests(), func(r githubtest.Request) bool { return !r.Mutates() })); n != 1 {
		t.Errorf("written %d times", n)
	}
	after := w.repo.CheckRuns(ref.Head)
	if len(after) != 1 || after[0].Title != "New" || after[0].Summary != "N: "+before[0].Summary ||
		after[0].Conclusion != before[0].Conclusion || after[0].ExternalID != before[0].ExternalID ||
		len(after[0].Annotations) != 1 || len(after[0].Actions) != 1 {
		t.Errorf("%+v", after)
	}
}
