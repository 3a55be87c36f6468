package builds

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// composeName matches the names of compose files: those that the program looks for, and those that people name after
// them (https://docs.docker.com/compose/intro/compose-application-model/#the-compose-file).
var composeName = regexp.MustCompile(`^(docker-)?compose([.-].+)?\.ya?ml$`)

// composeDefaults are the files to which others in the same folder are added, those first that the program prefers.
var composeDefaults = []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}

// maxExtends is how many services extend each other in a row.
const maxExtends = 16

// project is a compose project: files that are read together, with relative paths from one folder.
type project struct {
	*finder
	dir   string
	env   map[string]string
	files map[string]*yaml.Node // that are read already, by path; nil for what cannot be read
}

// compose reads a compose file: on its own, or as the override of the one that the program takes by default.
func (f *finder) compose(p string, _ []byte) {
	dir := folder(p)
	pr := &project{finder: f, dir: dir, env: f.environment(dir), files: map[string]*yaml.Node{}}
	below := ""
	for _, name := range composeDefaults {
		if at := path.Join(dir, name); f.isFile(at) {
			below = at
			break
		}
	}
	if slices.Contains(composeDefaults, path.Base(p)) {
		below = ""
	}
	pr.services(p, below)
}

// services adds the builds of a file; those of below are what it overrides.
func (pr *project) services(p, below string) {
	for name, service := range pr.pairs(pr.get(pr.root(p), "services")) {
		if pr.get(service, "build") != nil || pr.get(service, "extends") != nil {
			pr.addService(p, below, name)
		}
	}
	for include := range pr.items(pr.get(pr.root(p), "include")) {
		pr.include(p, include)
	}
}

func (pr *project) addService(p, below string, name *yaml.Node) {
	d, ok := pr.service(p, name.Value, 0)
	if !ok {
		return
	}
	if under, ok := pr.service(below, name.Value, 0); ok {
		d = d.over(under.elsewhere())
	}
	d.name, d.origin = name.Value, Origin{p, name.Line, Compose}
	if b, ok := d.build("", true); ok {
		b.project = pr.dir
		pr.add(b)
	}
}

// elsewhereIncluded reports whether a build is that of a compose file on its own, which another file includes with
// paths that start elsewhere.
func (f *finder) elsewhereIncluded(b Build) bool {
	dir, included := f.included[b.Origin.Path]
	return included && b.Origin.Kind == Compose && b.project != dir
}

// include adds the builds of the files that a file includes, unless their names say that they are compose files anyway.
func (pr *project) include(p string, n *yaml.Node) {
	files, dir := n, said{}
	if isMap(n) {
		files, dir = pr.get(n, "path"), pr.text(pr.get(n, "project_directory"))
	}
	for item := range pr.items(files) {
		at, ok := within(pr.dir, pr.text(item))
		if !ok || at == p || pr.files[at] != nil || !dir.there() && KindOf(at) == Compose {
			continue
		}
		inner := &project{finder: pr.finder, dir: folder(at), files: pr.files}
		if dir.there() {
			if inner.dir, ok = within(pr.dir, dir); !ok {
				continue
			}
			if pr.included == nil {
				pr.included = map[string]string{}
			}
			pr.included[at] = inner.dir
		}
		inner.env = pr.environment(inner.dir)
		inner.services(at, "")
	}
}

// root is the contents of a compose file.
func (pr *project) root(p string) *yaml.Node {
	if n, ok := pr.files[p]; ok || p == "" {
		return n
	}
	pr.files[p] = nil
	if src, ok := pr.contents(p); ok && len(src) <= MaxSize {
		pr.files[p] = pr.load(p, src)
	}
	return pr.files[p]
}

// service reads how a service of a file is built, with what it takes from the service that it extends. It reports false
// where it is not built.
func (pr *project) service(p, name string, depth int) (definition, bool) {
	if depth > maxExtends || p == "" {
		return definition{}, false
	}
	pr.budget.Charge(1000)
	service := pr.get(pr.root(p), "services", name)
	own, ok := pr.definition(pr.get(service, "build"))
	extends := pr.get(service, "extends")
	if extends == nil {
		return own, ok
	}
	if below, extended := pr.extended(p, extends, depth); extended {
		return own.over(below), true
	}
	return own, ok
}

// extended reads how the service is built that another one extends, in the same file or in another one.
func (pr *project) extended(p string, extends *yaml.Node, depth int) (definition, bool) {
	name, file := scalar(extends), said{}
	if isMap(extends) {
		name, file = pr.text(pr.get(extends, "service")), pr.text(pr.get(extends, "file"))
	}
	if !file.there() {
		return pr.service(p, name.text, depth+1)
	}
	from, ok := within(pr.dir, file)
	if !ok {
		return definition{}, false
	}
	other := &project{finder: pr.finder, dir: folder(from), env: pr.env, files: pr.files}
	below, ok := other.service(from, name.text, depth+1)
	if from != p {
		below = below.elsewhere()
	}
	return below, ok
}

