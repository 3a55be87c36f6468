package rules

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/reorder"
	"github.com/dfbot/dfbot/review/secrets"
	"github.com/dfbot/dfbot/review/shell"
)

var devDependenciesInFinalStage = &analysis.Rule{
	Name:     "dev-dependencies-in-final-stage",
	Doc:      "Development dependencies installed in the final image",
	Topic:    analysis.Size,
	Since:    "0.1",
	Severity: analysis.Warning,
	Run: func(p *analysis.Pass) {
		final := p.File.Final()
		if final == nil || !p.Context.Known() || forDevelopers(p.File.Path) || forDevelopers(final.Name) {
			return
		}
		for in := range final.All() {
			found, _, _ := reorder.Installs(in)
			for _, call := range found {
				if call.Manager.Development != nil {
					reportDevelopment(p, final, call)
				}
			}
		}
	},
}

// forDevelopers reports whether a name says that the image is one to work or to test in.
func forDevelopers(name string) bool {
	for _, part := range secrets.Words(strings.ReplaceAll(strings.ReplaceAll(name, "/", "."), "+", ".")) {
		if slices.Contains(developerWords, part) {
			return true
		}
	}
	return false
}

// developerWords are words in the names of images that are made to work or to test in.
var developerWords = strings.Fields(`dev devel develop development test tests testing e2e ci debug lint docs
	storybook devcontainer local example examples`)

func reportDevelopment(p *analysis.Pass, final *dockerfile.Stage, call reorder.Install) {
	dir, ok := call.ManifestFolder(p.Context)
	if !ok {
		return
	}
	name, has := call.Manager.Development.Has(dir)
	if !has || decidesOnDevelopment(call) || laterUse(final, call) || !startsWithout(final, dir) {
		return
	}
	f := analysis.Finding{
		In: call.In, Span: call.Step.Cmd.Span,
		Message: analysis.Say("%s also installs development dependencies, such as %s, in the image", call.Text(), name),
		Why: analysis.Say("They make it larger and show up in vulnerability scans, and nothing " +
			"in this file uses them."),
	}
	f.Because = append(call.By(p.Context), final.Inherits(call.In)...)
	for _, cmd := range shell.Commands(call.In) { // any of which may use what is installed
		f.Values = append(f.Values, shell.Values(call.In, cmd.Words...)...)
	}
	for _, name := range []string{"ENTRYPOINT", "CMD"} {
		if start := final.Last(name); start != nil {
			f.Because = append(f.Because, final.SetBy(start)...)
		}
	}
	leaveOut(&f, call, dir)
	p.Report(f)
}

// leaveOut adds the fix that leaves the packages out, or says which script of the install may need one of them.
func leaveOut(f *analysis.Finding, call reorder.Install, dir reorder.Folder) {
	needs, opaque := ecosystem.Hook{}, ecosystem.Hook{}
	if call.Scripts() {
		needs, opaque = call.Manager.Development.Hooks(dir)
	}
	flag, assumes := withoutDevelopment(call, opaque)
	at := endOfSubcommand(call)
	switch {
	case needs.Members != "":
		f.Why = analysis.Say(f.Why.Format+" No patch is offered, because the install also runs the scripts of the "+
			"packages in this repository that %s names, and they may need one of them.", needs.Members)
	case needs != ecosystem.Hook{}:
		f.Why = analysis.Say(f.Why.Format+" No patch is offered, because the install runs the script %s, "+
			"and %s in it may be or need one of them.", needs.Script, needs.Program)
	case flag != "" && at > 0:
		f.Fix = &analysis.Fix{
			Title: "Install without development dependencies", Applicability: analysis.Unsafe, Assumes: assumes,
			Edits: []analysis.Edit{analysis.Insert(at, " "+flag)},
		}
	}
}

// withoutDevelopment is the flag that leaves the packages out, with what it assumes, also of a script that the
// install runs. npm changed its own flag in version 7.
func withoutDevelopment(call reorder.Install, opaque ecosystem.Hook) (flag string, assumes []analysis.Message) {
	flag = call.Manager.Development.Flag
	assumes = []analysis.Message{analysis.Say("the program needs no development dependency at run time")}
	if opaque != (ecosystem.Hook{}) {
		assumes = append(assumes, analysis.Say("the install's script %s needs none either", opaque.Script))
	}
	if call.Manager.Name == "npm" {
		switch npmOf(call.In) {
		case oldNpm:
			flag = "--only=production"
		case someNpm:
			assumes = append(assumes, analysis.Say("npm is version 7 or later, which knows %s", "--omit"))
		}
	}
	return flag, assumes
}

// endOfSubcommand is the offset after install or ci, or after the program's name in a bare call.
func endOfSubcommand(call reorder.Install) int {
	if w := call.Subcommand(); w != nil {
		return w.Span.End
	}
	if len(call.Step.Cmd.Words) > 0 {
		return call.Step.Cmd.Words[0].Span.End
	}
	return 0
}

