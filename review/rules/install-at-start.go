package rules

import (
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/reorder"
	"github.com/dfbot/dfbot/review/shell"
)

var installAtStart = &analysis.Rule{
	Name:     "install-at-start",
	Doc:      "CMD or ENTRYPOINT that installs or compiles each time a container starts",
	Topic:    analysis.Runtime,
	Since:    "0.1",
	Severity: analysis.Warning,
	Severities: "warning, notice for an install that may fill a volume, and where a name says that the image is for " +
		"developers",
	Run: func(p *analysis.Pass) {
		final := p.File.Final()
		if final == nil || !p.Context.Known() {
			return
		}
		start := final.Last("ENTRYPOINT")
		if start == nil || start.JSON && len(afterInit(start)) == 0 {
			start = final.Last("CMD")
		}
		if start == nil {
			return
		}
		s := starting{p: p, final: final, in: start}
		if forDevelopers(p.File.Path) || forDevelopers(final.Name) {
			s.most = analysis.Notice
		}
		for _, words := range startedCommands(start) {
			if s.check(words) {
				return
			}
		}
	},
}

// starting is what a container of the final stage starts.
type starting struct {
	p     *analysis.Pass
	final *dockerfile.Stage
	in    *dockerfile.Instruction
	most  analysis.Severity
}

// startedCommands are the words of the commands that the instruction starts, one after the other; none where anything
// but a chain of plain words says which run.
func startedCommands(in *dockerfile.Instruction) (all [][]string) {
	code := in.Args.String()
	if in.JSON {
		var words []string
		for _, w := range afterInit(in) {
			words = append(words, w.Text)
		}
		if len(words) != 3 || !slices.Contains(posixShells, path.Base(words[0])) ||
			!strings.HasPrefix(words[1], "-") || !strings.HasSuffix(words[1], "c") {
			return [][]string{words}
		}
		code = words[2]
	}
	if notPlain.MatchString(code) {
		return nil
	}
	for _, part := range chained.Split(code, -1) {
		words := strings.Fields(part)
		for len(words) > 0 && (words[0] == "exec" || assignment.MatchString(words[0])) {
			words = words[1:]
		}
		if len(words) > 0 {
			all = append(all, words)
		}
	}
	return all
}

var (
	notPlain   = regexp.MustCompile("[|\"'`()<>{}\\\\\r\n]|(?:^|[\\s;&])(?:if|for|while|case|until|test|\\[)\\s")
	chained    = regexp.MustCompile(`&&|;`)
	assignment = regexp.MustCompile(`^\w+=`)
)

// check reports the command where it certainly fetches or writes what the image should hold.
func (s starting) check(words []string) bool {
	if len(words) < 2 {
		return false
	}
	switch program, sub := path.Base(words[0]), words[1]; {
	case program == "uv" && sub == "run":
		return s.runsByUV(words[2:])
	case program == "npx":
		return s.runsByNpx(words[1:])
	case program == "go" && sub == "run":
		return s.report(nil, analysis.Say("%s compiles the program each time a container starts",
			strings.Join(words, " ")),
			analysis.Say("The image has to hold Go and the sources for that, and each start waits. Compile it in a "+
				"RUN with %s, and start what that writes.", "go build"))
	default:
		return s.installs(words)
	}
}

func (s starting) report(fix *analysis.Fix, message, why analysis.Message) bool {
	f := analysis.Finding{In: s.in, Span: s.in.Args.Span(0, len(s.in.Args.String())), Message: message, Why: why,
		AtMost: s.most, Fix: fix, Because: s.final.SetBy(s.in)}
	s.p.Report(f)
	return true
}

// end is the last instruction of the final stage.
func (s starting) end() *dockerfile.Instruction {
	all := s.final.Instructions()
	if len(all) == 0 {
		return s.in
	}
	return all[len(all)-1]
}

// manifest is the file of the context that is in the folder in which the container starts.
func (s starting) manifest(name string) (string, bool) {
	return s.p.Context.Brought(s.end(), dockerfile.Join(s.dir(), name))
}

// dir is the folder in which the container starts.
func (s starting) dir() string { return s.end().Workdir() }

