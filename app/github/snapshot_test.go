package github_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/checks"
	"github.com/dfbot/dfbot/review/buildcontext"
)

// What is read is what git holds, byte for byte, over GraphQL where its text is that and over REST where it is not.
func TestReadExact(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	contents := map[string]string{
		"plain":   "FROM scratch\n",
		"crlf":    "FROM scratch\r\nLABEL a=b\r\n",
		"bom":     "\ufeffFROM scratch\n",
		"latin-1": "FROM scratch\nLABEL a=\"\xe9\"\n",
		"nul":     "FROM scratch\n\x00",
		"empty":   "",
		"no-end":  "FROM scratch",
		"long":    "FROM scratch\n" + strings.Repeat("# "+strings.Repeat("x", 97)+"\n", 6000),
	}
	_, ref := w.open(contents)
	s := w.snapshot(ref)
	w.srv.ForgetRequests()
	var wants []github.Want
	for path := range contents {
		wants = append(wants, github.Want{Path: path, Max: 1 << 20})
	}
	got, err := s.Read(t.Context(), append(wants, github.Want{Path: "missing", Max: 1}))
	w.must(err)
	if len(got) != len(contents) {
		t.Errorf("%d files were read, want %d", len(got), len(contents))
	}
	for path, want := range contents {
		if string(got[path].Source) != want || got[path].Skipped != "" {
			t.Errorf("%s: %d bytes, want %d; skipped %q", path, len(got[path].Source), len(want), got[path].Skipped)
		}
		if mode, size := s.Tree.Stat(path); mode != buildcontext.Regular || size != len(want) {
			t.Errorf("%s: mode %d and %d bytes in the tree, want %d", path, mode, size, len(want))
		}
	}
	if n := w.count(blob); n != 3 { // latin-1, nul, long
		t.Errorf("%d blobs were read one by one, want 3", n)
	}
}

// A text that is not the blob's content, for whatever reason, is not taken for it.
func TestReadChecksText(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	w.client = w.newClient(lyingTransport{http.DefaultTransport})
	got, err := w.snapshot(ref).Read(t.Context(), []github.Want{{Path: "Dockerfile", Max: 100}})
	w.must(err)
	if string(got["Dockerfile"].Source) != "FROM scratch\n" || w.count(blob) != 1 {
		t.Errorf("read %q with %d calls for the blob", got["Dockerfile"].Source, w.count(blob))
	}
}

// A blob that is something else, whatever its status, is read again.
func TestBlobIsSomethingElse(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n\x00"})
	lies := 1
	w.client = w.newClient(&wrongBlobs{http.DefaultTransport, &lies})
	got, err := w.snapshot(ref).Read(t.Context(), []github.Want{{Path: "Dockerfile", Max: 100}})
	w.must(err)
	if string(got["Dockerfile"].Source) != "FROM scratch\n\x00" {
		t.Errorf("read %q", got["Dockerfile"].Source)
	}
	lies = 100
	w.client = w.newClient(&wrongBlobs{http.DefaultTransport, &lies}) // which keeps no texts yet
	if got, err := w.snapshot(ref).Read(t.Context(), []github.Want{{Path: "Dockerfile", Max: 100}}); err == nil {
		t.Errorf("took %q for the blob", got["Dockerfile"].Source)
	}
}

// wrongBlobs puts something else into the answers for blobs, some times.
type wrongBlobs struct {
	next http.RoundTripper
	lies *int
}

func (l *wrongBlobs) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(req)
	if err == nil && strings.Contains(req.URL.Path, "/git/blobs/") && *l.lies > 0 {
		*l.lies--
		resp.Body.Close()
		resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader("<html>not now</html>")), -1
	}
	return resp, err
}

// lyingTransport puts another text into answers to queries.
type lyingTransport struct{ next http.RoundTripper }

func (l lyingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(req)
	if err != nil || req.URL.Path != "/graphql" {
		return resp, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(bytes.ReplaceAll(body, []byte("scratch"), []byte("scr4tch"))))
	return resp, err
}

func TestReadSkips(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"lfs": "version https://git-lfs.github.com/spec/v1\n",
		"large": strings.Repeat("a", 2049)})
	got, err := w.snapshot(ref).Read(t.Context(), []github.Want{{Path: "lfs", Max: 1 << 20},
		{Path: "large", Max: 2048}})
	w.must(err)
	if got["lfs"].Skipped != "a Git LFS pointer" || got["large"].Skipped != "dfbot does not read files over 2 KiB" {
		t.Errorf("%+v", got)
	}
}

