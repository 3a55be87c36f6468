package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/shell"
)

// dashScripts visits the shell code that dash runs: in RUNs, and in the CMD and the ENTRYPOINT of a stage. The image is
// one whose sh is dash, and nothing before has put another program in its place.
func dashScripts(p *analysis.Pass, sh func(baseimage.Ref) bool, visit func(in *dockerfile.Instruction)) {
	for _, s := range p.File.Stages() {
		ref, ok := baseOf(s)
		if !ok || !sh(ref) || slices.ContainsFunc(slices.Collect(s.All()), replacesSh) {
			continue
		}
		for _, in := range s.Instructions() {
			starts := (in.Name == "CMD" || in.Name == "ENTRYPOINT") && lastOfItsKind(in)
			if (in.Name == "RUN" || starts) && byDash(in.Script) {
				visit(in)
			}
		}
	}
}

// byDash reports whether sh runs the code, for images whose sh is dash.
func byDash(s *dockerfile.Script) bool {
	return s != nil && s.File != nil && (s.Shell == "sh" || s.Shell == "dash") &&
		!strings.HasPrefix(s.Text.String(), "#!")
}

// replacesSh reports whether the instruction may put another program in the place of sh.
func replacesSh(in *dockerfile.Instruction) bool {
	switch in.Name {
	case "RUN":
		text := in.Args.String()
		in.File().Charge(len(text))
		return strings.Contains(text, "bin/sh") && containsAny(text, "ln ", "mv ", "cp ", "alternatives", "divert") ||
			strings.Contains(text, "dash")
	case "COPY", "ADD":
		return mayPut(in, "/bin/sh")
	}
	return false
}

// mayPut reports whether the COPY or ADD may write a program of the system: to the root what is no single file, to one
// of the folders that hold the program, or to an unknown place.
func mayPut(in *dockerfile.Instruction, program string) bool {
	if len(in.Words) < 2 {
		return true
	}
	to := in.Expand(lastWord(in).Text)
	place := path.Join("/", in.Workdir(), to.Text)
	if cwd := in.Workdir(); path.IsAbs(to.Text) || !path.IsAbs(cwd) {
		place = path.Join("/", to.Text) // the images start in the root
	}
	dir := path.Dir(program)
	switch {
	case !to.Known:
		return true
	case place == "/":
		return in.Flag("from") != nil || in.Name == "ADD" || slices.ContainsFunc(in.Words[:len(in.Words)-1],
			func(w dockerfile.Word) bool { return path.Ext(w.Text) == "" || strings.ContainsAny(w.Text, "$*") })
	}
	return slices.Contains([]string{"/usr", dir, "/usr" + dir, program, "/usr" + program}, place)
}

// underDash is a finding on code that dash runs but only a larger shell understands; the fix sets bash for the steps
// from there on.
func underDash(in *dockerfile.Instruction, at dockerfile.Span) analysis.Finding {
	f := analysis.Finding{In: in, Span: at, Because: append(in.ShellBy(), in.Stage.SetBy(nil)...)}
	switch {
	case !in.Stage.Needed() || in.Stage.Root().Image.Default || afterScript(in):
		f.AtMost = analysis.Warning
	case in.Name != "RUN" && in.File().Final().Last(in.Name) != in:
		f.AtMost = analysis.Warning
	}
	return f
}

// afterScript reports whether an earlier step runs a program of which nothing is known, and which may change anything.
func afterScript(in *dockerfile.Instruction) bool {
	return slices.ContainsFunc(in.Stage.Before(in), func(before *dockerfile.Instruction) bool {
		return slices.ContainsFunc(shell.Commands(before), func(c *dockerfile.Command) bool {
			w := c.Words[0].Text
			return strings.HasPrefix(w, "./") || strings.HasPrefix(w, "/") && strings.HasSuffix(w, ".sh")
		})
	})
}

// setBash is the fix that makes bash run the steps from the instruction on, with these options; nil where a SHELL is
// there, or where the step chooses its shell itself.
func setBash(in *dockerfile.Instruction, options ...string) *analysis.Fix {
	if in.Script.SetBy != nil || in.Script.Inner != "" {
		return nil
	}
	var words []string
	for _, w := range append([]string{"/bin/bash"}, append(options, "-c")...) {
		words = append(words, jsonString(w))
	}
	array := " [" + strings.Join(words, ", ") + "]"
	fix := edit.InsertAbove(in, edit.Indent(in)+edit.Keyword(in, "SHELL")+array)
	fix.Title, fix.Applicability = "Let bash run the steps from here on", analysis.Unsafe
	fix.Adds = []analysis.Addition{{Stage: in.Stage.Index, Text: "SHELL" + array}}
	fix.Assume("bash runs the later steps of this stage, and what is built on it, as sh does")
	return fix
}
