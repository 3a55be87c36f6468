package ruleset

import (
	"fmt"
	"path"
	"regexp"
	"slices"

	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/ecosystem"
)

// Limits on what is read besides the Dockerfiles.
const (
	maxIgnoreFile  = 256 << 10 // bytes
	maxIgnoreFiles = 200       // in all folders above the Dockerfiles, or moreIgnoreFiles for each of many Dockerfiles
	maxIgnoreBytes = 8 << 20   // of all ignore files together, each content counted once

	moreIgnoreFiles = 4
	maxBeside       = 8 // ignore files in other folders

	maxManifest      = 64 << 10 // bytes
	maxManifests     = 40       // for each Dockerfile, so that one query reads all that a small pull request needs
	mostManifests    = 1000     // in all
	maxManifestBytes = 16 << 20 // of all manifests together

	maxLock      = 512_000 // bytes, as much as one query reads of a file
	maxLocks     = 4       // for each Dockerfile
	mostLocks    = 100     // in all
	maxLockBytes = 4 << 20 // of all lock files together

	maxScript   = 16 << 10 // bytes
	maxScripts  = 5        // for each Dockerfile
	mostScripts = 100      // in all
)

// File is a file to read, if it has at most Max bytes.
type File struct {
	Path string
	Max  int
}

// Tree is a repository of which no file has been read yet.
type Tree struct {
	Paths []string // of all files, sorted
	// Blob returns the size of a file in bytes, and a name that files with the same content share.
	Blob func(path string) (name string, size int)
}

func (t *Tree) has(path string) bool {
	_, ok := slices.BinarySearch(t.Paths, path)
	return ok
}

// Files lists what the rules may ask for besides the Dockerfiles themselves: first the ContextFiles, then the
// manifests, the scripts to start and the .gitignore files that are nearest to a Dockerfile. The gap is one sentence if
// some ignore files are left out, and otherwise empty; others that are left out are unknown to the rules, as if nothing
// were known of their contents.
func (t *Tree) Files(dockerfiles []string) (files []File, gap string) {
	files, gap = t.ContextFiles(dockerfiles)
	files = append(files, t.nearest(dockerfiles, ecosystem.Wanted, maxManifest, maxManifestBytes,
		min(maxManifests*len(dockerfiles), mostManifests))...)
	files = append(files, t.nearest(dockerfiles, ecosystem.Locked, maxLock, maxLockBytes,
		min(maxLocks*len(dockerfiles), mostLocks))...)
	files = append(files, t.nearest(dockerfiles, starts, maxScript, maxManifestBytes,
		min(maxScripts*len(dockerfiles), mostScripts))...)
	files = append(files, t.nearest(dockerfiles, ofGit, maxManifest, maxManifestBytes,
		min(maxScripts*len(dockerfiles), mostScripts))...)
	return once(files), gap
}

// once leaves of the files with the same path the first.
func once(files []File) (all []File) {
	seen := map[string]bool{}
	for _, f := range files {
		if !seen[f.Path] {
			seen[f.Path] = true
			all = append(all, f)
		}
	}
	return all
}

// nearest lists the wanted files nearest to a Dockerfile, at most so many, of at most so many bytes each, and of at
// most so many together.
func (t *Tree) nearest(dockerfiles []string, wanted func(string) bool, bytes, together, most int) (files []File) {
	size := 0
	for _, p := range ecosystem.Nearest(t.Paths, dockerfiles, most, wanted) {
		_, n := t.Blob(p)
		if n > bytes {
			continue
		}
		if size += n; size > together {
			break
		}
		files = append(files, File{p, bytes})
	}
	return files
}

// script is what people call the scripts that a container or a build starts.
var script = regexp.MustCompile(
	`(?i)entrypoint|^(docker[-_.]?)?(entry|start|run|init|boot|launch|serve|cmd|build|set-?up|install|prepare|` +
		`provision|conf)[\w.-]*\.sh$`)

// starts reports whether the file is likely to be a script that a container or a build starts.
func starts(p string) bool {
	base := path.Base(p)
	return script.MatchString(base) && (path.Ext(base) == ".sh" || path.Ext(base) == "")
}

// ofGit reports whether the file says what git leaves alone, which may be made before each build.
func ofGit(p string) bool { return path.Base(p) == ".gitignore" }

// ContextFiles lists what says which files a build sees: the ignore files, and the files that define builds. The gap is
// the one of Files.
func (t *Tree) ContextFiles(dockerfiles []string) (files []File, gap string) {
	if files, gap = t.ignoreFiles(dockerfiles); gap == "" {
		files = append(files, t.ignoreFilesBeside(files, dockerfiles)...)
	}
	return append(files, t.Definitions(dockerfiles)...), gap
}

// ignoreFilesBeside lists the nearest of the ignore files that are not among those above the Dockerfiles: builds may
// start in their folders.
func (t *Tree) ignoreFilesBeside(above []File, dockerfiles []string) (files []File) {
	if len(dockerfiles) == 0 {
		return nil
	}
	var beside []string
	for _, p := range t.Paths {
		if path.Base(p) == ".dockerignore" && !slices.Contains(above, File{p, maxIgnoreFile}) {
			beside = append(beside, p)
		}
	}
	for _, p := range ecosystem.Closest(beside, dockerfiles)[:min(len(beside), maxBeside)] {
		if _, bytes := t.Blob(p); bytes <= maxIgnoreFile {
			files = append(files, File{p, maxIgnoreFile})
		}
	}
	return files
}

// ignoreFiles lists the ignore files within the limits, those first that most likely apply to a Dockerfile.
func (t *Tree) ignoreFiles(dockerfiles []string) (files []File, gap string) {
	most := max(maxIgnoreFiles, moreIgnoreFiles*len(dockerfiles))
	counted, size := map[string]bool{}, 0
	for _, p := range t.likeliestFirst(dockerfiles) {
		name, bytes := t.Blob(p)
		if !counted[name] {
			size += min(bytes, maxIgnoreFile)
			counted[name] = true
		}
		if len(files) == most || size > maxIgnoreBytes {
			return files, fmt.Sprintf("dfbot reads at most %d ignore files and %d MiB of them: "+
				"there are more above the Dockerfiles", most, maxIgnoreBytes>>20)
		}
		files = append(files, File{p, maxIgnoreFile})
	}
	return files, ""
}

// likeliestFirst lists the ignore files above the Dockerfiles, each once: the likeliest of every Dockerfile, then the
// second of every Dockerfile, and so on.
func (t *Tree) likeliestFirst(dockerfiles []string) []string {
	var each [][]string
	longest := 0
	for _, p := range dockerfiles {
		all := slices.DeleteFunc(buildcontext.IgnoreFiles(p), func(p string) bool { return !t.has(p) })
		if last := len(all) - 1; last > 2 { // the root is where most contexts start
			all = slices.Insert(all[:last], 2, all[last])
		}
		each, longest = append(each, all), max(longest, len(all))
	}
	var files []string
	seen := map[string]bool{}
	for n := range longest {
		for _, all := range each {
			if n < len(all) && !seen[all[n]] {
				seen[all[n]] = true
				files = append(files, all[n])
			}
		}
	}
	return files
}
