package ecosystem

import (
	"path"
	"regexp"
	"strings"
)

var (
	solutionProject  = regexp.MustCompile(`(?m)^Project\("[^"]*"\)\s*=\s*"[^"]*",\s*"([^"]+\.[a-z]+proj)"`)
	solutionXML      = regexp.MustCompile(`<Project\s[^>]*?Path\s*=\s*"([^"]+)"`) // of a .slnx
	projectReference = regexp.MustCompile(`<ProjectReference\s[^>]*?Include\s*=\s*"([^"]+)"`)
	msbuildFiles     = regexp.MustCompile(`\[System\.IO\.(?:File|Directory)\]|\[MSBuild\]::Get(?:PathOfFile|DirectoryNameOfFile)Above`)
	packageSources   = regexp.MustCompile(`(?s)<packageSources>.*?</packageSources>`)
	localFeed        = regexp.MustCompile(`<add\s[^>]*?\bvalue\s*=\s*"(?:[^":%]*|[A-Za-z]:[^"]*|file:[^"]*)"`)
	msbuildImport    = regexp.MustCompile(`<Import\s[^>]*?Project\s*=\s*"([^"]+)"`)
)

// beside are the files that MSBuild and NuGet look for in a project's folder and in those above it
// (https://learn.microsoft.com/visualstudio/msbuild/customize-by-directory).
var beside = []string{"Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "nuget.config",
	"NuGet.Config", "NuGet.config", "global.json"}

// maxProjects bounds the projects that are followed.
const maxProjects = 200

// dotnetProjects reads a project or solution and the projects that it refers to.
func dotnetProjects(r Reader, c Call) []Need {
	w := dotnetWalk{r: r, seen: map[string]bool{c.File: true}}
	queue := []string{c.File}
	for len(queue) > 0 && len(w.seen) < maxProjects {
		file := queue[0]
		queue = queue[1:]
		data, ok := r.Read(file)
		if !ok {
			return []Need{{Reason: "%s could not be read", Word: file}}
		}
		if m := msbuildImport.FindSubmatch(data); m != nil {
			return []Need{{Reason: "%s imports further files", Word: path.Base(file)}}
		}
		if msbuildFiles.Match(data) {
			return []Need{{Reason: "%s reads further files", Word: path.Base(file)}}
		}
		for _, ref := range projectsOf(file, data) {
			if strings.ContainsAny(ref, "$*") {
				return []Need{{Reason: "%s refers to projects by a variable", Word: path.Base(file)}}
			}
			next := path.Join(path.Dir(file), ref)
			if w.file(next) {
				queue = append(queue, next)
			}
		}
		if need, ok := w.around(path.Dir(file)); !ok {
			return []Need{need}
		}
	}
	return w.needs
}

// projectsOf returns the projects that a project or solution names, as it writes their paths but with slashes.
func projectsOf(file string, data []byte) (refs []string) {
	names := append(solutionProject.FindAllSubmatch(data, -1), projectReference.FindAllSubmatch(data, -1)...)
	if path.Ext(file) == ".slnx" {
		names = solutionXML.FindAllSubmatch(data, -1)
	}
	for _, m := range names {
		refs = append(refs, strings.ReplaceAll(string(m[1]), `\`, "/"))
	}
	return refs
}

// dotnetWalk gathers the files of a walk over projects.
type dotnetWalk struct {
	r     Reader
	seen  map[string]bool
	needs []Need
}

// file takes a file in, and reports whether it is a new one.
func (w *dotnetWalk) file(name string) bool {
	if w.seen[name] {
		return false
	}
	w.seen[name] = true
	w.needs = append(w.needs, Need{File: name})
	return true
}

// around takes in what is beside a project and in the folders above it.
func (w *dotnetWalk) around(dir string) (Need, bool) {
	if lock := path.Join(dir, "packages.lock.json"); w.r.Exists(lock) {
		w.file(lock)
	}
	for range 10 {
		for _, name := range beside {
			p := path.Join(dir, name)
			if w.seen[p] || !w.r.Exists(p) {
				continue
			}
			data, ok := w.r.Read(p)
			switch settings := strings.EqualFold(name, "nuget.config"); {
			case ok && (msbuildImport.Match(data) || msbuildFiles.Match(data)),
				!ok && strings.HasPrefix(name, "Directory."):
				return Need{Reason: "%s imports further files", Word: name}, false
			case settings && (!ok || localFeed.Match(packageSources.Find(data))):
				return Need{Reason: "%s may take packages from a directory", Word: name}, false
			}
			w.file(p)
		}
		dir = path.Join(dir, "..")
	}
	return Need{}, true
}

// msbuildFile makes the file one that is read; dotnetProjects interprets it.
func msbuildFile(Reader, Call) []Need { return nil }
