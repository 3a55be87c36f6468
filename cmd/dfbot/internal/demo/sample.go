package demo

import (
	_ "embed"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/app/github/githubtest"
)

// sampleText is the sample. Its comment is the pull request's title and body, base/ and head/ are the
// files of the two branches, expect says what must be on the pull request when the bot is done.
//
//go:embed sample.txtar
var sampleText []byte

const (
	sampleOwner  = "acme"
	sampleName   = "parcels"
	sampleHead   = "images"
	sampleAuthor = "ada"
	sampleCommit = "Build every service as an image"
)

// section gives the files of the sample below a folder. A name may end in a mode, as in "run.sh:100755".
func section(folder string) map[string]githubtest.File {
	files := map[string]githubtest.File{}
	for _, f := range txtar.Parse(sampleText).Files {
		if path, ok := strings.CutPrefix(f.Name, folder+"/"); ok {
			path, mode, _ := strings.Cut(path, ":")
			files[path] = githubtest.File{Content: string(f.Data), Mode: mode}
		}
	}
	return files
}

// sampleExpectation lists what must be on the sample, a line for each thing.
func sampleExpectation() []string {
	for _, f := range txtar.Parse(sampleText).Files {
		if f.Name == "expect" {
			return strings.Split(strings.TrimSpace(string(f.Data)), "\n")
		}
	}
	return nil
}

func sampleOpening() githubtest.PullOptions {
	title, body, _ := strings.Cut(string(txtar.Parse(sampleText).Comment), "\n")
	return githubtest.PullOptions{Head: sampleHead, Title: title, Body: strings.TrimSpace(body), Author: sampleAuthor}
}

// openSample puts the sample on the stand-in.
func (w *World) openSample() (err error) {
	if w.repo, err = w.srv.CreateRepo(sampleOwner, sampleName, nil); err != nil {
		return err
	}
	if _, err = w.repo.Commit("main", githubtest.Commit{Entries: section("base")}); err != nil {
		return err
	}
	_, err = w.repo.Commit(sampleHead, githubtest.Commit{Message: sampleCommit, Author: sampleAuthor,
		Entries: section("head")})
	return err
}

// owner is the account that the App is installed on.
func (w *World) owner() string {
	if w.Own != nil {
		return ownOwner
	}
	return sampleOwner
}