// A content that is at many paths is read once.
func TestReadOnce(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	contents := map[string]string{}
	var wants []github.Want
	for i := range 60 {
		path := fmt.Sprintf("d%02d/.dockerignore", i)
		contents[path] = strings.Repeat("a\n", 100_000)
		wants = append(wants, github.Want{Path: path, Max: 1 << 20})
	}
	_, ref := w.open(contents)
	s := w.snapshot(ref)
	w.srv.ForgetRequests()
	got, err := s.Read(t.Context(), wants)
	w.must(err)
	if n := w.count("/graphql"); n != 1 || len(got) != 60 {
		t.Errorf("%d files by %d queries", len(got), n)
	}
	for path, want := range contents {
		if string(got[path].Source) != want {
			t.Errorf("%s is not what it is", path)
		}
	}
}

// The files of a large pull request come in pages, and the blobs in batches.
func TestManyFiles(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	contents := map[string]string{}
	var wants []github.Want
	for i := range 230 {
		path := fmt.Sprintf("d%03d/Dockerfile", i)
		contents[path] = fmt.Sprintf("FROM scratch\nLABEL a=%d\n", i)
		wants = append(wants, github.Want{Path: path, Max: 1 << 20})
	}
	_, ref := w.open(contents)
	s := w.snapshot(ref)
	if len(s.Files) != 230 || s.Truncated || w.count(files) != 3 {
		t.Errorf("%d files in %d pages, truncated %t", len(s.Files), w.count(files), s.Truncated)
	}
	w.srv.ForgetRequests()
	got, err := s.Read(t.Context(), wants)
	w.must(err)
	if n := w.count("/graphql"); n != 2 {
		t.Errorf("%d queries, want 2", n)
	}
	for path, want := range contents {
		if string(got[path].Source) != want {
			t.Errorf("%s: %q", path, got[path].Source)
		}
	}
}

// The configuration is that of the base branch, from the first of its places that holds a file, by GraphQL as by REST.
func TestConfig(t *testing.T) {
	for _, c := range []struct {
		name, want string
		files      []string
	}{
		{"none", "", []string{"hadolint.yaml", "docs/.hadolint.yaml"}},
		{"all", ".dfbot.yml", []string{".dfbot.yml", ".github/dfbot.yml", ".hadolint.yaml", ".hadolint.yml"}},
		{"below .github", ".github/dfbot.yml", []string{".github/dfbot.yml", ".hadolint.yaml"}},
		{"hadolint's", ".hadolint.yaml", []string{".hadolint.yaml", ".hadolint.yml"}},
		{"hadolint's, short", ".hadolint.yml", []string{".hadolint.yml"}},
		{"a folder", ".hadolint.yml", []string{".dfbot.yml/x", ".hadolint.yaml/x", ".hadolint.yml"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, githubtest.Options{}, later)
			entries := map[string]string{}
			for _, path := range c.files {
				entries[path] = "# " + path + "\n"
			}
			_, err := w.repo.Commit("main", githubtest.Commit{Files: entries})
			w.must(err)
			head := map[string]string{"Dockerfile": "FROM scratch\n"}
			for path := range entries {
				head[path] = "# of the head\n"
			}
			_, ref := w.open(head)
			for _, expected := range []string{ref.Head, ""} { // without one it is read by REST
				ref.Head = expected
				got := w.snapshot(ref).Config
				if got.Path != c.want || c.want != "" && string(got.Source) != entries[c.want] {
					t.Errorf("head %q: reads %q: %q", expected, got.Path, got.Source)
				}
			}
		})
	}
}

func TestTruncated(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	contents := map[string]string{}
	for i := range 3001 {
		contents[fmt.Sprintf("f%04d", i)] = ""
	}
	_, ref := w.open(contents)
	if s := w.snapshot(ref); len(s.Files) != 3000 || !s.Truncated {
		t.Errorf("%d files, truncated %t", len(s.Files), s.Truncated)
	}
}

// The repository was renamed; then another one has the name by which it was known.
func TestNameTaken(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	w.repo.Rename("store")
	s := w.snapshot(ref)
	if s.Owner != "octo" || s.Name != "store" {
		t.Errorf("renamed: %s/%s", s.Owner, s.Name)
	}
	other, err := w.srv.CreateRepo("octo", "other", map[string]string{"a": "a"})
	w.must(err)
	_, err = other.Commit("topic", githubtest.Commit{Files: map[string]string{"Dockerfile": "FROM alpine\n"}})
	w.must(err)
	_, err = other.OpenPull(githubtest.PullOptions{Head: "topic"})
	w.must(err)
	ref.Name = "other"
	if s = w.snapshot(ref); s.Name != "store" || s.Repository != ref.Repository || s.Head != ref.Head {
		t.Errorf("name taken: %s/%s, repository %d, head %s", s.Owner, s.Name, s.Repository, s.Head)
	}
}