// alone reports whether all that the image holds is known: an official image, and no files of other stages or images.
func (s starting) alone() bool {
	from := s.final.Root()
	if !from.Image.Known || baseimage.Parse(from.Image.Text).Library() == "" {
		return false
	}
	for in := range s.final.All() {
		if in.Flag("from") != nil || in.HasMount("bind", "cache") {
			return false
		}
	}
	return true
}

// mentions reports whether a RUN of the stage, or of one that it is built from, has the text in it.
func (s starting) mentions(text string) bool {
	for in := range s.final.All() {
		if in.Name == "RUN" && strings.Contains(in.File().Text(in.Span), text) {
			return true
		}
	}
	return false
}

// installs reports an install of the dependencies of which no RUN has done anything: of a manager whose manifest is in
// the image. npm ci always begins anew.
func (s starting) installs(words []string) bool {
	m := startedInstall(words)
	if m == nil || !s.hasManifest(m) {
		return false
	}
	program := path.Base(words[0])
	fresh := program == "npm" && words[1] == "ci"
	if !fresh && (!s.alone() || s.mentions(program)) {
		return false
	}
	why := analysis.Say("Each start waits for it, fails without the network, and may get other versions than the "+
		"last. Install them in a %s.", "RUN")
	if fresh {
		why = analysis.Say("It deletes %s and installs it anew: each start waits for it and fails without the "+
			"network. Run it in a %s.", "node_modules", "RUN")
	}
	s.most = analysis.Notice // perhaps they are to be in a volume
	return s.report(nil, analysis.Say("%s installs the dependencies each time a container starts",
		strings.Join(words, " ")), why)
}

// hasManifest reports whether a file that the manager requires is in the folder in which the container starts.
func (s starting) hasManifest(m *ecosystem.Manager) bool {
	return slices.ContainsFunc(m.Manifests, func(row ecosystem.Manifest) bool {
		if !row.Required || strings.Contains(row.Name, "*") {
			return false
		}
		_, ok := s.manifest(row.Name)
		return ok
	})
}

// startedInstall is the manager whose install of a project's dependencies the words are; nil for any other command.
func startedInstall(words []string) *ecosystem.Manager {
	operands := slices.DeleteFunc(slices.Clone(words[1:]), func(w string) bool { return strings.HasPrefix(w, "-") })
	for _, m := range ecosystem.Managers {
		if !m.Program(path.Base(words[0])) ||
			slices.ContainsFunc(words, func(w string) bool { return slices.Contains(m.Elsewhere, w) }) {
			continue
		}
		for _, row := range m.Installs {
			if len(row.Words) > 0 && row.Code == nil && row.Packages == ecosystem.NoProject &&
				slices.Equal(operands, row.Words) {
				return m
			}
		}
	}
	return nil
}

// byNpx are programs that people start by npx, and that hardly a package brings along for another.
var byNpx = setOf("serve http-server json-server live-server nodemon pm2 wrangler ts-node-dev lite-server")

// runsByNpx reports a program that npx has to download, because neither package.json nor a RUN names it.
func (s starting) runsByNpx(words []string) bool {
	at := slices.IndexFunc(words, func(w string) bool { return !strings.HasPrefix(w, "-") })
	if at < 0 || slices.ContainsFunc(words[:at], func(w string) bool { return w != "-y" && w != "--yes" }) {
		return false
	}
	name, _, _ := strings.Cut(words[at], "@")
	if !byNpx[name] || s.mentions(name) || s.packaged(name) {
		return false
	}
	return s.report(nil, analysis.Say("%s downloads %s each time a container starts",
		"npx "+words[at], name),
		analysis.Say("Neither the image nor %s has it, so each start fails without the network and may get another "+
			"version than the last. Install it in a %s.", "package.json", "RUN"))
}

