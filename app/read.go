package app

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/builds"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ruleset"
)

// What is read of one pull request.
const (
	maxDockerfiles = 200      // more are named and not reviewed
	maxSources     = 32 << 20 // bytes of all Dockerfiles together; nor are those beyond
)

// read fetches the Dockerfiles that the pull request touches, and what rules have to know about the files around them.
func (r *reviewer) read(ctx context.Context) error {
	r.pull = review.Pull{
		Head: r.snap.Head, Changes: map[string]review.Change{}, Renamed: map[string]string{},
		FilesTruncated: r.snap.Truncated, TreeTruncated: r.snap.Tree.Partial,
		Draft: r.snap.Draft && r.policy.Drafts != config.DraftsReview,
	}
	touched, likely := r.touched(), r.likely()
	r.config()
	others := r.others(touched)
	now, old := r.wants(slices.Concat(touched, likely), others)
	if err := r.load(ctx, now, old); err != nil {
		return err
	}
	changed, left := r.nameByBuilds(likely, maxDockerfiles-len(touched)-len(others))
	r.gone()
	if err := r.load(ctx, wantDockerfiles(left), wantDockerfiles(left)); err != nil {
		return err
	}
	touched, others = append(touched, changed...), append(others, left...)
	for _, f := range touched {
		r.add(f, r.blobs[f.Path])
	}
	if b, ok := r.blobs[r.pull.ConfigChanged]; ok {
		r.pull.ConfigProblems = r.problems(b)
	}
	return r.addAffected(ctx, others)
}

// load reads files of the head and of the base, but for those that were read before.
func (r *reviewer) load(ctx context.Context, now, old []github.Want) error {
	for _, w := range old { // the base is made of what the head has of it
		if w.Path, _ = r.snap.Since(w.Path); w.Path != "" {
			now = append(now, w)
		}
	}
	now = slices.DeleteFunc(now, func(w github.Want) bool { _, read := r.blobs[w.Path]; return read })
	if len(now) > 0 {
		blobs, err := r.snap.Read(ctx, now)
		if err != nil {
			return err
		}
		maps.Copy(r.blobs, blobs)
		keep(blobs, &r.snap.Tree)
	}
	old = slices.DeleteFunc(old, func(w github.Want) bool { _, read := r.snap.Before.Contents[w.Path]; return read })
	before, err := r.snap.ReadBefore(ctx, old, r.blobs)
	if err != nil {
		return err
	}
	keep(before, &r.snap.Before)
	r.now = ruleset.State(r.budget, &r.snap.Tree, r.policy.Repo, r.policy.Path)
	r.before = ruleset.State(r.budget, &r.snap.Before, r.policy.Repo, r.policy.Path)
	return nil
}

// keep puts what was read into the tree that rules see.
func keep(blobs map[string]github.Blob, into *buildcontext.Tree) {
	for p, b := range blobs {
		if b.Skipped == "" {
			into.Contents[p] = b.Source
		}
	}
}

// problems are what is wrong with the configuration as the pull request has it, each on a line that is there: what is
// missing at the end of a file is found missing on the line after it.
func (r *reviewer) problems(b github.Blob) []config.Problem {
	if b.Skipped != "" {
		return []config.Problem{{Line: 1, Format: "the file is " + b.Skipped + ", which dfbot does not read"}}
	}
	_, all := config.ParseFile(r.pull.ConfigChanged, b.Source, r.app.rules)
	last := max(1, bytes.Count(bytes.TrimSuffix(b.Source, []byte("\n")), []byte("\n"))+1)
	for i := range all {
		all[i].Line = min(all[i].Line, last)
	}
	return all
}

