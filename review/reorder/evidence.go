package reorder

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

// assumes tells the fix what the plan takes for granted: everything that decides what the installs read and was not
// read and understood in full. It looks at the base image, the variables, the steps before the install, its words, its
// manifests and settings, and at the files that it writes. Where all of that is known, the fix stays safe.
func (p *Plan) assumes(fix *analysis.Fix) {
	p.doubtRest(fix)
	p.doubtStages(fix)
	p.doubtBase(fix)
	p.doubtPlaces(fix)
	for _, call := range p.calls {
		p.doubtBefore(fix, call)
		if call.system != "" {
			p.doubtSystem(fix, call)
		} else {
			p.doubtCall(fix, call)
		}
	}
	p.doubtManifests(fix)
	if len(p.stubs) > 0 && p.o.stage.Last("USER") != nil {
		fix.Assume("the user of the build may write to the %s", "WORKDIR")
	}
	if p.output != "" {
		fix.Assume("no build runs from a working copy with %s in it, which %s does not exclude", p.output,
			".dockerignore")
	}
}

// doubtBase: a base image may bring variables and settings of its own, and steps for the images that are built on it.
func (p *Plan) doubtBase(fix *analysis.Fix) {
	from := p.o.stage.Root()
	if !from.Image.Known || !baseimage.Parse(from.Image.Text).BringsNoSettings() {
		fix.Assume("the base image %s sets nothing because of which %s reads further files", from.Image.Text,
			p.calls[0].ahead())
	}
}

// systemFolders are those in which programs look for settings, or are themselves.
var systemFolders = regexp.MustCompile(`^/(?:$|(?:etc|bin|sbin|lib\w*|dev|proc|sys|run|boot)(?:/|$)|var(?:$|` +
	`/(?:lib|cache|spool)(?:/|$))|` +
	`usr(?:$|/(?:bin|sbin|lib\w*|include|etc)(?:/|$)|/(?:local|share)(?:$|/(?:bin|etc|lib\w*|share)(?:/|$))))`)

// doubtStages: what another stage builds is not known.
func (p *Plan) doubtStages(fix *analysis.Fix) {
	for _, c := range p.o.Copies {
		if fromStage(c) {
			fix.Assume("%s brings nothing that %s reads", c.OneLine(), p.calls[0].ahead())
		}
	}
}

// doubtPlaces: among the files of a system, sources may be settings.
func (p *Plan) doubtPlaces(fix *analysis.Fix) {
	for _, dir := range p.dests() {
		if !path.IsAbs(dir) || systemFolders.MatchString(dir) {
			fix.Assume("nothing that is copied to %s makes %s read further files", dir, p.calls[0].ahead())
		}
	}
}

// maxBefore is how many earlier instructions are read for what they do to an install: more than people write.
const maxBefore = 150

// doubtBefore looks at what comes before the install: variables, and steps that may set its program up.
func (p *Plan) doubtBefore(fix *analysis.Fix, call Install) {
	before := p.o.stage.Before(call.In)
	if len(before) > maxBefore {
		fix.Assume("none of the %d instructions before it makes %s read further files", len(before), call.ahead())
		return
	}
	for _, in := range before {
		switch in.Name {
		case "ENV", "ARG":
			for _, pair := range in.Pairs {
				if !p.harmless(call, in, pair) {
					fix.Assume("%s names nothing that %s reads", pair.Key, call.ahead())
				}
			}
		case "RUN":
			if steps, plain := shell.Chain(in); !p.called[in] && (!plain || in.HasMount("bind") || !p.idle(steps)) {
				fix.Assume("%s sets nothing up because of which %s reads further files", in.OneLine(), call.ahead())
			}
		case "COPY", "ADD":
			if !p.moves(in) && !p.aware(in) {
				fix.Assume("%s brings no settings because of which %s reads further files", in.OneLine(), call.ahead())
			}
		case "SHELL":
			fix.Assume("the shell that %s sets starts %s as it is written", "SHELL", call.ahead())
		}
	}
	if p.o.homely(call.In) {
		fix.Assume("no file in the home directory makes %s read further files", call.ahead())
	}
}

