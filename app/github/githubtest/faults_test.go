package githubtest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/app/git/gittest"
)

func TestFaults(t *testing.T) {
	w := newWorld(t, Options{})
	get := func() error { _, _, err := w.gh.Repositories.Get(w.ctx, "octo", "shop"); return err }
	for _, code := range []int{401, 403, 404, 422, 429, 500, 502, 503} {
		remove := w.srv.Fault(Match{Method: "GET", Path: "/repos/*/*"}, Fault{Status: code})
		if got := status(get()); got != code {
			t.Errorf("fault %d: got %d", code, got)
		}
		remove()
		w.must(get())
	}
	w.srv.Fault(Match{Path: "/repos/{owner}/{repo}", Nth: 2, Times: 1}, Fault{Status: 500})
	if a, b, c := status(get()), status(get()), status(get()); a != 0 || b != 500 || c != 0 {
		t.Errorf("second call only: %d %d %d", a, b, c)
	}
	w.srv.Fault(Match{Path: "/repos/**", Times: 1}, Fault{Trouble: SecondaryLimit, Wait: time.Minute})
	var abuse *github.AbuseRateLimitError
	if err := get(); !errors.As(err, &abuse) || abuse.GetRetryAfter() != time.Minute {
		t.Errorf("secondary limit: %v", err)
	}
	w.gh = w.client(w.token()) // go-github remembers the limit
	w.srv.Fault(Match{Path: "/repos/**", Times: 1}, Fault{Trouble: PrimaryLimit})
	var limit *github.RateLimitError
	if err := get(); !errors.As(err, &limit) || limit.Rate.Reset.Sub(w.clock.Now()) != time.Hour {
		t.Errorf("primary limit: %v", err)
	}
}

func TestFaultsOfTheConnection(t *testing.T) {
	w := newWorld(t, Options{})
	sha, err := w.repo.Resolve("main")
	w.must(err)
	create := func(ctx context.Context) error {
		_, _, err := w.gh.Checks.CreateCheckRun(ctx, "octo", "shop",
			github.CreateCheckRunOptions{Name: "x", HeadSHA: sha})
		return err
	}
	w.srv.Fault(Match{Method: "POST", Times: 1}, Fault{Trouble: CutBody})
	if err := create(w.ctx); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut body: %v", err)
	}
	w.srv.Fault(Match{Method: "POST", Times: 1}, Fault{Status: 502, After: true})
	w.wantStatus(create(w.ctx), 502)
	if n := len(w.repo.CheckRuns(sha)); n != 2 {
		t.Errorf("%d runs after two lost answers", n)
	}
	w.srv.Fault(Match{Method: "POST", Times: 1}, Fault{Trouble: Hang})
	short, cancel := context.WithTimeout(w.ctx, 50*time.Millisecond)
	defer cancel()
	if err := create(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hang: %v", err)
	}
	if n := len(w.repo.CheckRuns(sha)); n != 2 {
		t.Errorf("%d runs after a hang", n)
	}
	w.srv.Fault(Match{Method: "POST", Times: 1}, Fault{Trouble: SlowBody, Wait: time.Microsecond})
	w.must(create(w.ctx))
}

func TestETagsAndRates(t *testing.T) {
	w := newWorld(t, Options{RateLimit: 5})
	get := func(etag string) *http.Response {
		req, _ := http.NewRequest("GET", w.srv.URL+"repos/octo/shop", nil)
		req.Header.Set("Authorization", "Bearer "+w.token())
		req.Header.Set("If-None-Match", etag)
		resp, err := http.DefaultClient.Do(req)
		w.must(err)
		resp.Body.Close()
		return resp
	}
	first := get("")
	second := get(first.Header.Get("ETag"))
	if first.StatusCode != 200 || second.StatusCode != 304 {
		t.Fatalf("status %d, %d", first.StatusCode, second.StatusCode)
	}
	if a, b := first.Header.Get("X-RateLimit-Remaining"), second.Header.Get("X-RateLimit-Remaining"); a != "4" ||
		b != "4" {
		t.Errorf("remaining %s, then %s: a 304 costs nothing", a, b)
	}
	for range 4 {
		get("")
	}
	_, _, err := w.gh.Repositories.Get(w.ctx, "octo", "shop")
	var limit *github.RateLimitError
	if !errors.As(err, &limit) {
		t.Errorf("after the limit: %v", err)
	}
	w.clock.Add(time.Hour)
	w.gh = w.client(w.token())
	_, _, err = w.gh.Repositories.Get(w.ctx, "octo", "shop")
	w.must(err)
}