// The head that a job expects is not there any more: what is there counts.
func TestOtherHead(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	head, err := w.repo.Commit("topic", githubtest.Commit{Files: map[string]string{"b/Dockerfile": "FROM scratch\n"}})
	w.must(err)
	for _, expected := range []string{ref.Head, "", strings.Repeat("0", 40)} {
		ref.Head = expected
		s := w.snapshot(ref)
		if s.Head != head || !slices.Contains(s.Tree.Paths, "b/Dockerfile") {
			t.Errorf("expected %q: head %s with %v", expected, s.Head, s.Tree.Paths)
		}
	}
}

// Nothing is written about a head that is no longer one.
func TestHeadMoves(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	pull, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	comments := []checks.ReviewComment{{Path: "Dockerfile", Line: 1, Side: "RIGHT", Body: "x"}}
	stale := func(what string, err error) {
		t.Helper()
		if !errors.As(err, new(job.Stale)) {
			t.Errorf("%s: error %v, want Stale", what, err)
		}
	}
	late := w.snapshot(ref)
	_, err := w.repo.Commit("topic", githubtest.Commit{Files: map[string]string{"Dockerfile": "FROM alpine\n"}})
	w.must(err)
	_, err = late.Read(t.Context(), []github.Want{{Path: "Dockerfile", Max: 100}})
	stale("read", err)
	w.clock.Add(5 * time.Second)
	_, err = late.Comment(t.Context(), "", comments, same)
	stale("comment", err)
	stale("mark", late.Mark(t.Context(), []checks.Fixed{{ID: 1}}))
	stale("check", late.Check(t.Context(), checks.Run{Name: "dfbot"}))
	pull.Close()
	_, err = w.client.Snapshot(t.Context(), ref)
	stale("closed", err)
	if n := len(pull.Reviews()); n != 0 {
		t.Errorf("%d reviews", n)
	}
}

// Of a fork's pull request neither events nor lists by branch say the number.
func TestPullsOf(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	fork, err := w.repo.Fork("mona")
	w.must(err)
	head, err := fork.Commit("topic", githubtest.Commit{Files: map[string]string{"Dockerfile": "FROM scratch\n"}})
	w.must(err)
	pull, err := w.repo.OpenPull(githubtest.PullOptions{Head: "topic", HeadRepo: fork})
	w.must(err)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM alpine\n"}) // another one
	ref.Pull, ref.Head = 0, head
	numbers := func() []int {
		found, err := w.client.PullsOf(t.Context(), ref)
		w.must(err)
		return found
	}
	if got := numbers(); !slices.Equal(got, []int{pull.Number}) {
		t.Errorf("by head: %v, want %d", got, pull.Number)
	}
	named := ref
	named.Pull = pull.Number
	w.must(w.snapshot(named).Check(t.Context(), checks.Run{Name: "dfbot",
		ExternalID: github.ExternalID(pull.Number, "k"), Conclusion: "success", Title: "t", Summary: "s"}))
	w.srv.ForgetRequests()
	if got := numbers(); !slices.Equal(got, []int{pull.Number}) || len(w.srv.Requests()) != 1 {
		t.Errorf("by check run: %v in %d calls", got, len(w.srv.Requests()))
	}
}

// A push while the snapshot is taken: the list of files is of another commit than the rest.
func TestPushWhileReading(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	racing := &racingTransport{next: http.DefaultTransport, asked: make(chan struct{}), push: sync.OnceFunc(func() {
		_, err := w.repo.Commit("topic", githubtest.Commit{Files: map[string]string{"Dockerfile": "FROM alpine\n"}})
		w.must(err)
	})}
	w.client = w.newClient(racing)
	if s, err := w.client.Snapshot(t.Context(), ref); err == nil {
		t.Errorf("a snapshot of %s with the files of another commit: %+v", s.Head, s.Files)
	} else if errors.As(err, new(job.Stale)) {
		t.Errorf("forgotten: %v", err)
	}
	if s := w.snapshot(ref); s.Head == ref.Head {
		t.Error("the old head")
	}
}

// racingTransport pushes between the answer to the query and the list of files.
type racingTransport struct {
	next  http.RoundTripper
	asked chan struct{}
	once  sync.Once
	push  func()
}

func (r *racingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/files") {
		<-r.asked
		r.push()
	}
	resp, err := r.next.RoundTrip(req)
	if req.URL.Path == "/graphql" {
		r.once.Do(func() { close(r.asked) })
	}
	return resp, err
}