// ordinary are variables that no package manager takes for a path, or whose path leads out of the project.
var ordinary = regexp.MustCompile(`^(?:NODE_ENV|PORT|HOST|LANG|LANGUAGE|LC_\w+|TZ|TERM|CI|DEBIAN_FRONTEND|` +
	`PYTHONUNBUFFERED|` +
	`(?:RAILS|RACK|MIX|APP|HANAMI|ASPNETCORE)_ENV(?:IRONMENT)?|BUNDLE_(?:WITHOUT|WITH|DEPLOYMENT|FROZEN|JOBS|RETRY|` +
	`SILENCE_ROOT_WARNING|FORCE_RUBY_PLATFORM)|COMPOSER_(?:ALLOW_SUPERUSER|NO_INTERACTION|MEMORY_LIMIT|NO_DEV|` +
	`PROCESS_TIMEOUT|NO_AUDIT|FUND|DISABLE_XDEBUG_WARN|ROOT_VERSION)|DOTNET_(?:CLI_TELEMETRY_OPTOUT|NOLOGO|` +
	`RUNNING_IN_CONTAINER|SYSTEM_GLOBALIZATION_INVARIANT|USE_POLLING_FILE_WATCHER|SKIP_FIRST_TIME_EXPERIENCE|` +
	`TieredPGO|EnableDiagnostics|ENVIRONMENT)|NUGET_XMLDOC_MODE|ASPNETCORE_URLS|ASPNETCORE_HTTP_PORTS|BUILD_CONFIGURATION|` +
	`PIPENV_(?:NOSPIN|HIDE_EMOJIS|YES|VERBOSITY|IGNORE_VIRTUALENVS|COLORBLIND|QUIET)|PDM_(?:CHECK_UPDATE|` +
	`USE_VENV)|` +
	`PYTHONDONTWRITEBYTECODE|PYTHONHASHSEED|PYTHONFAULTHANDLER|CGO_ENABLED|GOOS|GOARCH|GOARM|GO111MODULE|TARGET\w+|` +
	`BUILDPLATFORM|BUILDOS|BUILDARCH|BUILDVARIANT|SOURCE_DATE_EPOCH|NPM_CONFIG_(?:LOGLEVEL|FUND|AUDIT|` +
	`UPDATE_NOTIFIER)|` +
	`NEXT_TELEMETRY_DISABLED|DO_NOT_TRACK|COREPACK_ENABLE_DOWNLOAD_PROMPT|UV_COMPILE_BYTECODE|UV_LINK_MODE|` +
	`PIP_(?:NO_CACHE_DIR|DISABLE_PIP_VERSION_CHECK|DEFAULT_TIMEOUT|ROOT_USER_ACTION)|` +
	`POETRY_(?:NO_INTERACTION|VIRTUALENVS_CREATE|VIRTUALENVS_IN_PROJECT|VERSION)|` +
	`APP(?:LICATION)?_?(?:HOME|DIR|ROOT|PATH|NAME|USER|ENV|PORT)|WORK_?DIR|PROJECT_(?:DIR|ROOT|HOME)|` +
	`(?:HTTPS?|NO|FTP|ALL)_PROXY|(?:https?|no|ftp|all)_proxy)$`)

// harmless reports whether the variable that the instruction sets names no file that the copies bring when the install
// runs, whichever program reads it. The folders of the base image's own PATH hold none.
func (p *Plan) harmless(call Install, in *dockerfile.Instruction, pair dockerfile.Pair) bool {
	if ordinary.MatchString(pair.Key) {
		return true
	}
	v := call.In.Var(pair.Key)
	if !v.Known && pair.HasValue {
		v = in.Expand(ownPath.ReplaceAllString(pair.Value, ""))
	}
	return v.Known && !p.mayName(call.In, v.Text)
}

var ownPath = regexp.MustCompile(`\$(?:PATH\b|\{PATH\})`)

// addresses are places on the network.
var addresses = regexp.MustCompile(`\b(?:https?|ssh|git|redis|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|` +
	`amqps?)://[^\s"',;]*`)

// mayName reports whether a word of the text may name a file or folder that the copies bring.
func (p *Plan) mayName(in *dockerfile.Instruction, text string) bool {
	text = addresses.ReplaceAllString(text, "")
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\n\r:,;=\"'()[]{}<>|&", r) })
	return slices.ContainsFunc(words, func(word string) bool { return p.names(in, word) })
}