// touched lists the Dockerfiles that the pull request leaves changed, and notes those that it takes away.
func (r *reviewer) touched() []github.File {
	var touched []github.File
	all := config.Repo{Files: config.Files{Include: r.policy.Files.Include}} // that nothing is excluded of
	for _, f := range r.snap.Files {
		if f.Status == "renamed" && r.policy.IsDockerfile(f.Previous) {
			r.pull.Removed = append(r.pull.Removed, f.Previous)
			r.pull.Renamed[f.Previous] = f.Path
		}
		switch {
		case !r.policy.IsDockerfile(f.Path):
			if f.Status != "removed" && all.IsDockerfile(f.Path) {
				r.pull.Excluded++
			}
		case f.Status == "removed":
			r.pull.Removed = append(r.pull.Removed, f.Path)
		case len(touched) == maxDockerfiles:
			r.unread(f.Path, fmt.Sprintf("dfbot reviews at most %d Dockerfiles in a pull request", maxDockerfiles))
		default:
			if !r.fits(f.Path) {
				r.unread(f.Path, fmt.Sprintf("the Dockerfiles that the pull request changes are larger than %d MiB "+
					"in total", maxSources>>20))
				continue
			}
			touched = append(touched, f)
		}
	}
	return touched
}

// fits reports whether there is room for one more Dockerfile among the bytes that are read, and takes it.
func (r *reviewer) fits(path string) bool {
	_, bytes := r.snap.Blob(path)
	r.size += min(bytes, dockerfile.MaxSize)
	return r.size <= maxSources
}

// config notes what the merge will do to the configuration, which is the first of its paths that is there. Of those
// that the pull request leaves alone, none before the one in force is on the base branch; those after it are taken to
// be there if the head has them.
func (r *reviewer) config() {
	before, after, reached := r.policy.Path, "", false
	for _, p := range config.Paths {
		there, touched := r.leaves(p)
		if p == before {
			reached = true
			if touched && !there {
				r.pull.ConfigGone = p
			}
		}
		if there && (touched || reached) && after == "" {
			after = p
			if touched || p != before {
				r.pull.ConfigChanged = p
			}
		}
	}
}

// leaves reports whether the pull request leaves a file at the path, and whether it is what puts it there or takes it
// away.
func (r *reviewer) leaves(path string) (there, touched bool) {
	for _, f := range r.snap.Files {
		switch {
		case f.Path == path:
			return f.Status != "removed", true
		case f.Status == "renamed" && f.Previous == path:
			touched = true
		}
	}
	return !touched && (path == r.policy.Path || r.there(path)), touched
}

// gone records files with earlier comments that are not reviewed any more: this pull request no longer changes them, or
// the configuration excludes them. If GitHub lists only some of the changed files, the former is known only of files
// that do not exist any more.
func (r *reviewer) gone() {
	for _, said := range r.snap.Prior.Comments {
		switch {
		case said.Path == "" || slices.Contains(r.pull.Removed, said.Path):
		case r.untouched(said.Path):
			r.pull.Left = append(r.pull.Left, said.Path)
		case !r.isDockerfile(said.Path) && builds.KindOf(said.Path) == builds.NoKind:
			r.pull.LeftOut = append(r.pull.LeftOut, said.Path)
		}
	}
}

// untouched reports whether the pull request does not change the file at the path.
func (r *reviewer) untouched(path string) bool {
	if r.snap.Truncated {
		return !r.there(path) && !r.snap.Tree.Partial
	}
	return !slices.ContainsFunc(r.snap.Files, func(f github.File) bool { return f.Path == path })
}

// there reports whether the head has the file, as far as is known.
func (r *reviewer) there(path string) bool {
	_, found := slices.BinarySearch(r.snap.Tree.Paths, path)
	return found
}

func (r *reviewer) unread(path, reason string) {
	r.pull.Unread = append(r.pull.Unread, review.Unread{Path: path, Reason: reason})
}

