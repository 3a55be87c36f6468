package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/follow"
)

var stageReferenceLost = &analysis.Rule{
	Name:     "stage-reference-lost",
	Doc:      "FROM, COPY --from or a mount whose stage the pull request renames, takes away or gives another number",
	Topic:    analysis.Images,
	Since:    "0.1",
	Severity: analysis.Error,
	Severities: "error, warning where the final image does not need it, for the default of an ARG, and for a number " +
		"whose old stage is built on the new one",
	Run: func(p *analysis.Pass) {
		if p.Was == nil || p.Was == p.File {
			return
		}
		h := &past{p: p}
		for _, in := range p.File.Instructions() {
			if in.Name == "FROM" {
				h.from(in)
			}
			for _, ref := range in.Refs() {
				if in.Trigger != nil {
					continue
				}
				if _, number := ref.Number(); number {
					h.numbered(in, ref)
				} else if ref.Stage() == nil {
					h.named(in, ref)
				}
			}
		}
	},
}

// past is a Dockerfile with what it was on the base.
type past struct {
	p     *analysis.Pass
	trail *follow.Trail // see follow
}

// follow follows the file from the base. It is done only for files that may need it.
func (h *past) follow() *follow.Trail {
	if h.trail == nil {
		h.trail = follow.From(h.p.Was, h.p.File)
	}
	return h.trail
}

// from reports a FROM that names what was a stage above it.
func (h *past) from(in *dockerfile.Instruction) {
	name := in.Stage.Image
	if in.Stage.Parent != nil || !name.Known || !h.lost(name.Text) {
		return
	}
	f := analysis.Finding{In: in, Span: in.Words[0].Span}
	if name.Default {
		f.AtMost = analysis.Warning
	}
	written := dockerfile.Span{}
	if in.Words[0].Text == name.Text {
		written = in.Words[0].Span
	}
	h.report(f, name.Text, written)
}

// named reports a COPY or a mount that names what was a stage.
func (h *past) named(in *dockerfile.Instruction, ref dockerfile.Ref) {
	if h.lost(ref.Name) {
		h.report(analysis.Finding{In: in, Span: ref.Flag.Span}, ref.Name, ref.Span)
	}
}

// lost reports whether the name, which is no stage there, was one on the base that an instruction took. A context that
// a build gives that name takes its place, and so may a well-known image.
func (h *past) lost(name string) bool {
	old := h.p.Was.StageNamed(name, h.p.Was.StageCount())
	if old == nil || !strings.EqualFold(old.Name, name) || slices.Contains(imagesToCopyFrom, name) ||
		h.p.Context.Named(name).Guess() != nil {
		return false
	}
	return slices.ContainsFunc(h.p.Was.Instructions(), func(in *dockerfile.Instruction) bool {
		if in.Name == "FROM" && in.Stage.Parent == old {
			return true
		}
		taken := func(r dockerfile.Ref) bool { return r.Stage() == old }
		return in.Trigger == nil && slices.ContainsFunc(in.Refs(), taken)
	})
}

// report reports a name that was that of a stage, written where the span is, which may be empty.
func (h *past) report(f analysis.Finding, name string, written dockerfile.Span) {
	f.Subject = name
	f.Message = analysis.Say("No stage is named %s any more, but %s needs it", name, f.In.Short())
	f.Why = analysis.Say("The build treats %s as an image and asks the registry for it.", name)
	if !f.In.Stage.Needed() {
		f.AtMost = analysis.Warning
	}
	if later := h.p.File.StageNamed(name, h.p.File.StageCount()); later != nil {
		f.Because = []*dockerfile.Instruction{later.From}
		f.Message = analysis.Say("The stage %s comes after %s, which needs it", name, f.In.Short())
		f.Why = analysis.Say("A FROM finds only stages above it: the build treats %s as an image and asks the "+
			"registry for it.", name)
	} else if now := h.now(h.p.Was.StageNamed(name, h.p.Was.StageCount())); now != nil && now.Name != "" &&
		now.Index < f.In.Stage.Index {
		f.Because = []*dockerfile.Instruction{now.From}
		f.Message = analysis.Say("No stage is named %s any more; did you mean %s?", name, now.Name)
		f.Fix = useName(written, name, now.Name)
	}
	h.p.Report(f)
}

// now returns what the stage of the base has become; nil where it is gone.
func (h *past) now(was *dockerfile.Stage) *dockerfile.Stage {
	for _, s := range h.p.File.Stages() {
		if h.follow().Stage(s) == was {
			return s
		}
	}
	return nil
}

// numbered reports a COPY that names a stage by a number which another stage has now.
func (h *past) numbered(in *dockerfile.Instruction, ref dockerfile.Ref) {
	now := ref.Stage()
	if now == nil || now.Index >= in.Stage.Index {
		return // see copy-from-unknown
	}
	then := h.follow().Instruction(in)
	if then == nil || !slices.ContainsFunc(then.Refs(), func(r dockerfile.Ref) bool { return r.Name == ref.Name }) {
		return
	}
	was := h.p.Was.StageNamed(ref.Name, then.Stage.Index)
	meant := h.made(was)
	if was == nil || meant == nil || now.BuiltOn(meant) || meant.Index >= in.Stage.Index {
		return
	}
	name := meant.Name
	if name == "" || h.p.File.StageNamed(name, in.Stage.Index) != meant {
		name = strconv.Itoa(meant.Index)
	}
	f := analysis.Finding{
		In: in, Span: ref.Flag.Span, Subject: ref.Name, Because: []*dockerfile.Instruction{now.From},
		Message: analysis.Say("%s means another stage now: the one that it meant is number %d", refText(ref),
			meant.Index),
		Why: analysis.Say("It copies from %s, so the build fails or takes another file. A name stays right when a "+
			"stage is added.", now.From.Short()),
		Fix: useName(ref.Span, ref.Name, name),
	}
	if meant.BuiltOn(now) || !in.Stage.Needed() {
		f.AtMost = analysis.Warning // it may want what both have
	}
	h.p.Report(f)
}

// made returns the stage that does now what the stage of the base did last; nil where none does.
func (h *past) made(was *dockerfile.Stage) *dockerfile.Stage {
	if was == nil {
		return nil
	}
	last := was.From
	for _, in := range was.Instructions() {
		if in.Name == "RUN" || copyIn(in) != nil {
			last = in
		}
	}
	for _, in := range h.p.File.Instructions() {
		if in.Stage != nil && h.follow().Instruction(in) == last {
			return in.Stage
		}
	}
	return nil
}

// useName is the fix that names a stage in place of the old name; nil where that is not written as such.
func useName(at dockerfile.Span, old, now string) *analysis.Fix {
	if at.Len() == 0 {
		return nil
	}
	return &analysis.Fix{
		Title:         "Use the stage as it is called now",
		Applicability: analysis.Unsafe,
		Assumes:       []analysis.Message{analysis.Say("%s is still meant to be the same stage", old)},
		Edits:         []analysis.Edit{{Span: at, New: now}},
	}
}
