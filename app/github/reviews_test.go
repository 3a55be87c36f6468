package github_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/checks"
	"github.com/dfbot/dfbot/review"
)

// comments are one for each line.
func comments(lines ...int) []checks.ReviewComment {
	var all []checks.ReviewComment
	for _, line := range lines {
		all = append(all, checks.ReviewComment{Path: "Dockerfile", Line: line, Side: "RIGHT",
			Body: fmt.Sprint("line ", line)})
	}
	return all
}

// GitHub refuses a review for one comment that is out of the diff, and does not name it. The others are in one
// review.
func TestOneCommentRefused(t *testing.T) {
	for _, c := range []struct{ lines, refused []int }{
		{[]int{1, 2, 99, 3}, []int{99}},
		{[]int{98, 1, 2, 99}, []int{98, 99}},
		{[]int{98, 99}, []int{98, 99}},
		{[]int{99}, []int{99}},
	} {
		w := newWorld(t, githubtest.Options{}, later)
		pull, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\nLABEL a=b\nLABEL c=d\n"})
		refused, err := w.snapshot(ref).Comment(t.Context(), "hello", comments(c.lines...), same)
		w.must(err)
		var lines []int
		for _, r := range refused {
			lines = append(lines, r.Line)
		}
		if !slices.Equal(lines, c.refused) {
			t.Errorf("%v: refused %v, want %v", c.lines, lines, c.refused)
		}
		want := len(c.lines) - len(c.refused)
		if n := len(pull.Reviews()); n != min(want, 1) || len(pull.Comments()) != want {
			t.Errorf("%v: %d reviews with %d comments", c.lines, n, len(pull.Comments()))
		}
	}
}

// The draft of a run that died blocks all further reviews until it is deleted.
func TestDraftInTheWay(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	pull, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\nLABEL a=b\n"})
	dying := &cutTransport{next: http.DefaultTransport, method: "DELETE"}
	s, err := w.newClient(dying).Snapshot(t.Context(), ref)
	w.must(err)
	if _, err := s.Comment(t.Context(), "", comments(1, 99), same); err == nil {
		t.Error("no error though the draft could not be deleted")
	}
	if r := pull.Reviews(); len(r) != 1 || r[0].State != "PENDING" {
		t.Fatalf("no draft was left behind: %+v", r)
	}
	refused, err := w.snapshot(ref).Comment(t.Context(), "", comments(1, 2), same)
	w.must(err)
	if r := pull.Reviews(); len(r) != 1 || r[0].State != "COMMENTED" || len(pull.Comments()) != 2 || len(refused) != 0 {
		t.Errorf("%+v with %d comments", r, len(pull.Comments()))
	}
}

// cutTransport has no line for one method.
type cutTransport struct {
	next   http.RoundTripper
	method string
}

func (c *cutTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == c.method {
		return nil, fmt.Errorf("no line")
	}
	return c.next.RoundTrip(req)
}

// A comment on several lines has a start, one on one line must not.
func TestCommentOnLines(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	pull, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\nLABEL a=b\nLABEL c=d\n"})
	all := comments(3, 2)
	all[0].StartLine, all[1].StartLine = 1, 2
	refused, err := w.snapshot(ref).Comment(t.Context(), "", all, same)
	w.must(err)
	got := pull.Comments()
	if len(refused) != 0 || len(got) != 2 || got[0].StartLine != 1 || got[0].Line != 3 || got[1].StartLine != 0 {
		t.Errorf("refused %v, wrote %+v", refused, got)
	}
}

// Once a person or dfbot itself has ended a thread, the snapshot says so, over GraphQL as far as that is known.
func TestPrior(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	pull, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\nLABEL a=b\nLABEL c=d\nLABEL e=f\n"})
	_, err := w.snapshot(ref).Comment(t.Context(), "", comments(1, 2, 3, 4), same)
	w.must(err)
	_, err = pull.CommentOn("octo", "Dockerfile", 1, "mine")
	w.must(err)
	all := pull.Comments()
	w.must(w.srv.ResolveThread(all[0].ID, "octo"))
	_, err = w.srv.Reply(all[1].ID, "octo", "why?")
	w.must(err)
	w.must(w.srv.ResolveThread(all[2].ID, "dfbot[bot]"))

	var lines []string
	for _, said := range w.snapshot(ref).Prior.Comments {
		lines = append(lines, fmt.Sprintf("%d %s state=%d answered=%t", said.ID, said.Body, said.State, said.Answered))
	}
	want := fmt.Sprintf("%d line 1 state=1 answered=false\n%d line 2 state=0 answered=true\n%d line 3 state=2 "+
		"answered=false\n%d line 4 state=0 answered=false",
		all[0].ID, all[1].ID, all[2].ID, all[3].ID)
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	w.srv.Fault(githubtest.Match{Path: "/graphql"}, githubtest.Fault{Status: 502})
	prior := w.snapshot(ref).Prior.Comments
	if len(prior) != 4 || !prior[1].Answered || prior[0].Answered {
		t.Errorf("by REST: %+v", prior)
	}
}

// An answer that says no dismisses a comment, by GraphQL as by REST; other answers do not.
func TestRefused(t *testing.T) {
	for answer, refused := range map[string]bool{
		"No, we want what is recommended.": true, "no": true, "Nope.": true, "Won't fix, it is a demo.": true,
		"wontfix": true, "Intentional: see #1": true,
		"No idea what this means": false, "no problem, will do": false, "Nobody knows": false, "I know.": false,
		"> no\n\nyes": false, "": false,
	} {
		w := newWorld(t, githubtest.Options{}, later)
		pull, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
		_, err := w.snapshot(ref).Comment(t.Context(), "", comments(1), same)
		w.must(err)
		if answer != "" {
			_, err = w.srv.Reply(pull.Comments()[0].ID, "octo", answer)
			w.must(err)
		}
		for _, expected := range []string{ref.Head, ""} { // without one it is read by REST
			ref.Head = expected
			said := w.snapshot(ref).Prior.Comments[0]
			if got := said.State == review.Dismissed; got != refused || said.Start != 1 || said.End != 1 {
				t.Errorf("%q, head %q: dismissed %t; %+v", answer, expected, got, said)
			}
		}
	}
}

// A comment that someone has deleted needs no mark.
func TestMarkDeleted(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	w.must(w.snapshot(ref).Mark(t.Context(), []checks.Fixed{{ID: 4711, Body: "gone"}}))
}

// A job that is superseded while GitHub writes its review sees it through: else the next job would not find it yet, and
// say it again.
func TestWriteNotBrokenOff(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	pull, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\nLABEL a=b\n"})
	ctx, cancel := context.WithCancel(t.Context())
	superseding := roundTrip(func(req *http.Request) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/reviews") {
			cancel()
		}
		return http.DefaultTransport.RoundTrip(req)
	})
	s, err := w.newClient(superseding).Snapshot(ctx, ref)
	w.must(err)
	_, err = s.Comment(ctx, "", comments(1), same)
	w.must(err)
	if n := len(pull.Reviews()); n != 1 {
		t.Errorf("%d reviews", n)
	}
	if err := s.Check(ctx, checks.Run{Name: "dfbot", ExternalID: "x", Conclusion: "success", Title: "t",
		Summary: "s"}); !errors.Is(err, context.Canceled) {
		t.Errorf("a further write begins: %v", err)
	}
}

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// same leaves the body of a review as it is when comments are refused.
func same([]checks.ReviewComment) string { return "hello" }