// wants lists the files to be read of the head and of the base: the Dockerfiles, what rules ask for around those that
// the pull request changes, and what says which files the builds of others see. All that rules ask for around those is
// read too, unless it takes another query or no rule can see a change.
func (r *reviewer) wants(touched []github.File, others []string) (now, old []github.Want) {
	var paths, before []string
	for _, f := range touched {
		paths = append(paths, f.Path)
		if !r.isNew(f) {
			before = append(before, oldPath(f))
		}
	}
	now, old = wantDockerfiles(slices.Concat(paths, others)), wantDockerfiles(slices.Concat(before, others))
	if r.pull.ConfigChanged != "" {
		now = append(now, github.Want{Path: r.pull.ConfigChanged, Max: config.MaxSize})
	}
	files, gap := r.head().Files(slices.Concat(paths, others))
	was, _ := r.base().Files(slices.Concat(before, others))
	if len(others) > 0 && (len(now)+len(files) > github.OneQuery || !r.visible(files, was)) {
		files, gap = r.around(r.head(), paths, others)
		was, _ = r.around(r.base(), before, others)
	}
	r.gap(gap)
	if len(paths)+len(others) == 0 {
		files, was = r.builders()
	}
	return append(now, wantFiles(files)...), append(old, wantFiles(was)...)
}

// builders lists what may define the builds of the Dockerfiles that the pull request takes away, or hold Dockerfiles.
func (r *reviewer) builders() (now, old []ruleset.File) {
	now, old = r.head().Definitions(r.pull.Removed), r.base().Definitions(r.pull.Removed)
	if len(r.pull.Removed) == 0 && !r.snap.Tree.Partial {
		var near []string
		for _, f := range r.snap.Files {
			near = append(near, f.Path)
		}
		now, old = r.head().Holders(near), r.base().Holders(near)
	}
	return now, old
}

// around lists what rules ask for around Dockerfiles, and what says which files the builds of others see.
func (r *reviewer) around(tree *ruleset.Tree, dockerfiles, others []string) (files []ruleset.File, gap string) {
	files, gap = tree.Files(dockerfiles)
	of, more := tree.ContextFiles(others)
	return append(files, of...), cmp.Or(gap, more)
}

func (r *reviewer) head() *ruleset.Tree {
	return &ruleset.Tree{Paths: r.snap.Tree.Paths, Blob: r.snap.Blob}
}

func (r *reviewer) base() *ruleset.Tree {
	return &ruleset.Tree{Paths: r.snap.Before.Paths, Blob: r.snap.BlobBefore}
}

func wantDockerfiles(paths []string) (wants []github.Want) {
	for _, p := range paths {
		wants = append(wants, github.Want{Path: p, Max: dockerfile.MaxSize})
	}
	return wants
}

func wantFiles(files []ruleset.File) (wants []github.Want) {
	for _, f := range files {
		wants = append(wants, github.Want{Path: f.Path, Max: f.Max})
	}
	return wants
}

// add adds a Dockerfile to those to be reviewed, with what the pull request does to it.
func (r *reviewer) add(f github.File, b github.Blob) {
	switch {
	case b.Skipped != "":
		r.unread(f.Path, b.Skipped)
		return
	case r.policy.Doubtful(f.Path) && !dockerfile.Begins(b.Source):
		return
	}
	patch, _ := f.WholePatch()
	change := review.Change{Added: r.isNew(f), Patch: patch}
	if _, known := r.snap.Before.Contents[oldPath(f)]; !known && !change.Added {
		r.gap("GitHub shows no patch for a changed Dockerfile, so it is unknown which of its findings are new")
	}
	r.pull.Changes[f.Path] = change
	of := source{path: f.Path, src: b.Source}
	if !change.Added {
		of.was = oldPath(f)
	}
	r.sources = append(r.sources, of)
}

// gap records once why not everything is reviewed; nothing where there is no reason.
func (r *reviewer) gap(sentence string) {
	if sentence != "" && !slices.Contains(r.pull.Gaps, sentence) {
		r.pull.Gaps = append(r.pull.Gaps, sentence)
	}
}

// isNew reports whether all of the Dockerfile is the pull request's own: there was no file, or one that did not count
// as a Dockerfile.
func (r *reviewer) isNew(f github.File) bool {
	return f.Status == "added" || f.Status == "copied" || f.Status == "renamed" && !r.isDockerfile(f.Previous)
}

// oldPath is where the file was before the pull request.
func oldPath(f github.File) string { return cmp.Or(f.Previous, f.Path) }
