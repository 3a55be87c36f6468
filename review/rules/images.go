package rules

import (
	"path"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// image is a base image that the file names, with all its FROMs.
type image struct {
	text  string // as the builder sees it, variables put in
	ref   baseimage.Ref
	froms []*dockerfile.Instruction
	dflt  bool // only by the default of an ARG
}

// baseImages lists the images that the FROMs of the file name: no stages, no scratch, and none
// whose name hangs on a value that is not known.
func baseImages(f *dockerfile.File) []*image {
	var all []*image
	byText := map[string]*image{}
	for _, s := range f.Stages() {
		ref, ok := imageOf(s)
		if !ok {
			continue
		}
		im := byText[s.Image.Text]
		if im == nil {
			im = &image{text: s.Image.Text, ref: ref, dflt: s.Image.Default}
			byText[im.text] = im
			all = append(all, im)
		}
		im.froms = append(im.froms, s.From)
	}
	return all
}

// imageOf takes the image apart that the stage's own FROM names; false where that is a stage,
// scratch, or not known.
func imageOf(s *dockerfile.Stage) (baseimage.Ref, bool) {
	text := s.Image.Text
	if s.Parent != nil || !s.Image.Known || text == "" || text == "scratch" || strings.HasSuffix(text, ":") || strings.HasPrefix(text, ":") {
		return baseimage.Ref{}, false
	}
	return baseimage.Parse(text), true
}

// baseOf is the image on which the stage stands in the end, through the stages it is built from;
// false where it is not known. scratch is one.
func baseOf(s *dockerfile.Stage) (baseimage.Ref, bool) {
	s = s.Root()
	if !s.Image.Known || s.Image.Text == "" {
		return baseimage.Ref{}, false
	}
	return baseimage.Parse(s.Image.Text), true
}

// word is where a FROM names its image.
func (im *image) word() dockerfile.Word { return im.froms[0].Words[0] }

// moving speaks of an image whose tag moves. That of one which the repository seems to build itself is
// moved by the repository.
func (im *image) moving(p *analysis.Pass) analysis.Finding {
	f := im.finding()
	name := path.Base(im.ref.Name) // of lambda-base the folder is often called base
	short := name[strings.LastIndex(name, "-")+1:]
	if im.ref.Library() == "" && (p.Context.Builds(name, p.File.Path) || p.Context.Builds(short, p.File.Path)) {
		f.AtMost = analysis.Notice
	}
	f.Why = analysis.Say("The same commit builds differently tomorrow, and a builder with a warm cache differently from one without.")
	if tag := im.ref.Current(); tag != "" {
		f.Fix = im.tagged(tag)
	}
	return f
}

// published reports whether the name is that of an image in a registry. A bare word may as well be
// a build context that the builder is given by that name, or one's own image on one's own machine.
func (im *image) published() bool {
	return im.ref.Library() != "" || strings.Contains(im.text, "/")
}

// finding speaks of the image at its first FROM.
func (im *image) finding() analysis.Finding {
	f := analysis.Finding{In: im.froms[0], Span: im.word().Span, With: im.froms[1:]}
	if im.dflt {
		f.AtMost = analysis.Notice // who builds it may well say more
	}
	return f
}

// tagged makes the fix that names the tag wherever the image is named without a variable; nil
// where that is nowhere.
func (im *image) tagged(tag string) *analysis.Fix {
	fix := &analysis.Fix{Title: "Name the version", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("%s is what the tag stood for in %s: name the version that you run today.", tag, baseimage.AsOf[:7])}
	for _, from := range im.froms {
		w := from.Words[0]
		if w.Text != im.text {
			return nil
		}
		at := dockerfile.Span{Start: w.Span.End - len(":latest"), End: w.Span.End}
		if im.ref.Tag == "" {
			at.Start = at.End
		}
		fix.Edits = append(fix.Edits, analysis.Edit{Span: at, New: ":" + tag})
	}
	return fix
}
