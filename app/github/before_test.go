package github_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/review/buildcontext"
)

const compare = "/repos/{owner}/{repo}/compare/{basehead}"

// change opens a pull request that makes head of base.
func (w *world) change(base, head map[string]string) job.Ref {
	w.Helper()
	_, err := w.repo.Commit("main", githubtest.Commit{Files: base})
	w.must(err)
	var gone []string
	for p := range base {
		if _, ok := head[p]; !ok {
			gone = append(gone, p)
		}
	}
	sha, err := w.repo.Commit("topic", githubtest.Commit{Files: head, Delete: gone})
	w.must(err)
	pull, err := w.repo.OpenPull(githubtest.PullOptions{Head: "topic"})
	w.must(err)
	w.srv.ForgetRequests()
	return job.Ref{Installation: w.inst.ID, Repository: w.repo.ID, Owner: "octo", Name: "shop", Pull: pull.Number,
		Head: sha}
}

// readAll reads all files of the base, after those of the head.
func (w *world) readAll(s *github.Snapshot) map[string]string {
	w.Helper()
	wants := func(paths []string) (all []github.Want) {
		for _, p := range paths {
			all = append(all, github.Want{Path: p, Max: 1 << 20})
		}
		return all
	}
	head, err := s.Read(w.Context(), wants(s.Tree.Paths))
	w.must(err)
	blobs, err := s.ReadBefore(w.Context(), wants(s.Before.Paths), head)
	w.must(err)
	got := map[string]string{}
	for p, b := range blobs {
		got[p] = string(b.Source)
	}
	return got
}

var sides = struct{ base, head map[string]string }{
	map[string]string{
		"same": "1\n", "edited": "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "crlf": "1\r\n2\r\n", "end": "1\n2", "gone": "1\n2",
		"moved": "1\n2\n3\n4\n5\n6\n", "latin": "caf\xe9\nb\n", "README.md": "# shop\n",
	},
	map[string]string{
		"same": "1\n", "edited": "0\n1\n2\n3\n5\n6\n7\n8\nnine\n", "crlf": "1\r\n3\r\n", "end": "1\n2\n", "new": "x\n",
		"to/here": "1\n2\n3\n4\n5\nsix\n", "latin": "cafe\nb\n", "README.md": "# shop\n",
	},
}

// The base is made of the head and the patches: only what a patch does not say in full is read.
func TestBefore(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	s := w.snapshot(w.change(sides.base, sides.head))
	if want := slices.Sorted(maps.Keys(sides.base)); !slices.Equal(s.Before.Paths, want) {
		t.Errorf("paths %q, want %q", s.Before.Paths, want)
	}
	if want := map[string]string{"moved": "to/here"}; !maps.Equal(s.Before.Renamed, want) {
		t.Errorf("renamed %q, want %q", s.Before.Renamed, want)
	}
	if d := cmp.Diff(sides.base, w.readAll(s)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if n := w.count(compare); n != 1 { // for latin, of which the patch has other bytes
		t.Errorf("%d comparisons, want 1", n)
	}
}

func TestBeforeCostsNoCall(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	base, head := maps.Clone(sides.base), maps.Clone(sides.head)
	delete(base, "latin")
	delete(head, "latin")
	s := w.snapshot(w.change(base, head))
	w.srv.ForgetRequests()
	if d := cmp.Diff(base, w.readAll(s)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if n := len(w.srv.Requests()); n != 1 {
		t.Errorf("%d calls, want 1 for the contents", n)
	}
}

// TestBeforeOfSwappedFiles: a path that one file leaves and another takes is there on both sides.
func TestBeforeOfSwappedFiles(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	base := map[string]string{"a": "1\n2\n3\n", "dir/b": "4\n5\n6\n", "README.md": "# shop\n"}
	head := map[string]string{"dir/b": "1\n2\n3\n", "c": "4\n5\n6\n", "README.md": "# shop\n"}
	s := w.snapshot(w.change(base, head))
	if want := []string{"README.md", "a", "dir/b"}; !slices.Equal(s.Before.Paths, want) {
		t.Errorf("paths %q, want %q", s.Before.Paths, want)
	}
	if d := cmp.Diff(base, w.readAll(s)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// TestModesBefore: modes of files that the pull request leaves alone are those of the head, others are known where the
// base was read.
func TestModesBefore(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	script := func(mode string) githubtest.File { return githubtest.File{Content: "#!/bin/sh\n", Mode: mode} }
	_, err := w.repo.Commit("main", githubtest.Commit{Entries: map[string]githubtest.File{
		"same.sh": script("100755"), "run.sh": script("100755")}})
	w.must(err)
	head, err := w.repo.Commit("topic", githubtest.Commit{Entries: map[string]githubtest.File{
		"run.sh": script("100644")}})
	w.must(err)
	pull, err := w.repo.OpenPull(githubtest.PullOptions{Head: "topic"})
	w.must(err)
	s := w.snapshot(job.Ref{Installation: w.inst.ID, Repository: w.repo.ID, Owner: "octo", Name: "shop",
		Pull: pull.Number, Head: head})
	modes := func() (all [2]buildcontext.Mode) {
		all[0], _ = s.Before.Stat("same.sh")
		all[1], _ = s.Before.Stat("run.sh")
		return all
	}
	if got := modes(); got != [2]buildcontext.Mode{buildcontext.Executable, buildcontext.UnknownMode} {
		t.Errorf("modes %v before the base was read", got)
	}
	if got := w.readAll(s)["run.sh"]; got != "#!/bin/sh\n" {
		t.Errorf("run.sh was %q", got)
	}
	if got := modes(); got != [2]buildcontext.Mode{buildcontext.Executable, buildcontext.Executable} {
		t.Errorf("modes %v", got)
	}
}

// TestBeforeIsPartial: the tree of the base is no more complete than what it is made of.
func TestBeforeIsPartial(t *testing.T) {
	w := newWorld(t, githubtest.Options{TruncateTrees: 1}, later)
	if s := w.snapshot(w.change(sides.base, sides.head)); !s.Before.Partial {
		t.Error("the tree of the base is taken to be complete")
	}
}
