package ruleset

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/builds"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/work"
)

// Limits on the files that are read to find out how images are built.
const (
	maxDefinitions     = 24       // compose files, bake files and workflows
	maxBuildScripts    = 8        // Makefiles and shell scripts
	maxBuildScript     = 16 << 10 // bytes of one
	maxDefinitionBytes = 1 << 20  // of all together
)

// State finds out how the repository builds its images, from the contents that the tree has and from the configuration
// at the path, and notes in the tree the contexts of the Dockerfiles, the named ones too. It charges the budget.
func State(budget *work.Budget, tree *buildcontext.Tree, repo config.Repo, path string) []builds.Build {
	found, _ := builds.Find(budget, tree.Paths, func(p string) ([]byte, bool) {
		src, ok := tree.Contents[p]
		return src, ok
	})
	found = append(builds.Configured(path, repo.Builds), found...)
	all := WithInlines(found)
	tree.Stated, tree.Targets = builds.Contexts(all), builds.Targets(all)
	tree.Named = builds.Named(all)
	return found
}

// Definitions lists the files that may say how images are built, within the limits.
func (t *Tree) Definitions(dockerfiles []string) (files []File) {
	if len(dockerfiles) == 0 {
		return nil
	}
	left := map[bool]int{false: maxDefinitions, true: maxBuildScripts} // by whether it is a script
	size := 0
	for _, d := range t.likeliestDefinitions(dockerfiles) {
		_, bytes := t.Blob(d.path)
		script, most := d.kind == builds.Makefile || d.kind == builds.Script, builds.MaxSize
		if script {
			most = maxBuildScript
		}
		if bytes <= most && left[script] > 0 && size+bytes <= maxDefinitionBytes {
			left[script]--
			size += bytes
			files = append(files, File{d.path, most})
		}
	}
	return append(files, t.environments(files)...)
}

// Holders lists what says how images are built where no file is a Dockerfile: the compose and bake files nearest to
// some paths, since they may hold Dockerfiles, and what rules ask for around those.
func (t *Tree) Holders(near []string) []File {
	var all []string
	for _, p := range t.Paths {
		if kind := builds.KindOf(p); kind == builds.Compose || kind == builds.Bake {
			all = append(all, p)
		}
	}
	all = ecosystem.Closest(all, near)
	files, _ := t.Files(all[:min(len(all), maxDefinitions)])
	return files
}

// likeliestDefinitions lists the files that may say how images are built, the likeliest and nearest first.
func (t *Tree) likeliestDefinitions(dockerfiles []string) (all []definition) {
	var paths []string
	for _, p := range t.Paths {
		if builds.KindOf(p) != builds.NoKind {
			paths = append(paths, p)
		}
	}
	for _, p := range ecosystem.Closest(paths, dockerfiles) {
		kind := builds.KindOf(p)
		all = append(all, definition{p, kind, likelihood(p, kind)})
	}
	slices.SortStableFunc(all, func(x, y definition) int { return cmp.Compare(x.class, y.class) })
	return all
}

// definition is a file that may say how images are built.
type definition struct {
	path  string
	kind  builds.Kind
	class int // how likely it does, the likeliest first
}

// aboutImages matches the names of workflows and scripts that build images, most of the time.
var aboutImages = regexp.MustCompile(`(?i)docker|image|container|build|publish|release|deploy|push|\bci\b`)

// likelihood orders files by how likely they say how an image is built.
func likelihood(p string, kind builds.Kind) int {
	switch {
	case kind == builds.Compose || kind == builds.Bake:
		return min(strings.Count(p, "/"), 1) // in the root, they may be about all others
	case kind == builds.Workflow && aboutImages.MatchString(path.Base(p)):
		return 2
	case kind == builds.Makefile && !strings.HasSuffix(p, ".mk"), aboutImages.MatchString(p):
		return 3
	}
	return 4
}

// environments are the .env files beside the compose files among the files.
func (t *Tree) environments(files []File) (all []File) {
	for _, f := range files {
		p := path.Join(path.Dir(f.Path), ".env")
		env := File{p, builds.MaxSize}
		if builds.KindOf(f.Path) == builds.Compose && t.has(p) && !slices.Contains(all, env) {
			all = append(all, env)
		}
	}
	return all
}