func (p *Plan) names(in *dockerfile.Instruction, word string) bool {
	p.o.ctx.Charge(10)
	switch {
	case strings.ContainsAny(word, "$`*?~\\"), word == ".", word == "..", strings.HasPrefix(word, "../"):
		return true
	case strings.HasPrefix(word, "/"):
		return p.touched(path.Clean(word))
	}
	for _, dir := range append(p.dests(), in.Workdir()) {
		if p.touched(dockerfile.Join(dir, word)) && !isRoot(dockerfile.Join(dir, word), p.dests()) {
			return true
		}
	}
	return false
}

// isRoot reports whether the path is that of a folder to which the copies write, or around it.
func isRoot(abs string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool { _, around := dockerfile.Below(abs, d); return around })
}

// touched reports whether one of the copies may bring something there.
func (p *Plan) touched(abs string) bool {
	return slices.ContainsFunc(p.o.Copies, func(c *dockerfile.Instruction) bool {
		if fromStage(c) {
			return !Outside(abs, []string{p.o.dest(c)})
		}
		return p.o.ctx.Copy(c).Touches(abs)
	})
}

// idle reports whether the steps are known to leave the settings of all package managers alone, or set nothing that is
// among the sources.
func (p *Plan) idle(steps []shell.Step) bool {
	for _, st := range steps {
		if !Independent(st, p.dests()) {
			return false
		}
		switch operandsOf[st.Cmd.Name] {
		case names, anything, paths, pathsBehindFirst:
			continue
		}
		for i, w := range st.Cmd.Args() {
			if p.mayName(st.In, w.Text) && !(i > 0 && groupSettings.MatchString(st.Cmd.Args()[i-1].Text)) {
				return false
			}
		}
	}
	return true
}

// groupSettings are settings of Bundler whose value are names of groups.
var groupSettings = regexp.MustCompile(`^(?:with|without)$`)

// programFolders are folders in which no package manager looks for settings.
var programFolders = regexp.MustCompile(`^/(?:usr/(?:local/)?)?s?bin(?:/|$)`)

// aware reports whether what the COPY brings is known: it is needed itself, among the sources, or a program.
func (p *Plan) aware(in *dockerfile.Instruction) bool {
	dest := p.o.dest(in)
	if programFolders.MatchString(dest) || p.onlyNeeded(in) {
		return true
	}
	return slices.ContainsFunc(p.dests(), func(d string) bool { _, ok := dockerfile.Below(d, dest); return ok }) &&
		in.Flag("from") == nil
}

// onlyNeeded reports whether the COPY brings nothing but files that the plan has read.
func (p *Plan) onlyNeeded(in *dockerfile.Instruction) bool {
	return !slices.ContainsFunc(buildcontext.Sources(in), func(s buildcontext.Source) bool {
		return !s.Local || !s.Path.Known || !p.narrow[path.Clean(s.Path.Text)]
	})
}

// home is a folder in which programs look for their settings.
var home = regexp.MustCompile(`^/(?:root|home/[^/]+)?$`)

// homely reports whether the copies may bring settings into a home directory.
func (o *Order) homely(in *dockerfile.Instruction) bool {
	own := in.Var("HOME")
	for _, c := range o.Copies {
		if dest := o.dest(c); home.MatchString(dest) || own.Known && own.Text == dest {
			return true
		}
	}
	return in.Defined("HOME") && !own.Known
}

// doubtCall looks at the install itself: its words, and the lock that it may write.
func (p *Plan) doubtCall(fix *analysis.Fix, call Install) {
	p.doubtStart(fix, call, call.Step)
	if call.build { // the command that fetches is ours
		if call.Manager.Name != "go" { // whose go.sum says what can be fetched
			fix.Assume("%s fetches nothing that the build does without", call.ahead())
		}
		return
	}
	read := shell.ReadAs(call.In, call.Step.Cmd, call.Manager.Spec())
	for _, f := range read.Flags {
		if !p.understood(call, f) {
			fix.Assume("%s does not make %s read further files", f.Name, call.ahead())
		}
	}
	for _, w := range read.Operands {
		if call.row.Packages == ecosystem.Both && !ecosystem.Requirement(w.Text) {
			fix.Assume("%s is no file that %s reads", w.Text, call.ahead())
		}
	}
	if at := p.rewrites(call); at != "" {
		fix.Assume("%s leaves %s as it is", call.ahead(), at)
	}
}

