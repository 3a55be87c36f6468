package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// unwanted is a kind of file that an image should not get from the context.
type unwanted struct {
	line   string // of an ignore file, that hides files of the kind
	why    string // completes "which ..."
	secret bool
	makers string // the programs that make such files in a build, between blanks
}

// history is the repository's own, which no tree lists.
var history = unwanted{".git", "changes with every commit", false, ""}

// unwantedFiles are the other kinds, the worst first. Files in which programs look for credentials are not
// among them: what they hold decides, which is another rule's affair.
var unwantedFiles = []unwanted{
	{"**/*.p12", "holds a private key", true, ""},
	{"**/*.pfx", "holds a private key", true, ""},
	{"**/*.tfstate", "holds what Terraform knows, secrets included", true, ""},
	{"**/node_modules", "is what an install brings", false, "npm yarn pnpm bun"},
	{"**/.venv", "is what an install brings", false, "uv poetry pdm pipenv virtualenv python python3"},
	{"**/.terraform", "is what an install brings", false, "terraform tofu"},
	{"**/__pycache__", "is what Python makes of the sources", false, "python python3 pip pip3 uv"},
}

// hides reports whether the line hides the file: one that ends so, or that lies in a folder of that name.
func (u unwanted) hides(file string) bool {
	name, anywhere := strings.CutPrefix(u.line, "**/")
	if ending, ok := strings.CutPrefix(name, "*"); ok {
		return path.Ext(file) == ending
	}
	return strings.HasPrefix(file, name+"/") || anywhere && strings.Contains(file, "/"+name+"/")
}

// names reports whether a path, in whatever folder it lies, is such a file or folder, or lies in one.
func (u unwanted) names(p string) bool {
	p = path.Clean("/" + p)
	name := strings.TrimPrefix(u.line, "**/")
	if ending, ok := strings.CutPrefix(name, "*"); ok {
		return path.Ext(p) == ending
	}
	return strings.Contains(p+"/", "/"+name+"/")
}

// leak is a kind of unwanted file that a COPY takes.
type leak struct {
	unwanted
	file string // the first of them, in the context
	// offered is whether the line may be added: it hides nothing that the Dockerfile means to have.
	offered bool
}

// leaks lists what the COPY or ADD takes from the context that an image should not get, the worst first.
func leaks(p *analysis.Pass, in *dockerfile.Instruction) []leak {
	if in.Flag("exclude") != nil {
		return nil
	}
	first := map[unwanted]string{}
	for _, s := range buildcontext.Sources(in) {
		if !s.Local || !s.Path.Known {
			continue
		}
		if wholeContext(s) && takesHistory(p) {
			first[history] = ".git"
		}
		if !p.Context.Folder(s.Path.Text) {
			continue // a file by its own name is meant
		}
		root := strings.Trim(path.Clean("/"+s.Path.Text), "/")
		for _, u := range unwantedFiles {
			taken := func(f string) bool { return u.hides(strings.TrimPrefix(f, root)) && !(u.secret && forTests(f)) }
			if found := p.Context.Where(s.Path.Text, u, 1, taken); first[u] == "" && len(found) > 0 {
				first[u] = found[0]
			}
		}
	}
	var all []leak
	for _, u := range append(slices.Clone(unwantedFiles), history) {
		if first[u] == "" {
			continue
		}
		// What somebody copies by its name is in the context on purpose; a key is no better for that.
		if l := (leak{u, first[u], !meant(p, u)}); l.offered || l.secret {
			all = append(all, l)
		}
	}
	return all
}

// meant reports whether the line would hide what the Dockerfile means to have: all that one of its sources
// takes, or files for tests.
func meant(p *analysis.Pass, u unwanted) bool {
	for _, in := range p.File.Instructions() {
		for _, source := range contextSources(in) {
			other := p.Context.Where(source, besides{u}, 1, func(f string) bool { return !u.hides(f) })
			if u.hides(strings.Trim(path.Clean("/"+source), "/")+"/") || len(other) == 0 && len(p.Context.Match(source)) > 0 {
				return true
			}
		}
		for _, from := range otherSources(in) {
			if u.names(from.path) && (from.stage == nil || !makes(from.stage, u.makers)) {
				return true
			}
		}
	}
	return u.secret && len(p.Context.Where(".", ofTests{u}, 1, func(f string) bool { return u.hides(f) && forTests(f) })) > 0
}

