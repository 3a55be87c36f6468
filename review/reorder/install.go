package reorder

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

// Install is a call of a package manager that installs the project's dependencies.
type Install struct {
	Manager *ecosystem.Manager
	In      *dockerfile.Instruction
	Step    shell.Step
	Dir     string   // the folder of its manifests, as Workdir gives it
	files   []string // manifests named on the command line, in Workdir's form
	Flags   []string
	reads   []string // further files and folders named on the command line, as written
	into    []string // folders that it fills, in Workdir's form
	row     ecosystem.Install
	sub     shell.Word // install, ci, ...
	Locked  bool       // it stops where there is no lock file
	unclear bool       // a word of it depends on a variable
	project bool       // it installs the project of a folder, see Readers

	build     bool             // it builds, and fetches the dependencies as well
	fetch     []string         // the words of what fetches them for a build; none where nothing does
	advice    analysis.Message // what to do, where it installs along with something else
	system    string           // apt-get install, where it installs packages of the system
	elsewhere string           // the flag by which a build is about another folder or project

	without []string // flags that it gets, to leave out what needs the sources; see parts
	rest    []string // the commands that do that after the sources
}

// Installs returns the installs among the commands of a RUN, in order. plain reports whether the RUN
// is a chain.
func Installs(in *dockerfile.Instruction) (found []Install, steps []shell.Step, plain bool) {
	if in.Name != "RUN" || in.JSON {
		return nil, nil, false
	}
	steps, plain = shell.Chain(in)
	for _, st := range steps {
		if i, ok := readInstall(in, st); ok {
			found = append(found, i)
		}
	}
	return found, steps, plain
}

// place is where the install looks for its manifest, as Workdir gives it.
func (c *Install) place() string {
	if len(c.files) > 0 {
		return c.files[0]
	}
	return c.Dir
}

// key is the same for calls that install the same dependencies.
func (c *Install) key() string {
	return strings.Join(append([]string{c.Manager.Name, c.Dir}, c.files...), "\x00")
}

// readInstall reads the step as an install of any manager.
func readInstall(in *dockerfile.Instruction, st shell.Step) (Install, bool) {
	name, _ := shell.Program(st.Cmd)
	for _, m := range ecosystem.Managers {
		if !m.Program(name) {
			continue
		}
		call := shell.ReadAs(in, st.Cmd, m.Spec())
		for _, row := range m.Installs {
			i := Install{Manager: m, In: in, Step: st, Dir: st.Cwd, row: row, Locked: row.Locked, sub: call.Sub,
				unclear: len(call.Unknown) > 0}
			if i.read(&call) {
				return i, true
			}
		}
	}
	return Install{}, false
}

// read takes the call's flags and operands in; false means that it is not an install of that row.
func (c *Install) read(call *shell.Call) bool {
	for _, f := range call.Flags {
		if !c.flag(f) {
			return false
		}
	}
	if c.row.With != nil && !call.Has(c.row.With...) || c.row.Code != nil && !runsCode(call, c.row.Code) {
		return false
	}
	return c.words(call)
}

// words takes in the words that are no flags.
func (c *Install) words(call *shell.Call) bool {
	sub := 0
	for _, w := range append([]shell.Word{call.Sub}, call.Operands...) {
		switch {
		case !w.Known: // perhaps no subcommand at all
		case sub < len(c.row.Words):
			if !endsLike(w.Text, c.row.Words[sub:sub+1]) {
				return false
			}
			sub++
		case c.row.Packages == ecosystem.Manifests && strings.Contains(w.Text, ":"):
			return false // npm:chalk is a package
		case c.row.Packages == ecosystem.Manifests:
			c.files = append(c.files, dockerfile.Join(c.Step.Cwd, w.Text))
		case c.row.Packages == ecosystem.NoProject || projectPath(w.Text):
			return false
		}
	}
	return sub == len(c.row.Words) && (len(c.row.Files) == 0 || len(c.files) > 0)
}

