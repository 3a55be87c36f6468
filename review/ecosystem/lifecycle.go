package ecosystem

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Hook is a script of the project that an install runs, and the program in it that matters.
type Hook struct {
	Script, Program string
	// Members is, instead of both, the file that names packages in folders of the repository, whose own scripts the
	// install runs too.
	Members string
}

// Hooks returns what the scripts that an install runs on its own want. Needs is one that runs a program which is not
// known to come from elsewhere than the development packages: without them the install stops. Opaque is one that runs
// code which may load one of them. Each is the zero Hook if there is none.
func (d *Development) Hooks(r Reader) (needs, opaque Hook) {
	if d.hooks == nil {
		return Hook{}, Hook{}
	}
	return d.hooks(r)
}

// packageScripts are the scripts of package.json that an install of npm, yarn, pnpm or bun runs
// (https://docs.npmjs.com/cli/v11/using-npm/scripts#life-cycle-operation-order,
// https://pnpm.io/scripts#pnpmdevpreinstall).
var packageScripts = []string{
	"pnpm:devPreinstall", "preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare",
	"predependencies", "dependencies", "postdependencies",
}

func packageHooks(r Reader) (needs, opaque Hook) {
	data, _ := r.Read("package.json")
	var p javascriptPackage
	_ = json.Unmarshal(data, &p) // what is of another type than it should be is left out, by npm too
	workspaces, _ := r.Read("pnpm-workspace.yaml")
	switch {
	case pnpmMembers.Match(workspaces):
		return Hook{Members: "pnpm-workspace.yaml"}, Hook{}
	case p.hasWorkspaces(), hasFolder(p.Dependencies), hasFolder(p.DevDependencies), hasFolder(p.OptionalDependencies):
		return Hook{Members: "package.json"}, Hook{}
	}
	w := hookWalk{
		scripts: map[string][]string{}, run: regexp.MustCompile(`^(?:npm|yarn|pnpm|bun)$`),
		opaque: []string{"node", "sh", "bash", "bun", "deno", "python", "python3", "make"},
	}
	for name, text := range p.Scripts {
		w.scripts[name] = []string{text}
	}
	w.known = func(program string) bool {
		for _, from := range []map[string]string{p.Dependencies, p.OptionalDependencies, p.PeerDependencies} {
			if _, ok := from[program]; ok {
				return true
			}
		}
		return false
	}
	return w.hooks(packageScripts)
}

// pnpmMembers is where a pnpm-workspace.yaml names folders.
var pnpmMembers = regexp.MustCompile(`(?m)^["']?packages["']?\s*:`)

// localFolder is a version that is a folder of the repository.
var localFolder = regexp.MustCompile(`^(?:(?:file|link|portal|workspace):|\.{0,2}/|~/)`)

// hasFolder reports whether one of the packages is a folder of the repository, and no archive.
func hasFolder(packages map[string]string) bool {
	for _, version := range packages {
		if localFolder.MatchString(version) && !strings.HasSuffix(version, ".tgz") &&
			!strings.HasSuffix(version, ".tar.gz") && !strings.HasSuffix(version, ".tar") {
			return true
		}
	}
	return false
}

// composerEvents are those that an install of Composer runs
// (https://getcomposer.org/doc/articles/scripts.md#event-names).
var composerEvents = []string{
	"init", "command", "pre-command-run", "pre-install-cmd", "post-install-cmd", "pre-autoload-dump",
	"post-autoload-dump", "pre-update-cmd", "post-update-cmd", "pre-operations-exec", "pre-pool-create",
	"pre-file-download", "post-file-download", "pre-package-install", "post-package-install", "pre-package-update",
	"post-package-update",
}

