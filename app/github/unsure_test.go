package github_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/checks"
)

// After a write without a clear answer its pull request rests, and no other.
func TestUnsureWrite(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	pull, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	s := w.snapshot(ref)
	w.srv.Fault(githubtest.Match{Method: "POST", Path: reviews, Times: 1}, githubtest.Fault{Status: 502, After: true})
	comments := []checks.ReviewComment{{Path: "Dockerfile", Line: 1, Side: "RIGHT", Body: "x"}}
	var again job.RetryAt
	if _, err := s.Comment(t.Context(), "", comments, nil); !errors.As(err, &again) ||
		again.Time.Sub(w.clock.Now()) != 30*time.Second {
		t.Fatalf("error %v, want one to try again in 30 s", err)
	}
	w.srv.ForgetRequests()
	rests := func() {
		t.Helper()
		if _, err := w.client.Snapshot(t.Context(), ref); !errors.As(err, &again) {
			t.Errorf("error %v, want RetryAt", err)
		}
		if err := w.client.GaveUp(t.Context(), ref, nil); !errors.As(err, &again) {
			t.Errorf("error %v of GaveUp, want RetryAt", err)
		}
		if n := len(w.srv.Requests()); n != 0 {
			t.Errorf("%d calls", n)
		}
	}
	rests()
	w.clock.Add(29 * time.Second)
	rests()
	w.clock.Add(time.Second)
	if n := len(w.snapshot(ref).Prior.Comments); n != 1 || len(pull.Reviews()) != 1 {
		t.Errorf("%d comments seen, %d reviews", n, len(pull.Reviews()))
	}
	_, err := w.repo.Commit("other", githubtest.Commit{Files: map[string]string{"Dockerfile": "FROM alpine\n"}})
	w.must(err)
	other, err := w.repo.OpenPull(githubtest.PullOptions{Head: "other"})
	w.must(err)
	w.srv.Fault(githubtest.Match{Method: "POST", Path: reviews, Times: 1},
		githubtest.Fault{Trouble: githubtest.CutBody})
	if _, err := w.snapshot(ref).Comment(t.Context(), "", comments, nil); !errors.As(err, &again) {
		t.Fatalf("error %v, want RetryAt", err)
	}
	ref.Pull, ref.Head = other.Number, ""
	w.snapshot(ref)
}

// The next process knows of a write that was under way when the process died, or whose outcome it did not know; one
// that has a clear answer leaves nothing behind.
func TestUnsureWriteOfDeadProcess(t *testing.T) {
	for _, c := range []struct {
		name  string
		dies  bool
		fault githubtest.Fault
	}{
		{"killed", true, githubtest.Fault{}},
		{"no clear answer", false, githubtest.Fault{Status: 502}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, githubtest.Options{}, later)
			_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
			dir := t.TempDir()
			killed := &killedTransport{next: http.DefaultTransport}
			s, err := w.clientIn(dir, killed).Snapshot(t.Context(), ref)
			w.must(err)
			if killed.dies = c.dies; !c.dies {
				w.srv.Fault(githubtest.Match{Method: "POST", Path: reviews, Times: 1}, c.fault)
			}
			killed.in = func() { killed.notes = names(t, dir) }
			comments := []checks.ReviewComment{{Path: "Dockerfile", Line: 1, Side: "RIGHT", Body: "x"}}
			if c.dies { // the rest of the write is the dead process's
				func() { defer func() { recover() }(); s.Comment(t.Context(), "", comments, nil) }()
			} else if _, err := s.Comment(t.Context(), "", comments, nil); err == nil {
				t.Fatal("no error")
			}
			if len(killed.notes) != 1 {
				t.Errorf("notes %q during the write, want one", killed.notes)
			}
			w.clock.Add(10 * time.Second)
			next := w.clientIn(dir, nil)
			var again job.RetryAt
			if _, err := next.Snapshot(t.Context(), ref); !errors.As(err, &again) ||
				again.Time.Sub(w.clock.Now()) != 20*time.Second {
				t.Fatalf("error %v, want one to try again in 20 s", err)
			}
			w.clock.Add(20 * time.Second)
			s, err = next.Snapshot(t.Context(), ref)
			w.must(err)
			_, err = s.Comment(t.Context(), "", comments, nil)
			w.must(err)
			if left := names(t, dir); len(left) > 0 {
				t.Errorf("notes %q are left", left)
			}
		})
	}
}

// clientIn is a client whose notes are in a folder.
func (w *world) clientIn(dir string, transport http.RoundTripper) *github.Client {
	c, err := github.New(github.Options{
		AppID: w.app.ID, Key: w.key, URL: w.srv.URL, RetryWait: time.Microsecond, Now: w.clock.Now,
		Transport: transport, Dir: dir,
	})
	w.must(err)
	return c
}

// killedTransport looks around at a review, and ends the process there.
type killedTransport struct {
	next  http.RoundTripper
	in    func()
	dies  bool
	notes []string
}

func (k *killedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if k.in != nil && req.Method == "POST" && req.URL.Path != "/graphql" {
		k.in()
		if k.dies {
			panic("killed")
		}
	}
	return k.next.RoundTrip(req)
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// A write that has begun outlasts its job a little, so that its answer is seen; one that hangs does not keep the
// process from ending.
func TestWriteOutlastsItsJob(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	comments := []checks.ReviewComment{{Path: "Dockerfile", Line: 1, Side: "RIGHT", Body: "x"}}
	ctx, cancel := context.WithCancel(t.Context())
	ending := &killedTransport{next: http.DefaultTransport}
	s, err := w.clientIn("", ending).Snapshot(t.Context(), ref)
	w.must(err)
	ending.in = cancel
	if _, err := s.Comment(ctx, "", comments, nil); err != nil {
		t.Errorf("error %v of a write that went on", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	ending.in = cancel
	w.srv.Fault(githubtest.Match{Method: "POST", Path: reviews, Times: 1}, githubtest.Fault{Trouble: githubtest.Hang})
	start := time.Now()
	if _, err := s.Comment(ctx, "", comments, nil); err == nil {
		t.Error("no error")
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("the write went on for %s", took)
	}
}