// runsCode reports whether the call runs one piece of code, which has the form.
func runsCode(call *shell.Call, form *regexp.Regexp) bool {
	code := call.Flag("-e", "--eval")
	return code != nil && code.Value.Known && form.MatchString(code.Value.Text)
}

// flag takes one flag in; false means that the call installs something else.
func (c *Install) flag(f shell.Flag) bool {
	m, cwd, value := c.Manager, c.Step.Cwd, f.Value.Text
	if !f.Value.Known {
		value = ""
	}
	if value == "false" && slices.Contains(m.OffScripts, f.Name) {
		return true // as if it were not there
	}
	c.Flags = append(c.Flags, f.Name)
	switch {
	case slices.Contains(m.Elsewhere, f.Name):
		return false
	case slices.Contains(c.row.Files, f.Name) || slices.Contains(c.row.Also, f.Name):
		c.files = append(c.files, dockerfile.Join(cwd, value))
	case slices.Contains(m.Dirs, f.Name):
		c.Dir = dockerfile.Join(cwd, strings.TrimPrefix(value, "@.")) // Julia's name for the folder it is in
	case slices.Contains(m.Reads, f.Name):
		c.reads = append(c.reads, value)
	case slices.Contains(m.Into, f.Name):
		c.into = append(c.into, dockerfile.Join(cwd, value))
	}
	return true
}

// projectPath reports whether a word of pip install names a folder or file, not a package.
func projectPath(w string) bool {
	if strings.Contains(w, "://") {
		return false
	}
	w, _, _ = strings.Cut(w, "[")
	return w == "." || w == ".." || strings.Contains(w, "/") || ecosystem.Archive(w)
}

// Scripts reports whether the install runs the project's own scripts.
func (c *Install) Scripts() bool {
	for _, f := range c.Flags {
		if slices.Contains(c.Manager.OffScripts, f) {
			return false
		}
	}
	return true
}

// assigns reports whether the call sets the variable for itself.
func (c *Install) assigns(name string) bool {
	for _, a := range c.Step.Cmd.Call.Assigns {
		if a.Name != nil && a.Name.Value == name {
			return true
		}
	}
	return false
}

// Text is the install as written, on one line.
func (c *Install) Text() string { return wordsOf(c.Step) }

// wordsOf is the step as written, on one line.
func wordsOf(st shell.Step) string {
	var words []string
	for _, w := range st.Cmd.Words {
		words = append(words,
			strings.Join(strings.Fields(strings.ReplaceAll(st.In.File().Text(w.Span), "\\\n", "")), " "))
	}
	return strings.Join(words, " ")
}

// ahead is what comes before the sources in the end: the install, or what fetches for a build.
func (c *Install) ahead() string {
	if len(c.fetch) > 0 {
		return strings.Join(c.fetch, " ")
	}
	return c.Text()
}

// Folder lets a manager's row read the files beside a manifest.
type Folder struct {
	ctx *buildcontext.Context
	Dir string // in the context
	// above reports whether a file of a folder further up is in the image as well; nil where that
	// is not asked.
	above func(name string) bool
}

func (f Folder) Read(name string) ([]byte, bool) {
	p := path.Join(f.Dir, name)
	if outOf(p) {
		return nil, false
	}
	data, ok := f.ctx.Read(p)
	if strings.HasSuffix(p, ".toml") || path.Base(p) == "Pipfile" {
		f.ctx.Charge(tomlCost * len(data))
	}
	return data, ok
}

// tomlCost is what it costs in units of work to parse a byte of TOML, at the least; other manifests cost a fraction.
const tomlCost = 20

func (f Folder) Exists(name string) bool {
	p := path.Join(f.Dir, name)
	if outOf(p) || len(f.ctx.Match(p)) == 0 {
		return false
	}
	return f.above == nil || !strings.HasPrefix(name, "../") || f.above(name)
}

// outOf reports whether the path leads out of the context.
func outOf(p string) bool { return p == ".." || strings.HasPrefix(p, "../") }