// besides and ofTests are what the context is asked of a kind of files: files of other kinds, and those of tests.
type (
	besides struct{ unwanted }
	ofTests struct{ unwanted }
)

// otherSource is a path that an instruction takes from a stage, an image or a further context.
type otherSource struct {
	stage *dockerfile.Stage // nil for an image or a context
	path  string
}

// otherSources lists the paths that COPY --from and mounts take from elsewhere. What a stage has may come from the context in its turn; a
// named context may be the same folder, or one below it with the same ignore file.
func otherSources(in *dockerfile.Instruction) []otherSource {
	in = target(in)
	var all []otherSource
	from := func(name, path string) {
		all = append(all, otherSource{in.File().StageNamed(name, in.File().StageCount()), path})
	}
	for _, f := range in.Flags {
		switch m := mountOf(f); {
		case in.Name == "COPY" && f.Name == "from" && len(in.Words) > 0:
			for _, w := range in.Words[:len(in.Words)-1] {
				if v := in.Expand(w.Text); v.Known {
					from(f.Value, v.Text)
				}
			}
		case f.Name == "mount" && m["type"] == "bind" && m["from"] != "":
			from(m["from"], m["source"])
		}
	}
	return all
}

// makes reports whether a RUN of the stage, or of one it is built from, calls one of the programs.
func makes(s *dockerfile.Stage, programs string) bool {
	for _, x := range s.Lineage() {
		for _, in := range x.Instructions() {
			if len(calls(in, strings.Fields(programs)...)) > 0 {
				return true
			}
		}
	}
	return false
}

// contextSources lists the places in the context from which the instruction takes files or mounts them.
func contextSources(in *dockerfile.Instruction) []string {
	var all []string
	for _, s := range meantSources(in) {
		if s.Local && s.Path.Known {
			all = append(all, s.Path.Text)
		}
	}
	for _, f := range target(in).Flags {
		if m := mountOf(f); f.Name == "mount" && m["type"] == "bind" && m["from"] == "" {
			all = append(all, m["source"])
		}
	}
	return all
}

// ignoreBlock is the block of the lines that may be added to the ignore file; nil where there is none.
func ignoreBlock(p *analysis.Pass, found []leak) *analysis.Block {
	var lines []string
	for _, l := range found {
		if l.offered {
			lines = append(lines, l.line)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return &analysis.Block{Path: ignoreFileOf(p), New: p.Context.IgnoreFile() == "", Lines: lines}
}

// takesHistory reports whether a COPY of the whole context takes the repository's history along:
// every clone has it at its root, and no ignore file hides it. Where the build asks git or a
// program that does, it is meant to come along.
func takesHistory(p *analysis.Pass) bool {
	if !p.Context.History() || p.Context.Ignored(".git") || p.Context.Ignored(".git/HEAD") {
		return false
	}
	for _, in := range p.File.Instructions() {
		for _, c := range commands(in) {
			if c.Name == "git" && len(c.Words) > 1 && !listed([]string{"clone", "config", "init", "lfs"}, c.Words[1].Text) {
				return false
			}
		}
	}
	for _, manifest := range []string{"pyproject.toml", "setup.py", "setup.cfg"} {
		text, ok := p.Context.Read(manifest)
		for _, program := range versionFromGit {
			if ok && strings.Contains(string(text), program) {
				return false
			}
		}
	}
	return true
}

// versionFromGit are the build programs that take the version out of the history.
var versionFromGit = []string{"setuptools_scm", "setuptools-scm", "hatch-vcs", "versioneer", "dunamai", "dynamic-versioning", "pbr"}