// definition reads the value of `build` (https://docs.docker.com/reference/compose-file/build/).
func (pr *project) definition(n *yaml.Node) (definition, bool) {
	switch {
	case n == nil:
		return definition{}, false
	case !isMap(n):
		context := pr.folder(pr.text(n))
		return definition{context: context}, context.there()
	}
	d := definition{context: pr.folder(pr.text(pr.get(n, "context"))), dockerfile: pr.text(pr.get(n, "dockerfile")),
		inline: pr.text(pr.get(n, "dockerfile_inline")), target: pr.text(pr.get(n, "target")),
		args:     pr.mapOrList(pr.get(n, "args")),
		contexts: foldersIn(pr.dir, pr.mapOrList(pr.get(n, "additional_contexts")))}
	if !d.context.there() {
		d.context = said{text: pr.dir, known: true}
	}
	return d, true
}

// folder makes the text of a context one from the repository's root.
func (pr *project) folder(s said) said {
	if s.there() && s.known && !remote(s.text) {
		p, ok := within(pr.dir, s)
		return said{text: p, known: ok, line: s.line}
	}
	return s
}

// mapOrList reads pairs: NAME: value, or a list of NAME=value. A name without a value is for the environment to say.
func (pr *project) mapOrList(n *yaml.Node) (all []Pair) {
	if isMap(n) {
		for k, v := range pr.pairs(n) {
			s := pr.text(v)
			all = append(all, Pair{k.Value, s.text, s.known, k.Line})
		}
		return all
	}
	for item := range pr.items(n) {
		s := scalar(item)
		name, value, has := strings.Cut(s.text, "=")
		if s.there() && !strings.Contains(name, "$") {
			pr.budget.Charge(10 * len(value))
			value, known := interpolate(value, pr.env, 0)
			all = append(all, Pair{name, value, known && has, s.line})
		}
	}
	return all
}

// text is the text of a node, with its variables replaced.
func (pr *project) text(n *yaml.Node) said {
	s := scalar(n)
	if s.there() {
		pr.budget.Charge(10 * len(s.text))
		s.text, s.known = interpolate(s.text, pr.env, 0)
	}
	return s
}

// environment reads the .env of a folder, which gives values to the variables of the compose files there. What a value
// takes from elsewhere is not known.
func (f *finder) environment(dir string) map[string]string {
	env := map[string]string{}
	src, _ := f.contents(path.Join(dir, ".env"))
	if len(src) > MaxSize {
		return env
	}
	f.budget.Charge(len(src))
	for line := range strings.Lines(string(src)) {
		name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		if value = unquote(strings.TrimSpace(value)); ok && !strings.ContainsAny(value, `$\`) {
			env[strings.TrimSpace(name)] = value
		}
	}
	return env
}

// unquote takes the quotes off a value, or the comment after it.
func unquote(value string) string {
	if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		return value[1 : n-1]
	}
	value, _, _ = strings.Cut(value, " #")
	return strings.TrimSpace(value)
}

// variable matches a variable of a compose file and what is said where it is not set
// (https://docs.docker.com/reference/compose-file/interpolation/).
var variable = regexp.MustCompile(`^(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])|\}))`)

// Bounds of what variables may become.
const (
	maxText   = 4096
	maxNested = 8 // defaults in defaults
)

// interpolate replaces $NAME, ${NAME} and ${NAME:-default}. Variables that are not in env are not set, as far as the
// repository says; it reports false where one of them has no default.
func interpolate(text string, env map[string]string, depth int) (string, bool) {
	var out strings.Builder
	for {
		i := strings.IndexByte(text, '$')
		if i < 0 || depth > maxNested || out.Len()+len(text) > maxText {
			out.WriteString(text)
			return out.String(), i < 0 && out.Len() <= maxText
		}
		out.WriteString(text[:i])
		if text = text[i+1:]; strings.HasPrefix(text, "$") {
			out.WriteByte('$')
			text = text[1:]
			continue
		}
		value, rest, ok := replace(text, env, depth)
		if !ok {
			return "", false
		}
		out.WriteString(value)
		text = rest
	}
}

// replace returns the value of the variable that the text begins with, and what follows it.
func replace(text string, env map[string]string, depth int) (value, rest string, ok bool) {
	m := variable.FindStringSubmatch(text)
	if m == nil {
		return "", "", false
	}
	value, set := env[m[1]+m[2]]
	rest = text[len(m[0]):]
	if m[3] == "" {
		return value, rest, set
	}
	end := closing(rest)
	if end < 0 {
		return "", "", false
	}
	set = set && (value != "" || m[3][0] != ':')
	// A variable that is not in .env may be set in the environment, so ${NAME:+text} is not known either.
	if op := m[3][len(m[3])-1]; op == '-' && !set || op == '+' && set {
		value, set = interpolate(rest[:end], env, depth+1)
	}
	return value, rest[end+1:], set
}

// closing is the place of the brace that closes the one before the text; -1 where there is none.
func closing(text string) int {
	open := 1
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{':
			open++
		case '}':
			if open--; open == 0 {
				return i
			}
		}
	}
	return -1
}