// Independent reports whether the step certainly reads nothing below the folders, which hold what
// a COPY brings, and leaves nothing there.
func Independent(st shell.Step, dirs []string) bool {
	if len(st.Stmt.Redirs) > 0 || len(st.Cmd.Call.Assigns) > 0 && st.Cmd.Name == "" {
		return false
	}
	if slices.ContainsFunc(st.Cmd.Args(), func(w dockerfile.ShellWord) bool { return !w.Literal }) {
		return false
	}
	words := shell.ReadAs(st.In, st.Cmd, ecosystem.Spec{}).Operands // the values of flags too
	inside := func(w string) bool { return !Outside(w, dirs) }
	switch operandsOf[st.Cmd.Name] {
	case names:
		return !anyWord(words, fileLike)
	case paths:
		return !anyWord(words, inside)
	case pathsBehindFirst:
		return len(words) > 1 && !anyWord(words[1:], inside)
	case anything:
		return true
	}
	return globalInstall(st, words)
}

// operandKind says what the words of a program are that are no flags.
type operandKind uint8

const (
	unknown          operandKind = iota
	names                        // of packages, users or groups
	paths                        // of files that it writes, or URLs
	pathsBehindFirst             // the first is a mode or an owner
	anything                     // it only prints or sets the shell up
)

// operandsOf lists the programs that read no file of the project unless an operand names it.
var operandsOf = map[string]operandKind{
	"apt-get": names, "apt": names, "apk": names, "yum": names, "dnf": names, "microdnf": names,
	"docker-php-ext-install": names, "docker-php-ext-enable": names, "docker-php-ext-configure": names, "pecl": names,
	"install-php-extensions": names, "a2enmod": names, "a2dismod": names,
	"groupadd": names, "useradd": names, "addgroup": names, "adduser": names, "corepack": names,
	"rm": paths, "mkdir": paths, "touch": paths, "update-ca-certificates": paths,
	"chmod": pathsBehindFirst, "chown": pathsBehindFirst,
	"echo": anything, "true": anything, "set": anything, "ls": anything, "pwd": anything,
}

// fileLike reports whether the word may name a file of the project.
func fileLike(w string) bool {
	return strings.HasPrefix(w, ".") || strings.HasPrefix(w, "/") || strings.HasSuffix(w, ".deb") ||
		strings.HasSuffix(w, ".rpm") || strings.HasSuffix(w, ".apk") || strings.HasPrefix(w, "@")
}

func anyWord(words []shell.Word, is func(string) bool) bool {
	return slices.ContainsFunc(words, func(w shell.Word) bool { return is(w.Text) })
}

// Outside reports whether the path lies neither in one of the folders nor around one.
func Outside(p string, dirs []string) bool {
	if !strings.HasPrefix(p, "/") {
		return false
	}
	p = path.Clean(strings.TrimRight(p, "*"))
	for _, d := range dirs {
		if !strings.HasPrefix(d, "/") {
			return false
		}
		_, in := dockerfile.Below(d, p)
		_, around := dockerfile.Below(p, d)
		if in || around {
			return false
		}
	}
	return true
}

// globalInstall reports whether the command installs packages by name, or sets its package manager up, without a look
// at the project. The words are those that are no flags.
func globalInstall(st shell.Step, words []shell.Word) bool {
	call := shell.Read(st.In, st.Cmd)
	if call.Program == "mix" && len(words) == 1 {
		return strings.HasPrefix(words[0].Text, "local.") // mix local.hex
	}
	if len(words) < 2 || anyWord(words[1:], readsFile) {
		return false
	}
	return slices.ContainsFunc(projectless, func(row projectlessCall) bool {
		return row.is(&call, words[0].Text, words[1:])
	})
}

// projectlessCall is a call of a package manager that neither reads the project nor writes to it.
type projectlessCall struct {
	program string   // a pattern
	subs    []string // its subcommands
	with    []string // flags, one of which has to be given; nil where none has to
	without []string // flags that make it another call
	setting []string // operands, one of which has to be given; nil where none has to
	named   bool     // what it installs has to be a name, not a path
}