// decidesOnDevelopment reports whether a flag, a variable or a setting decides about them.
func decidesOnDevelopment(call reorder.Install) bool {
	dev := call.Manager.Development
	for _, f := range call.Flags {
		if dev.Leaves(f) {
			return true
		}
	}
	text := call.In.File().Text(call.In.Span)
	for _, v := range dev.Variables {
		if call.In.Defined(v) || strings.Contains(text, v+"=") {
			return true
		}
	}
	for _, x := range append(call.In.Stage.Before(call.In), call.In) {
		if t := x.File().Text(x.Span); x.Name == "RUN" && strings.Contains(t, "config") &&
			(strings.Contains(t, "without") || strings.Contains(t, "production") || strings.Contains(t, "omit") ||
				strings.Contains(t, "deployment")) {
			return true
		}
	}
	return false
}

// builders are the programs that may use packages for development: to build, to test, to prune.
var builders = map[string]bool{
	"npm": true, "npx": true, "yarn": true, "pnpm": true, "pnpx": true, "bun": true, "bunx": true, "node": true,
	"tsc": true, "vite": true, "webpack": true, "ng": true, "nx": true, "turbo": true, "gulp": true, "grunt": true,
	"next": true, "make": true, "sh": true, "bash": true, "pytest": true, "mypy": true, "ruff": true, "phpunit": true,
	"rspec": true, "poetry": true, "uv": true, "pdm": true, "bundle": true, "rake": true, "rails": true,
	"composer": true, "php": true, "artisan": true, "rm": true,
}

// laterUse reports whether a step after the install may use or remove packages for development.
func laterUse(final *dockerfile.Stage, call reorder.Install) bool {
	passed := false
	for _, cmd := range shell.Commands(call.In) {
		if cmd == call.Step.Cmd {
			passed = true
		} else if passed && mayUse(call.In, cmd) {
			return true
		}
	}
	for in := range final.All() {
		if in.Index <= call.In.Index || in.Name != "RUN" {
			continue
		}
		if in.Script == nil || in.Script.File == nil {
			return true
		}
		for _, cmd := range in.Script.Commands() {
			if mayUse(in, cmd) {
				return true
			}
		}
	}
	return false
}

// mayUse reports whether the command may use, or remove, installed packages.
func mayUse(in *dockerfile.Instruction, cmd *dockerfile.Command) bool {
	if cmd.Name == "" || strings.Contains(cmd.Words[0].Text, "/") && !strings.HasPrefix(cmd.Words[0].Text, "/usr/") &&
		!strings.HasPrefix(cmd.Words[0].Text, "/bin/") {
		return true
	}
	if cmd.Name == "rm" {
		for _, w := range cmd.Args() {
			if !w.Literal || strings.Contains(w.Text, "node_modules") || strings.Contains(w.Text, "vendor") ||
				strings.Contains(w.Text, ".venv") {
				return true
			}
		}
		return false
	}
	if !builders[cmd.Name] {
		return false
	}
	call := shell.Read(in, cmd)
	return !slices.Contains([]string{"cache", "config", "clear-cache", "dump-autoload", "dumpautoload"}, call.Verb())
}

// startsWithout reports whether the program that the image starts certainly needs only the other packages.
func startsWithout(final *dockerfile.Stage, dir reorder.Folder) bool {
	words := startWords(final)
	if len(words) == 0 {
		return false
	}
	switch program := path.Base(words[0]); {
	case slices.Contains([]string{"npm", "yarn", "pnpm", "bun"}, program):
		script := ""
		if len(words) > 1 {
			script = words[1]
		}
		if script == "run" && len(words) > 2 {
			script = words[2]
		}
		return strings.HasPrefix(scriptOf(dir, script), "node ")
	case !slices.Contains(runtimes, program):
		return false
	}
	return !slices.ContainsFunc(words, func(w string) bool { return containsAny(w, developmentTools...) })
}

// startWords are the words of the ENTRYPOINT and the CMD of the stage.
func startWords(s *dockerfile.Stage) []string {
	var words []string
	for _, name := range []string{"ENTRYPOINT", "CMD"} {
		if in := s.Last(name); in != nil {
			for _, w := range in.Words {
				words = append(words, strings.Fields(w.Text)...)
			}
		}
	}
	return words
}

// runtimes are programs that run the program of an image in production.
var runtimes = []string{"node", "python", "python3", "gunicorn", "uvicorn", "php", "php-fpm", "apache2-foreground",
	"puma", "unicorn"}

// developmentTools are parts of words that start a program for its developers.
var developmentTools = []string{"dev", "test", "nodemon", "watch", "ts-node", "tsx", "pytest", "inspect", "register",
	"reload"}

// scriptOf returns a script of the package.json, "" without one.
func scriptOf(dir reorder.Folder, name string) string {
	data, ok := dir.Read("package.json")
	var p struct{ Scripts map[string]string }
	if !ok || json.Unmarshal(data, &p) != nil {
		return ""
	}
	s := p.Scripts[name]
	for _, tool := range []string{"nodemon", "ts-node", "tsx", "--watch", "-r ", "--require", "--import"} {
		if strings.Contains(s, tool) {
			return ""
		}
	}
	return s
}
