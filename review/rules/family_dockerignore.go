package rules

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

// unwanted is a kind of file that an image should not get from the context.
type unwanted struct {
	line   string // of an ignore file, that hides files of the kind
	why    string // completes "which ..."
	secret bool
	makers string // the programs that make such files in a build, between blanks
	// the programs after which an image does not need those of the context, between blanks; "" where it needs them
	// never
	instead string
	// fresh is a kind that many images need, so that only what the pull request brings in is unwanted.
	fresh bool
}

// history is the repository's own, which no tree lists.
var history = unwanted{line: ".git", why: "changes with every commit"}

// unwantedFiles are the other kinds, the worst first. Files in which programs look for credentials are not
// among them: what they hold decides, which is another rule's affair.
var unwantedFiles = []unwanted{
	{line: "**/*.p12", why: "holds a private key", secret: true},
	{line: "**/*.pfx", why: "holds a private key", secret: true},
	{line: "**/*.tfstate", why: "holds Terraform's state, including secrets", secret: true},
	{line: "**/*.dump", why: dump, fresh: true},
	{line: "**/*dump*.sql", why: dump, fresh: true},
	{line: "**/*backup*.sql", why: dump, fresh: true},
	{line: "**/*.sql.gz", why: dump, fresh: true},
	{line: "**/*.sqlite", why: dump, fresh: true},
	{line: "**/*.sqlite3", why: dump, fresh: true},
	{"**/node_modules", "is created by an install", false, "npm yarn pnpm bun", "npm yarn pnpm bun", false},
	{"**/.venv", "is created by an install", false, "uv poetry pdm pipenv virtualenv python python3",
		"uv poetry pdm pipenv virtualenv python python3 pip pip3", false},
	{"**/.terraform", "is created by an install", false, "terraform tofu", "terraform tofu", false},
	{line: "**/__pycache__", why: "is Python's compiled bytecode", makers: "python python3 pip pip3 uv"},
}

const dump = "looks like a copy of a database"

// hides reports whether the line hides the file: one whose name matches, or that is in a folder of that name.
func (u unwanted) hides(file string) bool {
	name, anywhere := strings.CutPrefix(u.line, "**/")
	if wildcard(name) {
		matches, _ := path.Match(name, path.Base(file))
		return matches
	}
	return strings.HasPrefix(file, name+"/") || anywhere && strings.Contains(file, "/"+name+"/")
}

// names reports whether a path, in whatever folder, is such a file or folder, or is in one.
func (u unwanted) names(p string) bool {
	p = path.Clean("/" + p)
	name := strings.TrimPrefix(u.line, "**/")
	if wildcard(name) {
		matches, _ := path.Match(name, path.Base(p))
		return matches
	}
	return strings.Contains(p+"/", "/"+name+"/")
}

// leak is a kind of unwanted file that a COPY takes.
type leak struct {
	unwanted
	file string // the first of them, in the context
	// offered is whether the line may be added: it hides nothing that the Dockerfile means to have, or needs.
	offered bool
	unmade  bool // the image may need the file, since nothing in the Dockerfile makes it anew
}

// leaks lists what the COPY or ADD takes from the context that an image should not get, the worst first.
func leaks(p *analysis.Pass, in *dockerfile.Instruction) []leak {
	if in.Flag("exclude") != nil {
		return nil
	}
	first := unwantedIn(p, in)
	var all []leak
	for _, u := range append(slices.Clone(unwantedFiles), history) {
		if first[u] == "" {
			continue
		}
		// What the author copies by its name is in the context on purpose; a key is no better for that.
		l := leak{unwanted: u, file: first[u], offered: !meant(p, u)}
		if !l.offered && !l.secret {
			continue
		}
		if u.instead != "" &&
			!slices.ContainsFunc(p.File.Stages(), func(s *dockerfile.Stage) bool { return makes(s, u.instead) }) {
			l.offered, l.unmade = false, true
		}
		all = append(all, l)
	}
	return append(all, large(p, in)...)
}

// Files that are large: more than so many bytes. Most that are reported of one instruction.
const (
	largeFile = 10 << 20
	maxLarge  = 3
)