func TestContents(t *testing.T) {
	w := newWorld(t, Options{TruncateTrees: 3})
	_, err := w.repo.Commit("main", Commit{Entries: map[string]File{
		"dir/a b#.txt": {Content: "odd name"}, "dir/link": {Content: "../README.md", Mode: "120000"},
		"dangling": {Content: "nowhere", Mode: "120000"},
	}})
	w.must(err)
	file, _, _, err := w.gh.Repositories.GetContents(w.ctx, "octo", "shop", "dir/a b#.txt", nil)
	w.must(err)
	if text, _ := file.GetContent(); text != "odd name" {
		t.Errorf("content %q", text)
	}
	link, _, _, err := w.gh.Repositories.GetContents(w.ctx, "octo", "shop", "dir/link", nil)
	w.must(err)
	if text, _ := link.GetContent(); text != "# shop\n" {
		t.Errorf("through a symlink: %q", text)
	}
	_, dir, _, err := w.gh.Repositories.GetContents(w.ctx, "octo", "shop", "/",
		&github.RepositoryContentGetOptions{Ref: "main"})
	w.must(err)
	if len(dir) != 4 {
		t.Errorf("%d rows in the root", len(dir))
	}
	_, _, _, err = w.gh.Repositories.GetContents(w.ctx, "octo", "shop", "no/such", nil)
	w.wantStatus(err, 404)
	tree, _, err := w.gh.Git.GetTree(w.ctx, "octo", "shop", "main", true)
	w.must(err)
	if !tree.GetTruncated() || len(tree.Entries) != 3 {
		t.Errorf("truncated tree: %v", tree)
	}
}

func TestUsersRepositoryIsNeverWritten(t *testing.T) {
	w := newWorld(t, Options{})
	dir := t.TempDir()
	git := func(args ...string) string {
		out, err := gittest.Run(dir, nil, args...)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q", "-b", "trunk")
	w.must(os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\n"), 0o644))
	git("add", ".")
	git("commit", "-q", "-m", "one")
	git("checkout", "-q", "-b", "topic")
	w.must(os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM alpine\n"), 0o644))
	git("commit", "-q", "-a", "-m", "two")
	before := snapshot(t, dir)

	repo, err := w.srv.OpenRepo("octo", "mine", dir)
	w.must(err)
	w.must(repo.SetBranch("copy", "topic~0"))
	if _, _, err := w.gh.Git.GetTree(w.ctx, "octo", "mine", "topic", true); err != nil {
		t.Error(err)
	}
	if got, _, err := w.gh.Repositories.Get(w.ctx, "octo", "mine"); err != nil || got.GetDefaultBranch() != "topic" {
		t.Errorf("default branch of %v: %v", got, err)
	}
	p, err := repo.OpenPull(PullOptions{Head: "topic", Base: "trunk"})
	w.must(err)
	if p.head != git("rev-parse", "topic") {
		t.Errorf("head %s", p.head)
	}
	id, err := p.CommentOn("ann", "Dockerfile", 1, "```suggestion\nFROM alpine:3\n```")
	w.must(err)
	_, err = w.srv.ApplySuggestion(id, "ann")
	w.must(err)
	if after := snapshot(t, dir); after != before {
		t.Errorf("the repository was changed:\n%s\n%s", before, after)
	}
}

// snapshot lists every file below a folder with its size and time.
func snapshot(t *testing.T, dir string) string {
	var b strings.Builder
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		b.WriteString(path + " " + info.Mode().String() + " " + info.ModTime().String() + "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A request may do its work some time after its answer.
func TestLateWork(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.openPull(map[string]string{"a": "b"})
	w.srv.Fault(Match{Method: "POST", Path: "/repos/octo/shop/pulls/*/reviews", Times: 1},
		Fault{Status: 502, Late: 5 * time.Second})
	_, _, err := w.gh.PullRequests.CreateReview(w.ctx, "octo", "shop", p.Number, &github.PullRequestReviewRequest{
		Body: github.String("late"), Event: github.String("COMMENT"),
	})
	w.wantStatus(err, 502)
	for _, c := range []struct {
		pass time.Duration
		want int
	}{{4 * time.Second, 0}, {time.Second, 1}, {time.Minute, 1}} {
		w.clock.Add(c.pass)
		w.srv.Land()
		if n := len(p.Reviews()); n != c.want {
			t.Errorf("%d reviews after another %s, want %d", n, c.pass, c.want)
		}
	}
}

// A page of something between the client and GitHub is no JSON, whatever its status.
func TestPage(t *testing.T) {
	w := newWorld(t, Options{})
	for _, status := range []int{200, 403, 404} {
		w.srv.Fault(Match{Path: "/repos/octo/shop", Times: 1}, Fault{Status: status, Page: true})
		_, _, err := w.gh.Repositories.Get(w.ctx, "octo", "shop")
		if err == nil {
			t.Errorf("%d: a page was taken for a repository", status)
		}
		requests := w.srv.Requests()
		if last := requests[len(requests)-1]; !last.Foreign {
			t.Errorf("%d: the page is recorded as GitHub's", status)
		}
	}
}
