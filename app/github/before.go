package github

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/diff"
)

// The base of a pull request is what GitHub's own diff begins with: the commit where it left its base branch. Its paths
// and texts are worked out from those of the head and from GitHub's patches, which costs no call.

// WholePatch reads GitHub's patch of a file, and reports whether with it everything is known that the pull request
// changes there. GitHub leaves out the patches of files with large changes, of large pull requests and of what it or
// .gitattributes takes for binary. Of that it counts no changed lines, so that a file that was moved and changed looks
// like one that was only moved: that nothing changed is known of a blob, never of a missing patch.
func (f File) WholePatch() (patch diff.Patch, whole bool) {
	patch, err := diff.ParsePatch(f.Patch)
	return patch, err == nil && f.Patch != "" && lines(patch) == f.Changes
}

// lines counts the lines that a patch adds and takes away.
func lines(p diff.Patch) int {
	n := 0
	for _, h := range p.Hunks {
		for _, l := range h.Lines {
			if l.Op != diff.Context {
				n++
			}
		}
	}
	return n
}

// takeBack makes the tree of the base of the head's: without what the pull request adds, and with what it takes away.
func (s *Snapshot) takeBack() {
	added, taken, renamed := map[string]bool{}, map[string]bool{}, map[string]string{}
	s.changed = map[string]File{}
	for _, f := range s.Files {
		switch f.Status {
		case "removed":
			taken[f.Path] = true
			s.changed[f.Path] = f
		case "renamed":
			added[f.Path], taken[f.Previous] = true, true
			renamed[f.Previous] = f.Path
			s.changed[f.Previous] = f
		case "added", "copied":
			added[f.Path] = true
		default:
			s.changed[f.Path] = f
		}
	}
	s.Before = buildcontext.Tree{Partial: s.Tree.Partial || s.Truncated, Contents: map[string][]byte{}}
	for _, p := range s.Tree.Paths {
		if !added[p] || taken[p] {
			s.Before.Paths = append(s.Before.Paths, p)
			delete(taken, p)
		}
	}
	for p := range taken {
		s.Before.Paths = append(s.Before.Paths, p)
	}
	slices.Sort(s.Before.Paths)
	s.Before.Stat, s.Before.Renamed = s.statBefore, renamed
}

// statBefore knows the mode and size of a file of the base that the pull request leaves alone. Of others GitHub's list
// of changes tells neither; they are known where the tree of the base had to be read.
func (s *Snapshot) statBefore(path string) (buildcontext.Mode, int) {
	if _, changed := s.changed[path]; changed {
		e := s.entriesBefore[path]
		return buildcontext.ModeOf(e.mode), e.size
	}
	return s.Tree.Stat(path)
}

// BlobBefore is Blob for the base, as far as it is known: of files that the pull request leaves alone or takes away.
func (s *Snapshot) BlobBefore(path string) (name string, size int) {
	f, changed := s.changed[path]
	switch {
	case !changed:
		return s.Blob(path)
	case f.Status == "removed":
		return f.Blob, 0
	}
	return "", 0
}

// Since is where the head has a file of the base, and whether the pull request has changed it there; the path is empty
// where it takes the file away.
func (s *Snapshot) Since(before string) (path string, changed bool) {
	f, changed := s.changed[before]
	switch {
	case !changed:
		return before, false
	case f.Status == "removed":
		return "", true
	}
	return f.Path, true
}

// ReadBefore reads files as they were on the base. The head's are those that were read there: with the patch taken back
// they cost no call. Where GitHub shows no whole patch, the old files are read themselves, or left out if GitHub does
// not compare the two. Not in the answer are files that were not there, that a tree cut off does not show, or of which
// the present content was not read.
func (s *Snapshot) ReadBefore(ctx context.Context, wants []Want, head map[string]Blob) (map[string]Blob, error) {
	found, rest := s.takenBack(wants, head)
	if len(rest) == 0 {
		return found, nil
	}
	read, err := s.readBase(ctx, rest)
	if err != nil {
		return nil, fmt.Errorf("compare %s with %s: %w", s.Ref, s.BaseRef, err)
	}
	for p, b := range read {
		if b.Known {
			at, _ := s.Since(p)
			b = head[at]
		}
		found[p] = b
	}
	return found, nil
}

// takenBack is what the head and the patches give of the files, and those of which they do not tell.
func (s *Snapshot) takenBack(wants []Want, head map[string]Blob) (found map[string]Blob, rest []Want) {
	found = map[string]Blob{}
	for _, w := range wants {
		b, known := s.backwards(w.Path, head)
		switch {
		case b.Skipped != "":
		case known:
			found[w.Path] = blob(b.Source, w.Max)
		default:
			rest = append(rest, w)
		}
	}
	return found, rest
}

// backwards is the content of a file on the base as far as the head and the patches give it. It is skipped where the
// head's content is needed for it, and was not read.
func (s *Snapshot) backwards(path string, head map[string]Blob) (b Blob, known bool) {
	at, changed := s.Since(path)
	now, read := head[at]
	switch {
	case at == "":
	case !read:
		return Blob{Skipped: "not read"}, false
	case now.Skipped != "" || !changed:
		return now, true
	}
	f := s.changed[path]
	patch, whole := f.WholePatch()
	if !whole {
		return Blob{}, false
	}
	source, ok := patch.Reverse(now.Source)
	if at == "" && gitHash(source) != f.Blob {
		return Blob{}, false
	}
	return Blob{Source: source}, ok
}

// readBase reads files of the base itself.
func (s *Snapshot) readBase(ctx context.Context, wants []Want) (map[string]Blob, error) {
	// Any page but the first is without the files and their patches.
	compared, _, err := s.in.rest.Repositories.CompareCommits(ctx, s.Owner, s.Name, s.BaseRef, s.Head,
		&github.ListOptions{Page: 2, PerPage: 1})
	err = typed(err)
	if missing(err) || errors.As(err, new(job.GiveUp)) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	tree, err := s.in.tree(ctx, s.Ref, compared.GetMergeBaseCommit().GetSHA())
	if err != nil {
		return nil, typed(err)
	}
	before := s.in.newSnapshot(s.Ref)
	before.keepFiles(tree)
	s.entriesBefore = before.entries
	for i, w := range wants {
		if at, _ := s.Since(w.Path); at != "" {
			wants[i].Known, _ = s.Blob(at)
		}
	}
	return before.Read(ctx, wants)
}
