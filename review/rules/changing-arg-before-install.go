package rules

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/reorder"
)

var changingArgBeforeInstall = &analysis.Rule{
	Name:       "changing-arg-before-install",
	Doc:        "Build argument that changes with every build, declared before an install that then reruns",
	Topic:      analysis.Cache,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Yields:     true, // a COPY of the sources before the install hides the argument
	Severities: "warning, notice for an argument that changes with every release",
	Run: func(p *analysis.Pass) {
		versions := versionUses(p.File)
		for _, s := range p.File.Stages() {
			if st := readStamps(p, s, versions); len(st.runs) > 0 {
				st.report(p)
			}
		}
	},
}

// changingNames are names of arguments that say which commit is built, and when.
var changingNames = regexp.MustCompile(`(?i)^((app|source|build|ci|git|vcs|github|buildkite|drone|travis|circle)_?)*` +
	`((git|commit|vcs)_?(sha1?|hash|rev|revision|id|ref|short|short_sha|sha_short|commit|timestamp|date)|` +
	`commit|revision|short_sha|build_?(date|time|timestamp|number|num|id))$`)

// pinned is the value of an argument that says which version of another program to build.
var pinned = regexp.MustCompile(`^v?[0-9]+\.[0-9]|^[0-9a-f]{7,128}$`)

// changesEachBuild reports whether the instruction declares an argument that differs from build to build.
func changesEachBuild(in *dockerfile.Instruction) bool {
	return in.Name == "ARG" && len(in.Pairs) == 1 && changingNames.MatchString(in.Pairs[0].Key) &&
		!pinned.MatchString(in.Pairs[0].Value) && !strings.Contains(in.Pairs[0].Value, "$")
}

var (
	// ownVersion are names of arguments that say which version of the project itself is built.
	ownVersion = regexp.MustCompile(`(?i)^((app|application|build|image|package|pkg|project|release|service)_?)?(version|release)$`)
	// anyVersion are names that say so of some program.
	anyVersion = regexp.MustCompile(`(?i)^\w+_version$`)
	// othersVersion are names that say so of a program on which many build.
	othersVersion = regexp.MustCompile(`(?i)^(alpine|bun|clang|cmake|composer|cuda|debian|deno|docker|dotnet|gcc|git|` +
		`go|golang|gradle|helm|java|jdk|kubectl|llvm|maven|mysql|nginx|node|nodejs|npm|openssl|php|pip|pnpm|poetry|` +
		`postgres|postgresql|protoc|python|redis|ruby|rust|terraform|ubuntu|uv|yarn)_version$`)
	// unreleased are values of such an argument until the build gives another.
	unreleased = regexp.MustCompile(`(?i)^$|^["']{2}$|^(dev|develop|development|latest|local|main|master|none|snapshot|unknown|` +
		`unset|v?0\.0\.0)\b`)
)

// uses are what the instructions of a file do with its versions, by name.
type uses map[string]struct{ decides, inRun, anywhere bool }

// versionWord finds the names of versions.
var versionWord = regexp.MustCompile(`(?i)\b\w*(?:version|release)\b`)

// versionUses reads which versions decide what a file downloads or what it is built on, and which its RUNs name.
func versionUses(f *dockerfile.File) uses {
	all := uses{}
	for _, in := range f.Instructions() {
		if in.Name == "ARG" && in.Stage != nil {
			continue
		}
		text := in.File().Text(in.Span)
		in.File().Charge(len(text))
		settles := in.Name == "ENV" || in.Name == "LABEL"
		decides := !settles
		if in.Name == "RUN" {
			decides = strings.Contains(text, "://") || firstInstall(in) != ""
		}
		for _, name := range versionWord.FindAllString(text, -1) {
			use := all[name]
			use.decides, use.inRun, use.anywhere = use.decides || decides, use.inRun || !settles, true
			all[name] = use
		}
	}
	return all
}

// changesEachRelease reports whether the instruction declares an argument that every release gives another value: the
// version of what is built, which no download and no base image depends on.
func (u uses) changesEachRelease(in *dockerfile.Instruction) bool {
	if in.Name != "ARG" || len(in.Pairs) != 1 || !unreleased.MatchString(in.Pairs[0].Value) {
		return false
	}
	name := in.Pairs[0].Key
	if u[name].decides || !u[name].anywhere {
		return false
	}
	return ownVersion.MatchString(name) ||
		anyVersion.MatchString(name) && !othersVersion.MatchString(name) && !u[name].inRun
}

// stamps are the changing arguments of a stage that come before installs which do not use them.
type stamps struct {
	args, labels []*dockerfile.Instruction // labels hold nothing but the arguments' values
	runs         []*dockerfile.Instruction // that install
	call         string                    // the first install
	builds       bool                      // one of them changes with every build
	releases     bool                      // one of them changes with every release
	fixed        bool                      // something between them and the last install may have to come after them
}

