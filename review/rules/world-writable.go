package rules

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

var worldWritable = &analysis.Rule{
	Name:       "world-writable",
	Doc:        "Files that every user in the container can change",
	Topic:      analysis.Users,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice where a comment or the folder of a compiler shows that it is on purpose",
	Aliases:    []string{"DF034"},
	Run: func(p *analysis.Pass) {
		explained := explainedModes(p.File)
		eachUser(p.File, func(in *dockerfile.Instruction, who account) {
			all := modes(in)
			open := make([]mode, 0, len(all))
			for i, m := range all {
				if writableByAll(m.text) && !slices.ContainsFunc(all[i+1:], m.closedBy) {
					open = append(open, m)
				}
			}
			if len(open) > 0 {
				reportWritable(p, in, open, who, explained(in))
			}
		})
	},
}

// explainedModes returns which instructions a comment explains: one that says for whom the modes are, in the same stage
// or before the first, at or before the end of the instruction. Lines between the two change nothing.
func explainedModes(f *dockerfile.File) func(*dockerfile.Instruction) bool {
	first := map[*dockerfile.Stage]int{} // where the first such comment of a stage ends
	for _, c := range f.Comments() {
		at := c.Instruction
		if at == nil {
			at = c.Next
		}
		if at == nil || !arbitraryUsers.MatchString(c.Text) {
			continue
		}
		stage := at.Stage
		if at.Name == "FROM" && at.Index == 0 {
			stage = nil
		}
		if _, ok := first[stage]; !ok {
			first[stage] = c.Span.End
		}
	}
	return func(in *dockerfile.Instruction) bool {
		_, above := first[nil]
		end, ok := first[in.Stage]
		return above || ok && end <= in.Span.End
	}
}

// reportWritable reports the modes of an instruction, all in one finding.
func reportWritable(p *analysis.Pass, in *dockerfile.Instruction, all []mode, who account, explained bool) {
	f := analysis.Finding{In: in, Span: all[0].span, Extent: map[string]int{"modes": len(all)},
		Why: analysis.Say("An attacker in one program can then change the files that others run or read.")}
	var paths []string
	for _, m := range all {
		paths = append(paths, m.paths...)
	}
	switch {
	case len(paths) == 0:
		f.Message = analysis.Say("%s lets every user in the container change these files", all[0].text)
	case len(paths) == 1:
		f.Message = analysis.Say("%s lets every user in the container change %s", all[0].text, paths[0])
	default:
		f.Message = analysis.Say("%s lets every user in the container change %s, and %d more in this instruction",
			all[0].text, paths[0], len(paths)-1)
	}
	onPurpose := explained || slices.ContainsFunc(paths, toolHome.MatchString)
	if onPurpose {
		f.AtMost = analysis.Notice
	}
	switch user := endingUser(in.File().Final()); {
	case onPurpose || slices.ContainsFunc(paths, forAll):
		f.Fix = rewritten(all, withSticky)
		if f.Fix != nil {
			f.Fix.Title = "Set the sticky bit"
			f.Fix.Caveat = analysis.Say("Users can then no longer delete or rename each other's files there.")
		}
	case user.other() && user.name != who.name && madeFor(in, paths):
		f.Why = analysis.Say("An attacker in one program can then change the files that others run or read. "+
			"%s alone needs to write there: give it the directory with %s.", user.written(), "chown")
		f.Because = in.File().Final().SetBy(user.set)
	default:
		f.Fix = rewritten(all, withoutOthers)
		if f.Fix != nil {
			f.Fix.Title = "Remove the write permission for others"
			f.Fix.Caveat = analysis.Say("A program that is neither the owner nor in the group can no longer "+
				"write there: give it the files with %s.", "chown")
		}
	}
	p.Report(f)
}

