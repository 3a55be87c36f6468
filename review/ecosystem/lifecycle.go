package ecosystem

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Hook is a script of the project that an install runs, and the program in it that matters.
type Hook struct{ Script, Program string }

// Hooks tells what the scripts that an install runs by itself want. Needs is one that runs a program which is not known to come from
// elsewhere than the development packages: without them the install stops. Opaque is one that runs code which may load one of them. Each
// is the zero Hook where there is none.
func (d *Development) Hooks(r Reader) (needs, opaque Hook) {
	if d.hooks == nil {
		return Hook{}, Hook{}
	}
	return d.hooks(r)
}

// packageScripts are the scripts of package.json that an install of npm, yarn, pnpm or bun runs
// (https://docs.npmjs.com/cli/v11/using-npm/scripts#life-cycle-operation-order, https://pnpm.io/scripts#pnpmdevpreinstall).
var packageScripts = []string{
	"pnpm:devPreinstall", "preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare", "predependencies", "dependencies", "postdependencies",
}

func packageHooks(r Reader) (needs, opaque Hook) {
	data, _ := r.Read("package.json")
	var p struct {
		Scripts                                              map[string]string
		Dependencies, OptionalDependencies, PeerDependencies map[string]string
	}
	if json.Unmarshal(data, &p) != nil {
		return Hook{}, Hook{}
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

// composerEvents are those that an install of Composer runs (https://getcomposer.org/doc/articles/scripts.md#command-events).
var composerEvents = []string{"pre-install-cmd", "post-install-cmd", "pre-autoload-dump", "post-autoload-dump", "pre-update-cmd", "post-update-cmd", "pre-operations-exec"}

func composerHooks(r Reader) (needs, opaque Hook) {
	data, _ := r.Read("composer.json")
	var p struct{ Scripts map[string]any }
	if json.Unmarshal(data, &p) != nil {
		return Hook{}, Hook{}
	}
	w := hookWalk{scripts: map[string][]string{}, opaque: []string{"php", "sh", "bash", "make"}, known: func(string) bool { return false }}
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

// composerLine is one line of a script as a shell would be given it. @php and @composer stand for the programs, @putenv sets a variable, and
// @ before any other word for a script.
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
			return Hook{name, n}, opaque
		}
		if o != "" && opaque == (Hook{}) {
			opaque = Hook{name, o}
		}
	}
	return Hook{}, opaque
}

// maxScripts bounds how many scripts are looked into.
const maxScripts = 50

// script returns the program that the script needs, or one of unknown needs; "" where there is none.
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
	"echo", "printf", "true", "false", ":", "exit", "test", "[", "cd", "mkdir", "rm", "rmdir", "cp", "mv", "touch", "chmod", "ln", "cat", "ls", "pwd", "sleep", "export", "set",
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
		words = append(words, a.Lit())
	}
	program := words[0]
	switch {
	case slices.Contains(harmless, program):
		return "", ""
	case program == runScript && len(words) == 2:
		return w.script(words[1])
	case w.run != nil && w.run.MatchString(program):
		return w.manager(words)
	case program == "npx" && len(words) > 1 && words[len(words)-1] != "": // fetches what is not there
		return "", program
	case program == "composer", slices.Contains(w.opaque, program):
		return "", program
	case program != "" && w.known(program):
		return "", program
	}
	var b strings.Builder
	_ = syntax.NewPrinter().Print(&b, call.Args[0])
	return b.String(), ""
}

// manager looks at a call that may run another script: `npm run x`, `yarn x`.
func (w *hookWalk) manager(words []string) (needs, opaque string) {
	if len(words) > 2 && (words[1] == "run" || words[1] == "run-script") {
		words = words[1:]
	}
	if len(words) > 1 && w.scripts[words[1]] != nil {
		return w.script(words[1])
	}
	return strings.Join(words[:min(len(words), 2)], " "), ""
}