func composerHooks(r Reader) (needs, opaque Hook) {
	data, _ := r.Read("composer.json")
	var p struct{ Scripts map[string]any }
	_ = json.Unmarshal(data, &p)
	w := hookWalk{scripts: map[string][]string{}, run: regexp.MustCompile(`^composer$`),
		opaque: []string{"php", "sh", "bash", "make"}, known: func(string) bool { return false }}
	for name, script := range p.Scripts {
		lines, _ := script.([]any)
		if line, ok := script.(string); ok {
			lines = []any{line}
		}
		for _, l := range lines {
			if line, ok := l.(string); ok {
				w.scripts[name] = append(w.scripts[name], composerLine(line))
			}
		}
	}
	return w.hooks(composerEvents)
}

// staticCall is a method of a class, which Composer calls itself.
var staticCall = regexp.MustCompile(`^[\w\\]+::\w+$`)

// composerLine is one line of a script as a shell would be given it. @php and @composer mean the programs, @putenv sets
// a variable, and @ before any other word for a script.
func composerLine(line string) string {
	word, rest, _ := strings.Cut(line, " ")
	switch {
	case staticCall.MatchString(line):
		return "php"
	case word == "@php", word == "@composer":
		return word[1:] + " " + rest
	case word == "@putenv":
		return "true"
	case strings.HasPrefix(word, "@"):
		return runScript + " " + word[1:]
	}
	return line
}

// runScript is how hookWalk knows a line that runs another script.
const runScript = "@run"

// hookWalk looks through the scripts that an install runs, and those that they run.
type hookWalk struct {
	scripts map[string][]string
	run     *regexp.Regexp            // the programs that run further scripts by name; may be nil
	opaque  []string                  // programs that run code of the project
	known   func(program string) bool // what comes with the packages that stay

	seen []string
}

func (w *hookWalk) hooks(names []string) (needs, opaque Hook) {
	for _, name := range names {
		n, o := w.script(name)
		if n != "" {
			return Hook{Script: name, Program: n}, opaque
		}
		if o != "" && opaque == (Hook{}) {
			opaque = Hook{Script: name, Program: o}
		}
	}
	return Hook{}, opaque
}

// maxScripts bounds how many scripts are looked into.
const maxScripts = 50

// script returns the program that the script needs, or one of unknown needs; "" if there is none.
func (w *hookWalk) script(name string) (needs, opaque string) {
	if slices.Contains(w.seen, name) {
		return "", ""
	}
	if w.seen = append(w.seen, name); len(w.seen) > maxScripts {
		return name, ""
	}
	for _, text := range w.scripts[name] {
		n, o := w.text(text)
		if n != "" {
			return n, o
		}
		if opaque == "" {
			opaque = o
		}
	}
	return "", opaque
}

// harmless are the programs of a shell and of every system that need no package.
var harmless = []string{
	"echo", "printf", "true", "false", ":", "exit", "test", "[", "cd", "mkdir", "rm", "rmdir", "cp", "mv", "touch",
	"chmod", "ln", "cat", "ls", "pwd", "sleep", "export", "set",
}

// text looks at the commands of one line of shell code. One that cannot be read needs whatever it likes.
func (w *hookWalk) text(text string) (needs, opaque string) {
	f, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(text), "")
	if err != nil || len(text) > 4096 {
		return text[:min(len(text), 60)], ""
	}
	syntax.Walk(f, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && needs == "" && len(call.Args) > 0 {
			n, o := w.call(call)
			needs = n
			if opaque == "" {
				opaque = o
			}
		}
		return needs == ""
	})
	return needs, opaque
}

func (w *hookWalk) call(call *syntax.CallExpr) (needs, opaque string) {
	var words []string
	for _, a := range call.Args {
		words = append(words, literal(a))
	}
	program := words[0]
	switch {
	case slices.Contains(harmless, program):
		return "", ""
	case program == runScript && len(words) == 2:
		return w.script(words[1])
	case program == "npx", program == "bunx":
		return w.fetched(words)
	case w.run != nil && w.run.MatchString(program):
		return w.manager(words)
	case slices.Contains(w.opaque, program):
		return w.code(words)
	case program != "" && w.known(program):
		return "", program
	}
	var b strings.Builder
	_ = syntax.NewPrinter().Print(&b, call.Args[0])
	return b.String(), ""
}