// large lists the large files that the pull request brings into what the COPY or ADD takes.
func large(p *analysis.Pass, in *dockerfile.Instruction) []leak {
	var all []leak
	for _, s := range buildcontext.Sources(in) {
		if !s.Local || !s.Path.Known || p.Before == nil || !p.Context.Folder(s.Path.Text) {
			continue
		}
		isLarge := func(f string) bool {
			_, size := p.Context.Stat(f)
			return size > largeFile && !p.Before.Has(f) && !forTests(f) &&
				!slices.ContainsFunc(unwantedFiles, func(u unwanted) bool { return u.hides(f) })
		}
		for _, f := range p.Context.Where(s.Path.Text, largeFiles{}, maxLarge, isLarge) {
			_, size := p.Context.Stat(f)
			l := leak{unwanted: unwanted{line: f, why: fmt.Sprintf("is %d MB", size>>20)}, file: f}
			l.offered = ignorable(f) && !named(p.File, f)
			all = append(all, l)
		}
	}
	return all
}

// largeFiles is the key of what large asks.
type largeFiles struct{}

// fresh reports whether the pull request brings the file into the context.
func (l leak) fresh(p *analysis.Pass) bool {
	if l.unwanted == history {
		return p.Before != nil && p.Before.Ignored(".git")
	}
	return p.Before != nil && !p.Before.Has(l.file)
}

// ignorable reports whether the path can be a line of an ignore file that means itself alone.
func ignorable(p string) bool {
	return p == strings.TrimSpace(p) && !strings.ContainsFunc(p, unicode.IsControl) && utf8.ValidString(p) &&
		!strings.ContainsAny(p, `*?[]\^!#`)
}

// unwantedIn returns of each kind of unwanted files the first that the COPY or ADD takes from the context.
func unwantedIn(p *analysis.Pass, in *dockerfile.Instruction) map[unwanted]string {
	first := map[unwanted]string{}
	for _, s := range buildcontext.Sources(in) {
		if !s.Local || !s.Path.Known {
			continue
		}
		if s.Whole() && takesHistory(p) {
			first[history] = ".git"
		}
		if !p.Context.Folder(s.Path.Text) {
			continue // a file by its own name is meant
		}
		root := strings.Trim(path.Clean("/"+s.Path.Text), "/")
		for _, u := range unwantedFiles {
			takes := func(f string) bool {
				return u.hides(strings.TrimPrefix(f, root)) && !((u.secret || u.fresh) && forTests(f)) &&
					(!u.fresh || p.Before != nil && !p.Before.Has(f))
			}
			if found := p.Context.Where(s.Path.Text, u, 1, takes); first[u] == "" && len(found) > 0 {
				first[u] = found[0]
			}
		}
	}
	return first
}

// meant reports whether the line would hide what the Dockerfile means to have: all that one of its sources
// takes, or files for tests.
func meant(p *analysis.Pass, u unwanted) bool {
	for _, in := range p.File.Instructions() {
		for _, source := range contextSources(in) {
			if u.hidesAll(p.Context, source) {
				return true
			}
		}
		for _, from := range otherSources(in) {
			if (u.names(from.path) || from.open && u.instead != "") &&
				(from.stage == nil || !makes(from.stage, u.makers)) {
				return true
			}
		}
	}
	return u.secret && len(p.Context.Where(".", ofTests{u}, 1,
		func(f string) bool { return u.hides(f) && forTests(f) })) > 0
}

// hidesAll reports whether the line hides everything that the source takes from the context.
func (u unwanted) hidesAll(ctx *buildcontext.Context, source string) bool {
	if u.hides(strings.Trim(path.Clean("/"+source), "/") + "/") {
		return true
	}
	other := ctx.Where(source, besides{u}, 1, func(f string) bool { return !u.hides(f) })
	return len(other) == 0 && len(ctx.Match(source)) > 0
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
	open  bool // a variable of unknown value is a folder or file of the path
}

// wholePart is a variable that stands for a folder or file of a path.
var wholePart = regexp.MustCompile(`(?:^|/)\$(?:\w+|\{[^}/]*\})(?:/|$)`)

// otherSources lists the paths that COPY --from and mounts take from elsewhere. What a stage has may come from the
// context in its turn; a named context may be the same folder, or one below it with the same ignore file.
func otherSources(in *dockerfile.Instruction) []otherSource {
	in = in.Inner()
	var all []otherSource
	for _, ref := range in.Refs() {
		if ref.Mount {
			continue
		}
		for _, w := range in.Words[:max(len(in.Words)-1, 0)] {
			v := in.Expand(w.Text)
			all = append(all, otherSource{ref.Stage(), v.Text, !v.Known && wholePart.MatchString(w.Text)})
		}
	}
	for _, m := range in.Mounts() {
		if m.Type == "bind" && m.From.Name != "" {
			all = append(all, otherSource{m.From.Stage(), m.Source, false})
		}
	}
	return all
}