// packaged reports whether a package.json that the Dockerfile copies may name the package, or one may be there of
// which nothing is known.
func (s starting) packaged(name string) bool {
	for in := range s.final.All() {
		if in.Flag("from") != nil && strings.Contains(in.File().Text(in.Span), "node_modules") {
			return true
		}
	}
	file, ok := s.manifest("package.json")
	if !ok {
		return !s.alone() && s.mentions("npm")
	}
	var project struct{ Dependencies, DevDependencies, OptionalDependencies map[string]string }
	data, read := s.p.Context.Read(file)
	if !read || json.Unmarshal(data, &project) != nil {
		return true
	}
	return project.Dependencies[name]+project.DevDependencies[name]+project.OptionalDependencies[name] != ""
}

// runsByUV reports uv run that installs what each uv sync of the file has left out.
func (s starting) runsByUV(words []string) bool {
	for _, w := range words {
		if !strings.HasPrefix(w, "-") || w == "-m" || w == "--module" {
			break
		}
		if !slices.Contains([]string{"--frozen", "--locked", "-q", "--quiet"}, w) {
			return false
		}
	}
	for _, name := range []string{"UV_NO_SYNC", "UV_NO_DEV", "UV_NO_DEFAULT_GROUPS", "UV_PROJECT", "UV_NO_GROUP"} {
		if s.end().Defined(name) {
			return false
		}
	}
	syncs := s.syncs()
	name := s.leftOut(syncs)
	if name == "" {
		return false
	}
	return s.report(s.noSync(syncs), analysis.Say("%s installs the development dependencies, such as %s, each time a "+
		"container starts", "uv run", name),
		analysis.Say("%s has left them out, so without %s each start fails where there is no network or the user may "+
			"not write.", syncs[0].Text(), "--no-sync"))
}

// leftOut is a development dependency of the project that the calls of uv sync leave out; "" where none is known.
func (s starting) leftOut(syncs []reorder.Install) string {
	for _, sync := range syncs {
		if dir, ok := sync.ManifestFolder(s.p.Context); ok {
			name, _ := sync.Manager.Development.Has(dir)
			return name
		}
	}
	return ""
}

// syncs are the calls of uv sync in the file, each for the folder in which the container starts and without the
// development dependencies; none where one is not so, or another command of uv may have installed them.
func (s starting) syncs() (all []reorder.Install) {
	for _, in := range s.p.File.Instructions() {
		if in.Name != "RUN" {
			continue
		}
		found, _, _ := reorder.Installs(in)
		for _, cmd := range shell.Calls(in, "uv") {
			call := shell.Read(in, cmd)
			at := slices.IndexFunc(found, func(i reorder.Install) bool { return i.Step.Cmd == cmd })
			switch {
			case slices.Contains([]string{"pip", "venv", "python", "lock", "export", "cache", "tool", "build"},
				call.Sub.Text):
			case at < 0 || call.Sub.Text != "sync" || found[at].Dir != s.dir() || !leavesOutDevelopment(&call):
				return nil
			default:
				all = append(all, found[at])
			}
		}
	}
	return all
}

// leavesOutDevelopment reports whether uv sync installs no development dependencies.
func leavesOutDevelopment(call *shell.Call) bool {
	return call.Has("--no-dev", "--no-default-groups") && !call.Has("--group", "--all-groups", "--dev", "--only-group")
}

// noSync is the fix that has uv run install nothing.
func (s starting) noSync(syncs []reorder.Install) *analysis.Fix {
	fix := &analysis.Fix{Title: "Install nothing at the start", Applicability: analysis.Unsafe}
	fix.Assume("the program needs none of the development dependencies")
	if last := syncs[len(syncs)-1]; slices.Contains(last.Flags, "--no-install-project") {
		fix.Assume("the program runs although %s does not install the project", last.Text())
	}
	for i, w := range s.in.Words {
		if s.in.JSON && i > 0 && w.Text == "run" && s.in.File().Text(w.Span) == jsonString("run") {
			fix.Edits = []analysis.Edit{analysis.Insert(w.Span.End, ", "+jsonString("--no-sync"))}
			return fix
		}
	}
	if at := strings.Index(s.in.Args.String(), "uv run "); !s.in.JSON && at >= 0 {
		fix.Edits = []analysis.Edit{analysis.Insert(s.in.Args.Pos(at+len("uv run")), " --no-sync")}
		return fix
	}
	return nil
}