// literal is the word without quotes; "" where it is not known.
func literal(word *syntax.Word) string {
	var b strings.Builder
	for _, part := range word.Parts {
		switch part := part.(type) {
		case *syntax.Lit:
			b.WriteString(part.Value)
		case *syntax.SglQuoted:
			b.WriteString(part.Value)
		case *syntax.DblQuoted:
			for _, inner := range part.Parts {
				lit, ok := inner.(*syntax.Lit)
				if !ok || strings.Contains(lit.Value, `\`) {
					return ""
				}
				b.WriteString(lit.Value)
			}
		default:
			return ""
		}
	}
	return b.String()
}

// fetchedAnyway are programs that are usual in the scripts of an install and never installed: npx fetches them.
var fetchedAnyway = []string{"only-allow", "npm-force-resolutions"}

// fetched looks at a call of npx, which takes the installed package and fetches what is not there: perhaps another
// version than the one that is asked for, or a package of another kind, since a program may be called otherwise than
// its package.
func (w *hookWalk) fetched(words []string) (needs, opaque string) {
	fetches := true
	for _, word := range words[1:] {
		switch {
		case word == "--no", word == "--no-install":
			fetches = false
		case word == "-p", word == "-c", strings.HasPrefix(word, "--package"), strings.HasPrefix(word, "--call"):
			return "", words[0]
		case strings.HasPrefix(word, "-"):
		case word == "":
			return words[0], ""
		case w.known(word), fetches && slices.Contains(fetchedAnyway, word), fetches &&
			strings.LastIndex(word, "@") > 0:
			return "", word
		default:
			return word, ""
		}
	}
	return "", words[0]
}

// inPackages is a path into the installed packages, with the package or the program.
var inPackages = regexp.MustCompile(`(?:^|/)(?:node_modules/(?:\.bin/)?((?:@[^/]+/)?[^/]+)|vendor/.+)`)

// code looks at a call of a program that runs code of the project, or of an installed package.
func (w *hookWalk) code(words []string) (needs, opaque string) {
	for i, word := range words[1:] {
		next := ""
		if i+2 < len(words) {
			next = words[i+2]
		}
		found := inPackages.FindStringSubmatch(word)
		switch shell := words[0] == "sh" || words[0] == "bash"; {
		case shell && word == "-c":
			return w.text(next)
		case words[0] == "node" && word == "--run":
			return w.script(next)
		case found != nil && !w.known(found[1]):
			return word, ""
		}
	}
	return "", words[0]
}

// manager looks at a call that may run another script, `npm run x` or `yarn x`, or an installed program, `npm exec x`.
func (w *hookWalk) manager(words []string) (needs, opaque string) {
	named := slices.DeleteFunc(slices.Clone(words), func(word string) bool { return strings.HasPrefix(word, "-") })
	if len(named) < 2 {
		return words[0], ""
	}
	if len(named) > 2 && slices.Contains([]string{"run", "run-script", "exec", "x"}, named[1]) &&
		w.scripts[named[1]] == nil {
		if named[1] == "exec" || named[1] == "x" {
			return w.fetched(append([]string{words[0]}, words[slices.Index(words, named[1])+1:]...))
		}
		named = named[1:]
	}
	if w.scripts[named[1]] == nil {
		if words[0] == "composer" {
			return "", words[0]
		}
		return strings.Join(words[:2], " "), ""
	}
	for _, name := range []string{"pre" + named[1], named[1], "post" + named[1]} {
		n, o := w.script(name)
		if n != "" {
			return n, o
		}
		if opaque == "" {
			opaque = o
		}
	}
	return "", opaque
}