// makes reports whether a RUN of the stage, or of one it is built from, has one of the programs make something.
func makes(s *dockerfile.Stage, programs string) bool {
	for in := range s.All() {
		if slices.ContainsFunc(shell.Calls(in, strings.Fields(programs)...),
			func(c *dockerfile.Command) bool { return brings(in, c) }) {
			return true
		}
	}
	return false
}

// subcommandsOnInstalled are the subcommands of package managers that work on what is installed.
var subcommandsOnInstalled = []string{"run", "run-script", "rebuild", "prune", "start", "test", "t", "exec", "x",
	"version", "cache",
	"config", "build", "pack", "publish", "ls", "list", "audit", "set"}

// brings reports whether the command may install something: it is no question for the version, and does not just work
// on what is there.
func brings(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	call := shell.Read(in, c)
	if call.Verb() == "" && len(call.Unknown) == 0 {
		return len(c.Words) == 1
	}
	return !slices.Contains(subcommandsOnInstalled, call.Verb())
}

// contextSources lists the places in the context from which the instruction takes files or mounts them.
func contextSources(in *dockerfile.Instruction) []string {
	var all []string
	for _, s := range meantSources(in) {
		if s.Local && s.Path.Known {
			all = append(all, s.Path.Text)
		}
	}
	for _, m := range in.Mounts() {
		if m.Type == "bind" && m.From.Name == "" {
			all = append(all, m.Source)
		}
	}
	return all
}

// sayUnoffered says after why what the image may need of what was found, so that no line is there to hide it.
func sayUnoffered(why analysis.Message, found []leak) analysis.Message {
	i := slices.IndexFunc(found, func(l leak) bool { return l.unmade })
	if i < 0 {
		return why
	}
	format := strings.TrimPrefix(why.Format+" %s is not in the suggested lines: no step installs it, so "+
		"the image may need this copy.", " ")
	return analysis.Say(format, append(slices.Clone(why.Args), path.Base(found[i].line))...)
}

// ignoreSnippet is the block of the lines that may be added to the ignore file; nil where there is none.
func ignoreSnippet(p *analysis.Pass, found []leak) *analysis.Snippet {
	var lines []string
	for _, l := range found {
		if l.offered {
			lines = append(lines, l.line)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return &analysis.Snippet{Path: ignoreFileOf(p), New: p.Context.IgnoreFile() == "", Lines: lines}
}

// takesHistory reports whether a COPY of the whole context takes the repository's history along:
// every clone has it at its root, and no ignore file hides it. Where the build asks git or a
// program that does, it is meant to come along.
func takesHistory(p *analysis.Pass) bool {
	if !p.Context.History() || p.Context.Ignored(".git") || p.Context.Ignored(".git/HEAD") {
		return false
	}
	return !slices.ContainsFunc(p.File.Instructions(), asksGit) &&
		!slices.ContainsFunc(versionedBy, func(manifest string) bool {
			text, ok := p.Context.Read(manifest)
			return ok && containsAny(string(text), versionFromGit...)
		})
}

// versionedBy are manifests that may name a program that asks git.
var versionedBy = []string{"pyproject.toml", "setup.py", "setup.cfg", "pom.xml", "build.gradle", "build.gradle.kts",
	"settings.gradle", "settings.gradle.kts", "Directory.Build.props", "Directory.Build.targets",
	"Directory.Packages.props", "package.json", "Makefile"}

// historyNamed finds a path in the repository's history, or a flag that asks for it.
var historyNamed = regexp.MustCompile(`(?:^|[\s/"'=])\.git(?:$|[\s/"';&|])|-buildvcs(?:=true|\s)`)

// asksGit reports whether a command of the instruction asks git about the repository, or names a file of its own.
func asksGit(in *dockerfile.Instruction) bool {
	if in = in.Inner(); in.Name == "RUN" && historyNamed.MatchString(in.Args.String()) {
		return true
	}
	return slices.ContainsFunc(shell.Calls(in, "git"), func(c *dockerfile.Command) bool {
		return len(c.Words) > 1 && !slices.Contains([]string{"clone", "config", "init", "lfs"}, c.Words[1].Text)
	})
}

// versionFromGit are the build programs that take the version out of the history.
var versionFromGit = []string{"setuptools_scm", "setuptools-scm", "hatch-vcs", "versioneer", "dunamai",
	"dynamic-versioning", "pbr", "versioningit", "git-commit-id", "jgitver", "git-versioning", "git-properties",
	"axion-release", "git-version", "GitVersion", "nebula.release", "grgit", "MinVer", "GitInfo", "git-rev",
	"git rev-parse", "git describe", "git log", "git show"}
