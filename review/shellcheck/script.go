package shellcheck

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// script is the shell code of one RUN, as the program gets it.
type script struct {
	in       *dockerfile.Instruction // the RUN, or the ONBUILD that holds it
	run      *dockerfile.Instruction // the RUN
	code     *dockerfile.Script
	prologue string // our lines before the code
	deaf     bool   // directives in the code silence nothing
}

// input is what the program reads: the prologue, and the code with each byte that is no UTF-8 as one character
// of its own, so that characters can be counted.
func (s script) input() []byte {
	var b strings.Builder
	b.WriteString(s.prologue)
	text := s.code.Text.String()
	if s.deaf {
		text = directive.ReplaceAllStringFunc(text, strings.ToUpper)
	}
	for _, r := range text {
		b.WriteRune(r)
	}
	b.WriteByte('\n')
	return []byte(b.String())
}

// directive is how a comment begins that speaks to the program: `# shellcheck disable=...`, wherever a comment may
// begin. The program takes some blanks outside ASCII for blanks. What only looks like a comment, in a string or a
// heredoc, loses nothing by being in capitals.
var directive = regexp.MustCompile(`#[^\n!-~]*shellcheck`)

// scriptsOf lists the scripts of the unit of which something may be to be said: all where the configuration
// names further codes. Code that our own parser does not read is not among them: shell-syntax-error reports
// it.
func scriptsOf(u *analysis.Unit) []script {
	var all []script
	named := slices.ContainsFunc(slices.Collect(maps.Values(u.Codes)),
		func(s analysis.Severity) bool { return s != analysis.Off })
	for _, in := range u.File.Instructions() {
		run := in.Inner()
		if run.Name != "RUN" || run.Script == nil || run.Script.File == nil || !named && !mayFind(run) {
			continue
		}
		if len(all) > MaxScripts {
			break // they are not asked about
		}
		if dialect := dialectOf(run); dialect != "" {
			all = append(all, script{in, run, run.Script, prologue(u, run, dialect), u.NoIgnoreComments})
		}
	}
	return all
}

// prologue gives the program the dialect and the variables of a script, and repeats the directives with which
// the script begins: they would hold for no more than its first command otherwise.
func prologue(u *analysis.Unit, run *dockerfile.Instruction, dialect string) string {
	var b strings.Builder
	b.WriteString("# shellcheck shell=" + dialect + "\n")
	if !u.NoIgnoreComments {
		for _, m := range leading.FindAllString(head(run.Script.Text.String()), -1) {
			b.WriteString(m + "\n")
		}
	}
	b.WriteString("export " + strings.Join(variables(run), " ") + "\n")
	return b.String()
}

// leading is a directive that asks the program for silence.
var leading = regexp.MustCompile(`(?m)^#[ \t]*shellcheck[ \t]+disable=[A-Z0-9,]+`)

// head is the comments with which a script begins.
func head(text string) string {
	end := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			break
		}
		end += len(line)
	}
	return text[:end]
}

// dialectOf names the shell that runs the RUN, as ShellCheck knows it: sh, dash, bash or ksh; "" for one that it
// does not know. The name is one that version 0.7 knows as well.
func dialectOf(run *dockerfile.Instruction) string {
	shell := run.Script.Shell
	if named := interpreter(run.Script.Text.String()); named != "" {
		shell = named
	}
	switch shell {
	case "bash", "dash":
		return shell
	case "ksh", "mksh":
		return "ksh"
	case "ash", "busybox":
		return "dash" // which is its nearest relative
	case "sh":
		return posix(run)
	}
	return ""
}

// interpreter is the program that the first line of a script names, "" where it names none.
func interpreter(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	if !strings.HasPrefix(line, "#!") {
		return ""
	}
	for _, w := range strings.Fields(line[2:]) {
		if name := path.Base(w); name != "env" && !strings.HasPrefix(w, "-") {
			return name
		}
	}
	return ""
}

// posix is the dialect of the program that goes by the name of sh in the base image.
func posix(run *dockerfile.Instruction) string {
	switch family(run.Stage) {
	case baseimage.Debian, baseimage.Ubuntu, baseimage.Alpine, baseimage.Wolfi, baseimage.BusyBox:
		return "dash"
	case baseimage.RedHat, baseimage.SUSE, baseimage.Arch:
		return "bash"
	}
	return "sh"
}

// base is the image that the stage is built on, at last.
func base(s *dockerfile.Stage) (baseimage.Ref, bool) {
	if s == nil {
		return baseimage.Ref{}, false
	}
	lineage := s.Lineage()
	image := lineage[len(lineage)-1].Image
	return baseimage.Parse(image.Text), image.Known
}

func family(s *dockerfile.Stage) baseimage.Family {
	if ref, ok := base(s); ok {
		return ref.Family()
	}
	return baseimage.Unknown
}

// proxies are set in every RUN, where the builder has them
// (https://docs.docker.com/reference/dockerfile/#predefined-args).
var proxies = []string{
	"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy", "NO_PROXY", "no_proxy",
	"ALL_PROXY", "all_proxy",
}

// nameable is a name that a shell can give a variable; ENV takes others.
var nameable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// pairCost is what a variable in a prologue costs, in units of work.
const pairCost = 50

// variables are the names that are set at the RUN, sorted: those of ENV and ARG in its stage and in
// those it is built from, and the builder's own. What an ONBUILD holds is run in another build, which knows
// the ENVs only.
func variables(run *dockerfile.Instruction) []string {
	set := map[string]bool{}
	for _, name := range proxies {
		set[name] = true
	}
	for _, before := range run.Stage.Before(run) {
		if run.OnBuild && before.Trigger != nil {
			before = before.Trigger
		}
		if before.Name != "ENV" && (before.Name != "ARG" || run.OnBuild && !before.OnBuild) {
			continue
		}
		run.File().Charge(pairCost * len(before.Pairs))
		for _, p := range before.Pairs {
			if nameable.MatchString(p.Key) {
				set[p.Key] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}
