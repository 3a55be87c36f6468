package config

import (
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// IsDockerfile reports whether the file at path, relative to the root of the
// repository with slashes, is a Dockerfile to review.
//
// By name these are Dockerfile, dockerfile, Dockerfile.*, *.Dockerfile,
// *.dockerfile and Containerfile*, outside of folders that hold other people's
// code. Files.Include adds to them, also in such folders; Files.Exclude takes
// away and wins. A name whose last part says that it is a template, an ignore
// file, a backup, a document or a script is never a Dockerfile: an include as
// wide as docker/** may not pull them in.
func (r Repo) IsDockerfile(file string) bool {
	if file == "" || path.IsAbs(file) || path.Clean(file) != file || strings.HasPrefix(file, "../") {
		return false
	}
	if matches(r.Files.Exclude, file) || otherKind(path.Base(file)) {
		return false
	}
	return matches(r.Files.Include, file) || namedDockerfile(path.Base(file)) && !vendored(path.Dir(file))
}

func namedDockerfile(name string) bool {
	return name == "Dockerfile" || name == "dockerfile" || strings.HasPrefix(name, "Dockerfile.") ||
		strings.HasSuffix(name, ".Dockerfile") || strings.HasSuffix(name, ".dockerfile") ||
		containerfile(name)
}

// containerfile reports whether name is Containerfile and perhaps a suffix. A
// letter or digit behind the word makes another word of it, as in
// ContainerfileParser.java.
func containerfile(name string) bool {
	suffix, ok := strings.CutPrefix(name, "Containerfile")
	return ok && (suffix == "" || !isWord(rune(suffix[0])))
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r >= utf8.RuneSelf }

// vendoredFolders hold what others wrote: a comment there reaches nobody who
// could act on it.
var vendoredFolders = []string{"node_modules", "vendor", "third_party", "bower_components", ".git"}

func vendored(dir string) bool {
	return slices.ContainsFunc(strings.Split(dir, "/"), func(folder string) bool {
		return slices.Contains(vendoredFolders, folder)
	})
}

// otherKinds are the last parts of names that look like a Dockerfile's and are
// none.
//
// Not here, though they look as if they should be, are txt, go, py and other
// languages: Dockerfile.txt stands in more than ten thousand public
// repositories and is a Dockerfile saved by an editor that insists on an
// extension, and Dockerfile.go or Dockerfile.py is nearly always the image of
// the part written in that language. Dockerfile.sh, on the other hand, is the
// script that builds the image. (Read from a sample of public repositories.)
var otherKinds = words(`
	j2 jinja jinja2 tmpl tpl template gotmpl gotpl erb eex ejs ftl hbs handlebars jsonnet liquid m4 mako
	mustache njk in tt twig
	dockerignore containerignore
	bak backup old orig rej save swo swp tmp
	adoc htm html markdown md pdf png rst svg
	bash bat cmd fish ps1 sh zsh
	cfg conf csv env ini json lock log sum toml xml yaml yml
	asc diff patch sha256 sig
	gz tar tgz zip
`)

// templates are the parts that make a template of a name wherever they stand
// behind its first part, as in Dockerfile.template.alpine.
var templates = words("j2 jinja jinja2 tmpl tpl template gotmpl erb ejs m4 mustache")

func words(s string) map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

func otherKind(name string) bool {
	if strings.HasSuffix(name, "~") {
		return true
	}
	parts := strings.Split(strings.ToLower(name), ".")[1:]
	if len(parts) == 0 {
		return false
	}
	isTemplate := func(part string) bool { return templates[part] }
	return otherKinds[parts[len(parts)-1]] || slices.ContainsFunc(parts, isTemplate)
}
