package githubtest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"
)

func actionOf(body []byte) string {
	var p struct{ Action string }
	json.Unmarshal(body, &p)
	return p.Action
}

func TestPullFilesArePatchesOfGit(t *testing.T) {
	w := newWorld(t, Options{})
	_, err := w.repo.Commit("main", Commit{
		Files:   map[string]string{"old.txt": strings.Repeat("same\nlines\n", 20), "gone.txt": "x\n"},
		Entries: map[string]File{"run.sh": {Content: "#!/bin/sh\n", Mode: "100755"}},
	})
	w.must(err)
	p := w.openPull(map[string]string{
		"Dockerfile": strings.Replace(seedFile, "EXPOSE 80", "EXPOSE 81", 1),
		"bin":        "\x00\x01\x02", "new.txt": "no newline",
	})
	_, err = w.repo.Commit("fix", Commit{
		Files:  map[string]string{"moved.txt": strings.Repeat("same\nlines\n", 20)},
		Delete: []string{"old.txt", "gone.txt"},
		Entries: map[string]File{
			"link": {Content: "Dockerfile", Mode: "120000"}, "sub": {Content: strings.Repeat("a", 40), Mode: "160000"},
		},
	})
	w.must(err)
	files, _, err := w.gh.PullRequests.ListFiles(w.ctx, "octo", "shop", p.Number, nil)
	w.must(err)
	got := map[string]string{}
	for _, f := range files {
		got[f.GetFilename()] = fmt.Sprintf("%s +%d -%d %s %q", f.GetStatus(), f.GetAdditions(), f.GetDeletions(),
			f.GetPreviousFilename(), f.GetPatch())
	}
	want := map[string]string{
		"Dockerfile": `modified +1 -1  "@@ -2,7 +2,7 @@ FROM python:3.12\n WORKDIR /app\n COPY . .\n RUN pip ` +
			`install -r requirements.txt\n-EXPOSE 80\n+EXPOSE 81\n USER app\n ENV A=1\n ENV B=2"`,
		"bin":       `added +0 -0  ""`,
		"new.txt":   `added +1 -0  "@@ -0,0 +1 @@\n+no newline\n\\ No newline at end of file"`,
		"moved.txt": `renamed +0 -0 old.txt ""`,
		"gone.txt":  `removed +0 -1  "@@ -1 +0,0 @@\n-x"`,
		"link":      `added +1 -0  "@@ -0,0 +1 @@\n+Dockerfile\n\\ No newline at end of file"`,
		"sub":       `added +1 -0  "@@ -0,0 +1 @@\n+Subproject commit aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"`,
	}
	for path, line := range want {
		if got[path] != line {
			t.Errorf("%s:\n got %s\nwant %s", path, got[path], line)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %d files, want %d", len(got), len(want))
	}
	blob, _, err := w.gh.Git.GetBlobRaw(w.ctx, "octo", "shop", files[0].GetSHA())
	w.must(err)
	if !strings.Contains(string(blob), "EXPOSE 81") {
		t.Errorf("blob of the Dockerfile: %q", blob)
	}
}

func TestFilesComeInPages(t *testing.T) {
	w := newWorld(t, Options{})
	many := map[string]string{}
	for i := range 230 {
		many[fmt.Sprintf("d/%03d.txt", i)] = "x\n"
	}
	p := w.openPull(many)
	opt := &github.ListOptions{PerPage: 100}
	seen, pages := 0, 0
	for {
		files, resp, err := w.gh.PullRequests.ListFiles(w.ctx, "octo", "shop", p.Number, opt)
		w.must(err)
		seen, pages = seen+len(files), pages+1
		if resp.NextPage == 0 {
			break
		}
		opt.Page = resp.NextPage
	}
	if seen != 230 || pages != 3 {
		t.Errorf("%d files in %d pages, want 230 in 3", seen, pages)
	}
}

func TestPushSynchronisesThePull(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.openPull(map[string]string{"Dockerfile": "FROM alpine\n"})
	before := p.head
	after, err := w.repo.Commit("fix", Commit{Author: "ann", Files: map[string]string{"Dockerfile": "FROM alpine:3\n"}})
	w.must(err)
	h := w.received("pull_request", "synchronize")
	if h == nil {
		t.Fatal("no synchronize was delivered")
	}
	if _, err := github.ValidatePayloadFromBody("application/json", strings.NewReader(string(h.body)),
		h.header.Get("X-Hub-Signature-256"), []byte("s3cret")); err != nil {
		t.Error(err)
	}
	ev, err := github.ParseWebHook("pull_request", h.body)
	w.must(err)
	pe := ev.(*github.PullRequestEvent)
	if pe.GetBefore() != before || pe.GetAfter() != after || pe.GetPullRequest().GetHead().GetSHA() != after ||
		pe.GetInstallation().GetID() != w.inst.ID || pe.GetRepo().GetID() != w.repo.ID {
		t.Errorf("synchronize: %+v", pe)
	}
	got, _, err := w.gh.PullRequests.Get(w.ctx, "octo", "shop", p.Number)
	w.must(err)
	if got.GetHead().GetSHA() != after || got.GetChangedFiles() != 1 {
		t.Errorf("pull: %v", got)
	}
}

func TestForkHeadIsReadThroughTheBase(t *testing.T) {
	w := newWorld(t, Options{})
	fork, err := w.repo.Fork("eve")
	w.must(err)
	sha, err := fork.Commit("topic", Commit{Files: map[string]string{"Dockerfile": "FROM busybox\n"}})
	w.must(err)
	p, err := w.repo.OpenPull(PullOptions{Head: "topic", HeadRepo: fork})
	w.must(err)
	tree, _, err := w.gh.Git.GetTree(w.ctx, "octo", "shop", sha, true)
	w.must(err)
	if len(tree.Entries) != 2 {
		t.Errorf("tree: %v", tree.Entries)
	}
	_, _, err = w.gh.Repositories.Get(w.ctx, "eve", "shop")
	w.wantStatus(err, 404)
	fork.Delete()
	got, _, err := w.gh.PullRequests.Get(w.ctx, "octo", "shop", p.Number)
	w.must(err)
	if got.Head.Repo != nil || got.GetHead().GetSHA() != sha {
		t.Errorf("head of a deleted fork: %v", got.Head)
	}
}

func TestRetargetSaysWhatChanged(t *testing.T) {
	w := newWorld(t, Options{})
	w.must(w.repo.SetBranch("release", "main"))
	p := w.openPull(map[string]string{"a": "b"})
	w.must(p.Retarget("release"))
	ev, err := github.ParseWebHook("pull_request", w.received("pull_request", "edited").body)
	w.must(err)
	pe := ev.(*github.PullRequestEvent)
	if pe.GetChanges().GetBase().GetRef().GetFrom() != "main" || pe.GetPullRequest().GetBase().GetRef() != "release" {
		t.Errorf("edited: %v", pe)
	}
}

func TestRenamedRepositoryRedirects(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.openPull(map[string]string{"a": "b"})
	w.repo.Rename("store")
	got, _, err := w.gh.PullRequests.Get(w.ctx, "octo", "shop", p.Number)
	w.must(err)
	if got.GetBase().GetRepo().GetFullName() != "octo/store" {
		t.Errorf("followed to %s", got.GetBase().GetRepo().GetFullName())
	}
}

func TestListPullsByHead(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.openPull(map[string]string{"a": "b"})
	fork, err := w.repo.Fork("eve")
	w.must(err)
	_, err = fork.Commit("fix", Commit{Files: map[string]string{"a": "c"}})
	w.must(err)
	forked, err := w.repo.OpenPull(PullOptions{Head: "fix", HeadRepo: fork})
	w.must(err)
	closed, err := w.repo.OpenPull(PullOptions{Head: "fix", Base: "main"})
	w.must(err)
	closed.Close()
	for _, c := range []struct {
		opt  github.PullRequestListOptions
		want []int
	}{
		{github.PullRequestListOptions{}, []int{forked.Number, p.Number}},
		{github.PullRequestListOptions{Head: "octo:fix"}, []int{p.Number}},
		{github.PullRequestListOptions{Head: "eve:fix"}, []int{forked.Number}},
		{github.PullRequestListOptions{State: "closed"}, []int{closed.Number}},
		{github.PullRequestListOptions{State: "all", Direction: "asc"}, []int{p.Number, forked.Number, closed.Number}},
		{github.PullRequestListOptions{Base: "other"}, nil},
	} {
		list, _, err := w.gh.PullRequests.List(w.ctx, "octo", "shop", &c.opt)
		w.must(err)
		var got []int
		for _, one := range list {
			got = append(got, one.GetNumber())
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%+v: %v, want %v", c.opt, got, c.want)
		}
	}
}
