package rules

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/reorder"
	"github.com/dfbot/dfbot/review/shell"
)

var chownLayer = &analysis.Rule{
	Name:     "chown-layer",
	Doc:      "chown -R after a COPY, which stores all the files a second time",
	Topic:    analysis.Size,
	Since:    "0.1",
	Severity: analysis.Warning,
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, r := range relayers(in, "chown") {
				if r.copies = withoutFlag(r.copies, "chown"); bulky(p.Context, r.copies) && in.Stage.Ships() {
					reportChown(p, r)
				}
			}
		}
	},
}

func reportChown(p *analysis.Pass, r relayer) {
	last := r.copies[len(r.copies)-1]
	cmd := r.steps[r.at].Cmd
	because, values := r.by()
	because = append(because, shippedBy(p.File, r.in.Stage)...)
	f := analysis.Finding{
		In: r.in, Span: cmd.Span, With: []*dockerfile.Instruction{last}, Because: because, Values: values,
		Message: analysis.Say("%s stores the files of %s a second time", shellText(r.in, cmd), last.OneLine()),
	}
	flag := "COPY --chown"
	if r.value != "" {
		flag += "=" + r.value
	}
	f.Why = analysis.Say("Each push and pull transfers both copies; %s sets the owner while copying.", flag)
	if installs := r.installs(); len(installs) > 0 {
		f.Why = analysis.Say("Each push and pull transfers both copies; %s sets the owner while copying. The packages "+
			"of %s are stored twice too, unless it runs as their owner.", flag, installs[0].Text())
	}
	f.Fix = r.chownFix()
	p.Report(f)
}

// installs lists the installs before that fill a folder below the path.
func (r *relayer) installs() (all []reorder.Install) {
	for _, in := range r.in.Stage.Instructions() {
		if in.Index >= r.in.Index {
			break
		}
		found, _, _ := reorder.Installs(in)
		for _, i := range found {
			if _, below := dockerfile.Below(r.path, i.Dir); below && i.Manager.Output != "" {
				all = append(all, i)
			}
		}
	}
	return all
}

