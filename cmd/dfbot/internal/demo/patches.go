package demo

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/dfbot/dfbot/app/github/githubtest"
)

// patchesIn gives the patches that a check run's summary shows.
func patchesIn(summary string) []string { return fences(summary, "diff") }

// patched gives the files that the patches change, with the patches applied to the head.
func (w *World) patched(state githubtest.PullState, patches []string) (map[string]githubtest.File, error) {
	var files []*gitdiff.File
	for _, patch := range patches {
		some, _, err := gitdiff.Parse(strings.NewReader(patch))
		if err != nil {
			return nil, err
		}
		files = append(files, some...)
	}
	if len(files) == 0 {
		return nil, errors.New("the check run has none")
	}
	// All are made for the same text, that with the suggestions applied: from the bottom up, none moves the lines of
	// the next.
	slices.SortStableFunc(files, func(x, y *gitdiff.File) int { return int(firstLine(y) - firstLine(x)) })
	now := map[string]githubtest.File{}
	for _, f := range files {
		path := strings.TrimPrefix(f.NewName, "b/") // as git apply's -p1
		before, ok := now[path]
		if !ok {
			src, err := w.repo.ReadFile(state.Head, path)
			if err != nil {
				return nil, err
			}
			before = githubtest.File{Content: string(src), Mode: modeOf(state, path)}
		}
		var after bytes.Buffer
		if err := gitdiff.Apply(&after, strings.NewReader(before.Content), f); err != nil {
			return nil, fmt.Errorf("%s: %w; apply the suggestions first, as the check run says", path, err)
		}
		now[path] = githubtest.File{Content: after.String(), Mode: before.Mode}
	}
	return now, nil
}

// firstLine is the 1-based line at which a patch begins.
func firstLine(f *gitdiff.File) int64 {
	if len(f.TextFragments) == 0 {
		return 0
	}
	return f.TextFragments[0].OldPosition
}

func modeOf(state githubtest.PullState, path string) string {
	for _, f := range state.Files {
		if f.Path == path {
			return f.Mode
		}
	}
	return ""
}
