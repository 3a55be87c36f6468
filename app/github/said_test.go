package github_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/checks"
	"github.com/dfbot/dfbot/review"
)

// marked are comments with markers, one for each line.
func marked(head string, lines ...int) []checks.ReviewComment {
	all := comments(lines...)
	for i, line := range lines {
		m := review.Marker{Findings: []review.Trace{{Fingerprint: fmt.Sprint("finding-", line)}}, Head: head}
		all[i].Body = m.String() + "\n" + all[i].Body
	}
	return all
}

// A comment of dfbot's own that is gone was deleted by a person, and counts as dismissed; nothing else does.
func TestDeletedComment(t *testing.T) {
	const file = "FROM scratch\nLABEL a=b\nLABEL c=d\nLABEL e=f\n"
	for _, c := range []struct {
		name string
		do   func(w *world, pull *githubtest.Pull, ref job.Ref)
		want []string // fingerprints that are dismissed
	}{
		{"nothing", func(*world, *githubtest.Pull, job.Ref) {}, nil},
		{"deleted", func(w *world, pull *githubtest.Pull, _ job.Ref) {
			w.must(w.srv.DeleteComment(pull.Comments()[1].ID, "octo"))
		}, []string{"finding-3"}},
		{"all deleted", func(w *world, pull *githubtest.Pull, _ job.Ref) {
			for _, cm := range pull.Comments() {
				w.must(w.srv.DeleteComment(cm.ID, "octo"))
			}
		}, []string{"finding-2", "finding-3"}},
		{"deleted, with an answer that stays", func(w *world, pull *githubtest.Pull, _ job.Ref) {
			id := pull.Comments()[0].ID
			_, err := w.srv.Reply(id, "octo", "Why?")
			w.must(err)
			w.must(w.srv.DeleteComment(id, "octo"))
		}, []string{"finding-2"}},
		{"a moment ago", func(w *world, pull *githubtest.Pull, ref job.Ref) {
			w.clock.Add(-time.Hour + 10*time.Second)
			w.must(w.srv.DeleteComment(pull.Comments()[0].ID, "octo"))
		}, nil},
		{"outdated by a push", func(w *world, _ *githubtest.Pull, _ job.Ref) {
			_, err := w.repo.Commit("topic", githubtest.Commit{Files: map[string]string{"Dockerfile": "FROM alpine\n"}})
			w.must(err)
		}, nil},
		{"edited by dfbot since", func(w *world, pull *githubtest.Pull, ref job.Ref) {
			s := w.snapshot(ref)
			body := review.Marker{Findings: []review.Trace{{Fingerprint: "something-else"}}, Head: ref.Head}.String()
			w.must(s.Mark(w.Context(), []checks.Fixed{{ID: pull.Comments()[0].ID, Body: body}}))
		}, nil},
		{"some refused", func(w *world, pull *githubtest.Pull, ref job.Ref) {
			_, err := w.snapshot(ref).Comment(w.Context(), "more", marked(ref.Head, 4, 99), same)
			w.must(err)
			w.clock.Add(time.Hour)
		}, nil},
		{"a manifest that someone else has written", func(w *world, pull *githubtest.Pull, _ job.Ref) {
			pull.Review("mallory", "<!-- dfbot:v1 posted finding-9 -->")
			w.clock.Add(time.Hour)
		}, nil},
		{"twice, of which dfbot has deleted one", func(w *world, pull *githubtest.Pull, ref job.Ref) {
			_, err := w.snapshot(ref).Comment(w.Context(), "again", marked(ref.Head, 2, 3), same)
			w.must(err)
			w.clock.Add(time.Hour)
			w.must(w.snapshot(ref).DropLeftovers(w.Context()))
			if n := len(pull.Comments()); n != 2 {
				w.Errorf("%d comments are left of two that were there twice", n)
			}
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, githubtest.Options{}, later)
			pull, ref := w.open(map[string]string{"Dockerfile": file})
			_, err := w.snapshot(ref).Comment(t.Context(), "hello", marked(ref.Head, 2, 3), same)
			w.must(err)
			w.clock.Add(time.Hour)
			c.do(w, pull, ref)
			for _, expected := range []string{ref.Head, ""} { // without one it is read by REST
				ref.Head = expected
				var got []string
				for _, said := range w.snapshot(ref).Prior.Comments {
					if m, _ := review.ParseMarker(said.Body); said.State == review.Dismissed {
						got = append(got, m.Fingerprints()...)
					}
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("head %q: dismissed %v, want %v", expected, got, c.want)
				}
			}
		})
	}
}

// Of comments that are there twice the younger goes, unless someone has answered it.
func TestDoubles(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []int // by index of the comment
		left    []int
	}{
		{"nobody has answered", nil, []int{0}},
		{"the older is answered", []int{0}, []int{0}},
		{"the younger is answered", []int{1}, []int{1}},
		{"both are answered", []int{0, 1}, []int{0, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, githubtest.Options{}, later)
			pull, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\nLABEL a=b\n"})
			s := w.snapshot(ref)
			for range 3 {
				_, err := s.Comment(t.Context(), "hello", marked(ref.Head, 2), same)
				w.must(err)
			}
			other := strings.Repeat("1", 40)
			_, err := s.Comment(t.Context(), "hello", marked(other, 2), same) // of another commit
			w.must(err)
			_, err = pull.CommentOn("mallory", "Dockerfile", 2, marked(ref.Head, 2)[0].Body)
			w.must(err)
			all := pull.Comments()
			for _, i := range c.answers {
				_, err := w.srv.Reply(all[i].ID, "octo", "Why?")
				w.must(err)
			}
			s = w.snapshot(ref)
			want := []int64{all[3].ID}
			for _, i := range c.left {
				want = append(want, all[i].ID)
			}
			slices.Sort(want)
			see := func() (ids []int64) {
				for _, said := range w.snapshot(ref).Prior.Comments {
					ids = append(ids, said.ID)
				}
				slices.Sort(ids)
				return ids
			}
			if got := see(); !slices.Equal(got, want) {
				t.Errorf("counted are %v, want %v", got, want)
			}
			w.must(s.DropLeftovers(t.Context()))
			w.must(s.DropLeftovers(t.Context()))
			var left []int64
			for _, cm := range pull.Comments() {
				if cm.InReplyTo == 0 && cm.Author == "dfbot[bot]" {
					left = append(left, cm.ID)
				}
			}
			slices.Sort(left)
			if !slices.Equal(left, want) {
				t.Errorf("left are %v, want %v", left, want)
			}
		})
	}
}
