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
	why    string // completes "which ..."
	secret bool
	// line returns the line of an ignore file that hides the file, "" where it is of another kind.
	line func(file string) string
}

// unwantedFiles are the kinds, the worst first. Files in which programs look for credentials are not
// among them: what they hold decides, which is another rule's affair.
var unwantedFiles = []unwanted{
	{"holds a private key", true, ending(".p12", ".pfx")},
	{"holds what Terraform knows, secrets included", true, ending(".tfstate")},
	{"is what an install brings", false, below("node_modules", ".venv", ".terraform")},
	{"is what Python makes of the sources", false, below("__pycache__")},
}

// ending takes the files with those endings.
func ending(all ...string) func(string) string {
	return func(f string) string {
		if ext := path.Ext(f); slices.Contains(all, ext) {
			return "**/*" + ext
		}
		return ""
	}
}

// below takes the files in folders of those names.
func below(folders ...string) func(string) string {
	return func(f string) string {
		for _, folder := range folders {
			if strings.HasPrefix(f, folder+"/") || strings.Contains(f, "/"+folder+"/") {
				return "**/" + folder
			}
		}
		return ""
	}
}

// leak is a kind of unwanted file that a COPY takes.
type leak struct {
	unwanted
	pattern string // the line of an ignore file that hides it
	file    string // the first of them, in the context
}

// leaks lists what the COPY or ADD takes from the context that an image should not get.
func leaks(p *analysis.Pass, in *dockerfile.Instruction) []leak {
	var all []leak
	if in.Flag("exclude") != nil {
		return nil
	}
	seen := map[string]bool{}
	for _, s := range buildcontext.Sources(in) {
		if !s.Local || !s.Path.Known {
			continue
		}
		if wholeContext(s) && takesHistory(p) && !seen[".git"] {
			seen[".git"] = true
			all = append(all, leak{unwanted{why: "changes with every commit"}, ".git", ".git"})
		}
		if !p.Context.Folder(s.Path.Text) {
			continue // a file by its own name is meant
		}
		root := strings.Trim(path.Clean("/"+s.Path.Text), "/")
		for _, f := range p.Context.Match(s.Path.Text) {
			for _, u := range unwantedFiles {
				line := u.line(strings.TrimPrefix(f, root))
				if line != "" && !seen[line] && !(u.secret && forTests(f)) {
					seen[line] = true
					all = append(all, leak{u, line, f})
				}
			}
		}
	}
	return all
}

// takesHistory reports whether a COPY of the whole context takes the repository's history along:
// every clone has it at its root, and no ignore file hides it. Where the build asks git or a
// program that does, it is meant to come along.
func takesHistory(p *analysis.Pass) bool {
	if !p.Context.History() || p.Context.Ignored(".git") || p.Context.Ignored(".git/HEAD") {
		return false
	}
	for _, in := range p.File.Instructions {
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
