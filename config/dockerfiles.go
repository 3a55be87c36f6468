package config

import (
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// IsDockerfile reports whether the file at path, relative to the root of the repository with slashes, is a Dockerfile
// to review.
//
// By name these are Dockerfile, dockerfile, Dockerfile.*, *.Dockerfile, *.dockerfile and Containerfile*, and those that
// are Doubtful, outside of folders with other people's code. Files.Include adds files, in such folders too;
// Files.Exclude removes files and wins. A file whose extension is that of a template, an ignore file, a backup, a
// document or a script is never a Dockerfile, even if an include as wide as docker/** matches it.
func (r Repo) IsDockerfile(file string) bool {
	if file == "" || path.IsAbs(file) || path.Clean(file) != file || strings.HasPrefix(file, "../") {
		return false
	}
	if matches(r.Files.Exclude, file) || otherKind(path.Base(file)) {
		return false
	}
	return matches(r.Files.Include, file) || namedDockerfile(path.Base(file)) && !vendored(path.Dir(file))
}

// Doubtful reports whether what is in the file decides if it is a Dockerfile: it is called Dockerfile-NAME or
// Dockerfile_NAME, and Files.Include does not name it.
func (r Repo) Doubtful(file string) bool {
	return doubtful(path.Base(file)) && !matches(r.Files.Include, file)
}

func doubtful(name string) bool {
	return strings.HasPrefix(name, "Dockerfile-") || strings.HasPrefix(name, "Dockerfile_")
}

// Excludes reports whether Files.Exclude names the file.
func (r Repo) Excludes(file string) bool { return matches(r.Files.Exclude, file) }

func namedDockerfile(name string) bool {
	return doubtful(name) || name == "Dockerfile" || name == "dockerfile" || strings.HasPrefix(name, "Dockerfile.") ||
		strings.HasSuffix(name, ".Dockerfile") || strings.HasSuffix(name, ".dockerfile") ||
		containerfile(name)
}

// containerfile reports whether name is Containerfile, perhaps with a suffix. A letter or digit after the word makes it
// another word, as in ContainerfileParser.java.
func containerfile(name string) bool {
	suffix, ok := strings.CutPrefix(name, "Containerfile")
	return ok && (suffix == "" || !isWord(rune(suffix[0])))
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r >= utf8.RuneSelf }

// vendoredFolders hold other people's code: the author of a pull request cannot act on a comment there.
var vendoredFolders = []string{"node_modules", "vendor", "third_party", "bower_components", ".git"}

func vendored(dir string) bool {
	return slices.ContainsFunc(strings.Split(dir, "/"), func(folder string) bool {
		return slices.Contains(vendoredFolders, folder)
	})
}

// otherKinds are extensions of files that are named like a Dockerfile but are something else.
//
// The list leaves out txt, go, py and other languages on purpose. More than ten thousand public repositories have a
// Dockerfile.txt, which is a Dockerfile saved by an editor that insists on an extension, and Dockerfile.go or
// Dockerfile.py is nearly always the image of the part in that language. Dockerfile.sh is the script that builds the
// image. (From a sample of public repositories.)
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

// templates are the parts of a name, anywhere after the first, that mark a template, as in Dockerfile.template.alpine.
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