// readStamps reads a stage up to a COPY of the sources, after which everything runs again anyway, or to the
// first step that does something with an argument.
func readStamps(p *analysis.Pass, s *dockerfile.Stage, versions uses) stamps {
	var st, found stamps // st may have read on beyond the last install
	for _, in := range s.Instructions() {
		switch used := st.usedBy(in); {
		case changesEachBuild(in):
			st.args, st.builds = append(st.args, in), true
		case versions.changesEachRelease(in):
			st.args, st.releases = append(st.args, in), true
		case in.Name == "LABEL":
			st.addLabel(in, used)
		case in.Name == "ENV":
			st.fixed = st.fixed || used
		case used, copyIn(in) != nil && bulky(p.Context, []*dockerfile.Instruction{in}):
			return found
		case in.Name == "RUN" && len(st.args) > 0:
			if st.addRun(in) {
				found = st
			}
		}
	}
	return found
}

// usedBy reports whether the instruction names one of the arguments.
func (st *stamps) usedBy(in *dockerfile.Instruction) bool {
	return slices.ContainsFunc(st.args, func(arg *dockerfile.Instruction) bool {
		return strings.Contains(in.File().Text(in.Span), arg.Pairs[0].Key)
	})
}

// addLabel takes in a LABEL, which moves along where it uses an argument.
func (st *stamps) addLabel(in *dockerfile.Instruction, used bool) {
	if !used {
		st.fixed = st.fixed || len(st.labels) > 0 // it may set the same keys
		return
	}
	st.labels = append(st.labels, in)
	st.fixed = st.fixed || !st.label(in)
}

// addRun takes in a RUN, and reports whether it installs.
func (st *stamps) addRun(in *dockerfile.Instruction) bool {
	st.fixed = st.fixed || !plainSteps(in)
	call := firstInstall(in)
	if call == "" {
		return false
	}
	if st.runs = append(st.runs, in); st.call == "" {
		st.call = call
	}
	return true
}

// label reports whether the LABEL uses no variables but the arguments.
func (st stamps) label(in *dockerfile.Instruction) bool {
	for _, u := range variableUses(in) {
		if !slices.ContainsFunc(st.args, func(arg *dockerfile.Instruction) bool { return arg.Pairs[0].Key == u.name }) {
			return false
		}
	}
	return true
}

func (st stamps) report(p *analysis.Pass) {
	list, names := st.list()
	each := "build"
	switch {
	case st.releases && st.builds:
		each = "build or release"
	case st.releases:
		each = "release"
	}
	f := analysis.Finding{
		In: st.args[0], Span: st.args[0].Span, With: append(slices.Clone(st.args[1:]), st.runs...),
		Message: analysis.Say(list+" with every "+each+", so %s further down runs again each time",
			append(names, st.call)...),
		Why: analysis.Say("Every RUN after an %s depends on its value, used or not, so a new value "+
			"invalidates its cached layer.", "ARG"),
	}
	if !st.builds {
		f.AtMost = analysis.Notice
	}
	if !st.fixed {
		moved := append(slices.Clone(st.args), st.labels...)
		slices.SortFunc(moved, func(a, b *dockerfile.Instruction) int { return a.Index - b.Index })
		f.Fix = moveBelow(moved, st.runs[len(st.runs)-1], "Declare it after the installs")
		if len(st.args) > 1 {
			f.Fix.Title = "Declare them after the installs"
		}
	}
	p.Report(f)
}

// list says that the arguments change: "%s changes", "%s, %s and %s change".
func (st stamps) list() (format string, names []any) {
	for _, arg := range st.args {
		names = append(names, arg.Pairs[0].Key)
	}
	if last := len(names) - 1; last > 0 {
		return strings.Repeat("%s, ", last-1) + "%s and %s change", names
	}
	return "%s changes", names
}

// firstInstall is the first call in the RUN that installs packages, of the system or a language; "" where
// none does.
func firstInstall(in *dockerfile.Instruction) string {
	for _, pm := range ecosystem.Systems {
		for _, call := range packageCalls(in, pm) {
			if call.does(pm.Installs) {
				return call.name()
			}
		}
	}
	if found, _, _ := reorder.Installs(in); len(found) > 0 {
		return shellText(in, found[0].Step.Cmd)
	}
	return ""
}

// plainSteps reports whether nothing in the RUN reads a variable without naming it: it only installs,
// and does what needs to be done around that.
func plainSteps(in *dockerfile.Instruction) bool {
	if in.Script == nil || in.Script.File == nil {
		return false
	}
	for _, c := range in.Script.Commands() {
		if !slices.Contains(installPrograms, c.Name) && !slices.Contains(plainPrograms, c.Name) {
			return false
		}
	}
	return true
}

// installPrograms are the package managers whose installs do not look at the variables of a build; pip and
// npm may run the scripts of packages, which seldom do.
var installPrograms = []string{"apt-get", "apt", "apk", "dnf", "microdnf", "yum", "zypper", "pip", "pip3", "npm",
	"yarn", "pnpm", "bundle",
	"composer", "poetry", "uv", "pipenv", "go"}

// plainPrograms are programs that do what their words say.
var plainPrograms = []string{"", "set", "cd", "mkdir", "rm", "rmdir", "cp", "mv", "ln", "touch", "chmod", "chown",
	"echo",
	"printf", "true", "test", "[",
	"useradd", "groupadd", "adduser", "addgroup", "usermod", "curl", "wget", "tar", "unzip", "install", "sed", "grep",
	"tee", "cat"}
