package github_test

import (
	"errors"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/checks"
)

// TestPace lets an installation write as much as it may for three hours. No minute has more than 80 writes, no hour
// more than 500 that create content, and after the first ten they are a second apart.
func TestPace(t *testing.T) {
	p, now := github.NewPacer(time.Second), later
	var content, all []time.Time
	for i := 0; now.Before(later.Add(3 * time.Hour)); i++ {
		creates := i%2 == 0
		wait, err := p.Book(now, creates)
		var again job.RetryAt
		if errors.As(err, &again) {
			if !again.Free || again.Time.Sub(now) <= 10*time.Second {
				t.Fatalf("after %s: %v", now.Sub(later), err)
			}
			now = again.Time
			continue
		}
		if wait > 10*time.Second {
			t.Fatalf("a write waits %s", wait)
		}
		now = now.Add(wait)
		if all = append(all, now); creates {
			content = append(content, now)
		}
	}
	most := func(times []time.Time, per time.Duration) (most int) {
		for i, from := 0, 0; i < len(times); i++ {
			for times[i].Sub(times[from]) >= per {
				from++
			}
			most = max(most, i-from+1)
		}
		return most
	}
	if n := most(all, time.Minute); n < 60 || n > 80 {
		t.Errorf("%d writes in a minute", n)
	}
	if n := most(all, time.Second); n != 10 {
		t.Errorf("%d writes at once, want 10", n)
	}
	if n := most(all[10:100], time.Second); n > 1 {
		t.Errorf("%d writes within a second after those", n)
	}
	if n := most(content, time.Hour); n != 500 {
		t.Errorf("%d writes in an hour that create content, want 500", n)
	}
	if len(content) < 1400 {
		t.Errorf("%d in three hours: less than GitHub takes", len(content))
	}
}

// TestTurns: jobs that have to come again do not all come at once, and find room when they come.
func TestTurns(t *testing.T) {
	p, now := github.NewPacer(time.Second), later
	for p.Room(now) == nil {
		if _, err := p.Book(now, false); err != nil {
			t.Fatal(err)
		}
	}
	var turns []time.Time
	for range 5 {
		var again job.RetryAt
		if err := p.Room(now); !errors.As(err, &again) || !again.Free {
			t.Fatalf("error %v, want a free RetryAt", err)
		}
		turns = append(turns, again.Time)
	}
	for i, at := range turns {
		if i > 0 && at.Sub(turns[i-1]) != 3*time.Second {
			t.Errorf("turn %d is %s after the one before", i, at.Sub(turns[i-1]))
		}
		if err := p.Room(at); err != nil {
			t.Errorf("turn %d: %v", i, err)
		}
		for range 3 {
			if _, err := p.Book(at, true); err != nil {
				t.Errorf("turn %d: %v", i, err)
			}
		}
	}
}

// TestPaceOfOne: what one installation writes makes no other wait, and a job that has to wait long makes no call.
func TestPaceOfOne(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	c, err := github.New(github.Options{AppID: w.app.ID, Key: w.key, URL: w.srv.URL, Now: w.clock.Now,
		Pace: time.Hour})
	w.must(err)
	s, err := c.Snapshot(t.Context(), ref)
	w.must(err)
	for i := range 10 {
		_, err := s.Comment(t.Context(), "", []checks.ReviewComment{{Path: "Dockerfile", Line: 1, Side: "RIGHT",
			Body: "x"}}, same)
		if err != nil {
			t.Fatalf("write %d: %v", i, err)
		}
	}
	w.srv.ForgetRequests()
	var again job.RetryAt
	if err := s.Check(t.Context(), checks.Run{Name: "dfbot"}); !errors.As(err, &again) || !again.Free {
		t.Errorf("error %v, want a free RetryAt", err)
	}
	if _, err := c.Snapshot(t.Context(), ref); !errors.As(err, &again) || !again.Free {
		t.Errorf("error %v, want a free RetryAt", err)
	}
	if n := len(w.srv.Requests()); n != 0 {
		t.Errorf("%d calls by jobs that have to wait", n)
	}
	other := ref
	other.Installation++
	if _, err := c.Snapshot(t.Context(), other); errors.As(err, &again) {
		t.Errorf("another installation waits: %v", err)
	}
}

// TestCalls counts the calls of a context, the token's with them.
func TestCalls(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	var counter github.Counter
	_, err := w.client.Snapshot(counter.Of(t.Context()), ref)
	w.must(err)
	if got, want := counter.Calls(), (github.Calls{REST: 3, GraphQL: 1}); got != want || got.All() != 4 {
		t.Errorf("%+v, want %+v", got, want)
	}
}