// doubtStart looks at how a command of the install's RUN is started, and with which variables.
func (p *Plan) doubtStart(fix *analysis.Fix, call Install, st shell.Step) {
	if len(st.Cmd.Wrapper) > 0 || len(st.Stmt.Redirs) > 0 {
		fix.Assume("%s starts as it is written", call.ahead())
	}
	for _, a := range st.Cmd.Call.Assigns {
		if a.Name != nil && !ordinary.MatchString(a.Name.Value) &&
			p.mayName(call.In, call.In.File().Text(call.In.Script.Span(a))) {
			fix.Assume("%s names nothing that %s reads", a.Name.Value, call.ahead())
		}
	}
}

// understood reports whether the flag is known to name no file but those that the plan knows.
func (p *Plan) understood(call Install, f shell.Flag) bool {
	m := call.Manager
	switch {
	case slices.Contains(slices.Concat(call.row.Files, call.row.Also, m.Dirs, m.Into), f.Name):
		return true // the plan follows them
	case slices.Contains(slices.Concat(m.Inert, m.OffScripts, m.Frozen), f.Name):
		return true
	case slices.Contains(m.Valued, f.Name):
		return f.Value.Known && !p.mayName(call.In, f.Value.Text)
	}
	return false
}

// rewrites returns the lock file that the install may write anew, and that the copies then put back; "" if there is
// none.
func (p *Plan) rewrites(call Install) string {
	m := call.Manager
	if call.Locked || m.KeepsLock || call.build || call.repeats() || p.frozen(call) {
		return ""
	}
	for _, n := range p.needed {
		if row := m.Manifest(path.Base(n.path)); row != nil && row.Lock {
			return n.path
		}
	}
	return ""
}

// frozen reports whether a flag, a variable or a setting has the install leave the lock file as it is.
func (p *Plan) frozen(call Install) bool {
	m := call.Manager
	said := func(name string) bool {
		v := call.In.Var(name)
		return v.Known && (v.Text == "1" || v.Text == "true")
	}
	if slices.ContainsFunc(call.Flags, func(f string) bool { return slices.Contains(m.Frozen, f) }) ||
		slices.ContainsFunc(m.FrozenVars, said) {
		return true
	}
	frozen := false
	for _, in := range p.o.stage.Before(call.In) {
		frozen = p.freezes(in, m) || frozen
	}
	return frozen || p.freezes(call.In, m)
}

// freezes reports whether a RUN has a setting of the manager say so, as in bundle config set frozen true.
func (p *Plan) freezes(in *dockerfile.Instruction, m *ecosystem.Manager) bool {
	if in.Name != "RUN" || len(m.FrozenSettings) == 0 {
		return false
	}
	steps, plain := shell.Chain(in)
	return plain && slices.ContainsFunc(steps, func(st shell.Step) bool {
		words := shell.ReadAs(st.In, st.Cmd, m.Spec())
		n := len(words.Operands)
		return m.Program(st.Cmd.Name) && words.Sub.Text == "config" && n > 1 && words.Operands[n-1].Text == "true" &&
			slices.Contains(m.FrozenSettings, words.Operands[n-2].Text)
	})
}

// doubtManifests: each file that is copied first was read in full, or is a doubt. So is a folder, and what of a working
// copy the install looks into.
func (p *Plan) doubtManifests(fix *analysis.Fix) {
	for _, r := range p.reads {
		m := r.call.Manager
		if p.inert[r.path] && (m.Manifest(path.Base(r.path)) == nil || path.Dir(r.abs) != r.call.Dir) {
			continue
		}
		c := ecosystem.Call{Manager: m, Program: path.Base(r.call.Step.Cmd.Name), File: path.Base(r.path),
			Flags: r.call.Flags, Scripts: r.call.Scripts(), Member: p.member[r.path]}
		doubts := m.Doubts
		if r.folder {
			doubts = m.FolderDoubts
		}
		for _, d := range doubts(p.folderOf(r.needed), path.Base(r.path), c) {
			fix.Assume(d.Says, d.Words...)
		}
		for _, name := range m.LooksInto {
			if at := path.Join(path.Dir(r.path), name); !p.o.ctx.Ignored(at) && !p.o.ctx.Ignored(at+"/x") {
				fix.Assume("no build runs from a working copy with %s in it, which %s does not exclude", at,
					".dockerignore")
			}
		}
	}
}

// read is a file that an install reads.
type read struct {
	needed
	call Install
}