// userWithGroup is a user with a group. Without one, chown leaves the group and COPY changes it, so they
// are not the same.
var userWithGroup = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*:[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// chownFix sets the owner in the COPYs; nil where it is not certain that they can.
func (r *relayer) chownFix() *analysis.Fix {
	cmd := r.steps[r.at].Cmd
	if !userWithGroup.MatchString(r.value) || len(cmd.Words) != 4 || !recursiveAlone(cmd) || !r.onlyCopied() ||
		len(relayers(r.in, "chmod")) > 0 {
		return nil
	}
	fix := &analysis.Fix{
		Title:         "Set the owner in the COPY",
		Applicability: analysis.Unsafe,
		Caveat: analysis.Say("The directory %s itself, and anything else in it, keeps its owner: "+
			"check that the program does not write there.", r.path),
	}
	if !r.ownerKnown(r.copies[0]) {
		return r.copyAfterUser(fix)
	}
	part := r.without()
	if part == nil {
		return nil
	}
	edit.Add(fix, part)
	for _, c := range r.copies {
		if c.Flag("link") != nil {
			return nil
		}
		fix.Edits = append(fix.Edits, r.withOwner(c))
	}
	return fix
}

// recursiveAlone reports whether -R is the one flag of the command.
func recursiveAlone(c *dockerfile.Command) bool {
	return c.Words[1].Text == "-R" || c.Words[1].Text == "--recursive"
}

func (r *relayer) withOwner(c *dockerfile.Instruction) analysis.Edit {
	at := c.Keyword.End
	return analysis.Insert(at, " --chown="+r.value)
}

// copyAfterUser moves the last COPY after the RUN, which creates the user that the COPY needs.
func (r *relayer) copyAfterUser(fix *analysis.Fix) *analysis.Fix {
	f, c := r.in.File(), r.copies[len(r.copies)-1]
	block, after := c.WithComments(), f.LineSpan(r.in.Lines())
	if !r.createsUserFirst(c) || !strings.HasSuffix(f.Text(after), "\n") || r.in.WithComments().Start < block.End {
		return nil
	}
	cut := r.cut()
	if cut == nil {
		return nil
	}
	text := f.Text(block)
	at := c.Keyword.End - block.Start
	line := c.Span.Start - len(edit.Indent(c)) - block.Start
	comments := edit.CommentLines(c, edit.TakeComments(f, cut))
	text = text[:line] + comments + text[line:at] + " --chown=" + r.value + text[at:]
	if blank := blankLines(f, block.End); blank > 0 {
		block.End += blank
		text = f.EOL() + text
	}
	edit.Add(fix, cut)
	fix.Edits = append(fix.Edits, analysis.Edit{Span: block}, analysis.Insert(after.End, text))
	fix.Effect, fix.Drops = analysis.Split, []dockerfile.Span{r.steps[r.at].Cmd.Span}
	fix.Title = "Create the user first, and set the owner in the COPY"
	return fix
}

// createsUserFirst reports whether the RUN directly after the COPY creates the user, and does nothing with the files
// but to give them to it.
func (r *relayer) createsUserFirst(c *dockerfile.Instruction) bool {
	touches := func(st shell.Step) bool { return !reorder.Independent(st, []string{r.path}) }
	return len(r.steps) > 1 && c.Index == r.in.Index-1 && c.Flag("link") == nil && len(c.Heredocs) == 0 &&
		r.ownerMade(r.steps[:r.at]) && !slices.ContainsFunc(r.steps[r.at+1:], touches)
}

// blankLines counts the bytes of the empty lines from the offset on.
func blankLines(f *dockerfile.File, at int) int {
	n := 0
	for at+n < len(f.Src) && (f.Src[at+n] == '\n' || f.Src[at+n] == '\r') {
		n++
	}
	return n
}

// ownerKnown reports whether the user and the group certainly exist at the COPY.
func (r *relayer) ownerKnown(c *dockerfile.Instruction) bool {
	user, group, _ := strings.Cut(r.value, ":")
	if allDigits(user) && allDigits(group) || builtIn(c.Stage, r.value) {
		return true
	}
	var steps []shell.Step
	for _, in := range c.Stage.Before(c) {
		if in.Name == "RUN" && !in.JSON {
			more, plain := shell.Chain(in)
			if plain {
				steps = append(steps, more...)
			}
		}
	}
	return r.ownerMade(steps)
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// builtIn reports whether the base image is known to have the owner.
func builtIn(s *dockerfile.Stage, owner string) bool {
	image := s.Root().Image
	ref := baseimage.Parse(image.Text)
	return owner == "root:root" || image.Known && ref.Official() &&
		(owner == "node:node" && ref.Name == "node" || owner == "nginx:nginx" && ref.Name == "nginx" ||
			owner == "www-data:www-data" &&
				(ref.Name == "php" || ref.Name == "httpd" || ref.Name == "debian" || ref.Name == "ubuntu"))
}

// ownerMade reports whether the steps create the user and the group.
func (r *relayer) ownerMade(steps []shell.Step) bool {
	user, group, _ := strings.Cut(r.value, ":")
	haveUser, haveGroup := allDigits(user), allDigits(group)
	for _, st := range steps {
		call := shell.Read(r.in, st.Cmd)
		names := func(name string) bool {
			return slices.ContainsFunc(call.Operands, func(w shell.Word) bool { return w.Literal && w.Text == name })
		}
		switch st.Cmd.Name {
		case "groupadd", "addgroup":
			haveGroup = haveGroup || names(group)
		case "useradd", "adduser":
			if !names(user) {
				continue
			}
			haveUser = true
			// By default the user gets a group of the same name.
			haveGroup = haveGroup || user == group &&
				!call.Has("-g", "--gid", "-G", "-N", "--no-user-group", "--ingroup")
		}
	}
	return haveUser && haveGroup
}