// closedBy reports whether a later mode of the same instruction takes the permission away again, from all paths.
func (m mode) closedBy(later mode) bool {
	if len(m.paths) == 0 || !slices.Equal(m.paths, later.paths) {
		return false
	}
	if digits, ok := numeric(later.text); ok {
		return digits[len(digits)-1]&2 == 0
	}
	all := actions(later.text)
	opened := append([]action{{"o", '+', "w"}}, all...)
	return len(all) > 0 && !gives(opened, "w", "o")
}

var (
	// arbitraryUsers is a comment that says for whom the mode is.
	arbitraryUsers = regexp.MustCompile(`(?i)(?:\b(?:arbitrary|any|random|every|all|other|different|various)` +
		`\b.{0,24}\b(?:users?|uids?|gids?)\b|--user\b|\bopenshift\b)`)

	// toolHome is a folder that a compiler fills as the user who builds.
	toolHome = regexp.MustCompile(
		`\$\{?(?:GOPATH|CARGO_HOME|RUSTUP_HOME|GEM_HOME|BUNDLE_PATH|CONDA_DIR|NVM_DIR|SDKMAN_DIR)\b`)
)

// forAll reports whether a directory is there for all users.
func forAll(dir string) bool {
	return slices.Contains([]string{"/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/var/lock"},
		strings.TrimRight(dir, "/"))
}

// madeFor reports whether the RUN makes one of the paths as a directory that keeps its owner: others are to write
// there.
func madeFor(in *dockerfile.Instruction, paths []string) bool {
	if len(shell.Calls(in, "chown")) > 0 {
		return false
	}
	for _, c := range shell.Calls(in, "mkdir", "install") {
		if c.Name == "install" && !slices.ContainsFunc(c.Args(), isDirectoryFlag) {
			continue
		}
		if slices.ContainsFunc(c.Args(), func(w dockerfile.ShellWord) bool {
			return slices.Contains(paths, in.File().Text(w.Span))
		}) {
			return true
		}
	}
	return false
}

func isDirectoryFlag(w dockerfile.ShellWord) bool { return w.Text == "-d" || w.Text == "--directory" }

// rewritten is the fix that gives each of the modes another form; nil where one has none.
func rewritten(all []mode, form func(text string) string) *analysis.Fix {
	fix := &analysis.Fix{Applicability: analysis.Unsafe}
	for _, m := range all {
		text := form(m.text)
		if text == "" {
			return nil
		}
		fix.Edits = append(fix.Edits, analysis.Edit{Span: m.span, New: text})
	}
	return fix
}

// writableByAll reports whether the mode gives others write permission, without the sticky bit that makes
// a directory such as /tmp safe.
func writableByAll(text string) bool {
	if digits, ok := numeric(text); ok {
		sticky := len(digits) > 3 && digits[len(digits)-4]&1 != 0
		return digits[len(digits)-1]&2 != 0 && !sticky
	}
	all := actions(text)
	sticky := slices.ContainsFunc(all, func(a action) bool { return a.op != '-' && strings.Contains(a.perms, "t") })
	return gives(all, "w", "o") && !sticky
}

// withoutOthers is the mode without write permission for others; "" where it has no such form.
func withoutOthers(text string) string {
	if _, ok := numeric(text); ok {
		last := text[len(text)-1]
		return text[:len(text)-1] + string(last&^2)
	}
	all := actions(text)
	rest, found := strings.CutPrefix(text, "a+")
	switch {
	case text == "o+w":
		return "" // it does nothing else
	case !found || len(all) != 1:
		return text + ",o-w"
	}
	if rest = strings.ReplaceAll(rest, "w", ""); rest == "" {
		return "ug+w"
	}
	return "a+" + rest + ",ug+w"
}

// withSticky is the mode with the sticky bit; "" where it has no such form.
func withSticky(text string) string {
	digits, ok := numeric(text)
	switch {
	case !ok:
		return text + ",+t"
	case len(digits) == 3:
		return "1" + digits
	}
	return string(digits[0]|1) + digits[1:]
}