var projectless = []projectlessCall{
	{program: "pip*", subs: []string{"install"}, named: true,
		without: []string{"-r", "--requirement", "-e", "--editable", "-c", "--constraint"}},
	{program: "npm", subs: []string{"config"}},
	{program: "npm", subs: []string{"install", "i", "add"}, with: []string{"-g", "--global"}},
	{program: "pnpm", subs: []string{"config"}},
	{program: "pnpm", subs: []string{"install", "i", "add"}, with: []string{"-g", "--global"}},
	{program: "yarn", subs: []string{"global"}},
	{program: "yarn", subs: []string{"config"}, setting: classicSettings},
	{program: "composer", subs: []string{"config"}, with: []string{"-g", "--global"}}, // or else in composer.json
	{program: "bundle", subs: []string{"config"}, without: []string{"--local"}},
	{program: "poetry", subs: []string{"config"}, without: []string{"--local"}},
	{program: "pdm", subs: []string{"config"}, without: []string{"--local"}},
	{program: "*conda", subs: []string{"install", "update", "config"}, without: condaProject},
	{program: "*mamba", subs: []string{"install", "update", "config"}, without: condaProject},
	{program: "gem", subs: []string{"install"}, without: []string{"-g", "--file", "-l", "--local"}},
}

// condaProject are the flags with which conda reads a file, or writes to a folder.
var condaProject = []string{"-f", "--file", "-p", "--prefix"}

// is reports whether a call with this subcommand and these operands is one of the row.
func (row projectlessCall) is(call *shell.Call, sub string, operands []shell.Word) bool {
	if program, _ := path.Match(row.program, call.Program); !program || !slices.Contains(row.subs, sub) {
		return false
	}
	isSetting := func(w string) bool { return slices.Contains(row.setting, w) }
	return (row.with == nil || call.Has(row.with...)) && !call.Has(row.without...) &&
		(row.setting == nil || anyWord(operands, isSetting)) && !(row.named && anyWord(operands, projectPath))
}

// readsFile reports whether an operand of an install may be a file that it reads.
func readsFile(w string) bool {
	return fileLike(w) && !strings.HasPrefix(w, "@") || strings.HasSuffix(w, ".txt")
}

// classicSettings are settings that only Yarn 1 has, in its users' own file: since Yarn 2, config writes to the
// project's .yarnrc.yml.
var classicSettings = []string{"registry", "strict-ssl", "network-timeout", "network-concurrency", "cache-folder",
	"ignore-engines", "child-concurrency"}

// ManifestFolder returns the folder of the context from which the install's own manifest has come.
func (c *Install) ManifestFolder(ctx *buildcontext.Context) (Folder, bool) {
	if c.unclear || c.In.HasMount("bind") {
		return Folder{}, false
	}
	for _, m := range c.Manager.Manifests {
		if !m.Required {
			continue
		}
		at, ok := ctx.Brought(c.In, dockerfile.Join(c.Dir, m.Name))
		return Folder{ctx: ctx, Dir: path.Dir(at)}, ok
	}
	return Folder{}, false
}

// By lists what makes the install one of these dependencies: the folder in which it works, and the COPYs that bring its
// manifests there.
func (c *Install) By(ctx *buildcontext.Context) []*dockerfile.Instruction {
	all := c.In.WorkdirBy()
	for _, m := range c.Manager.Manifests {
		if in := ctx.BroughtBy(c.In, dockerfile.Join(c.Dir, m.Name)); in != nil {
			all = append(all, in)
		}
	}
	for _, file := range c.files {
		if in := ctx.BroughtBy(c.In, file); in != nil {
			all = append(all, in)
		}
	}
	return all
}

// Subcommand is the word of the install that says install or ci; nil for a bare call.
func (c *Install) Subcommand() *dockerfile.ShellWord {
	if c.sub.Text == "" || !c.sub.Literal {
		return nil
	}
	return &c.sub.ShellWord
}
