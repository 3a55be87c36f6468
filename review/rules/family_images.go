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
// whose name depends on an unknown value.
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

// imageOf reads the name of the image in the stage's own FROM; false where that is a stage,
// scratch, or not known.
func imageOf(s *dockerfile.Stage) (baseimage.Ref, bool) {
	text := s.Image.Text
	if s.Parent != nil || !s.Image.Known || text == "" || text == "scratch" || strings.HasSuffix(text, ":") ||
		strings.HasPrefix(text, ":") {
		return baseimage.Ref{}, false
	}
	return baseimage.Parse(text), true
}

// baseOf is the image on which the stage is based, through the stages it is built from;
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

const whyMoving = "The next release changes this build without a commit, and two machines can build the same commit " +
	"from different images."

// moving is the finding on an image whose tag moves. It is a notice where the repository seems to build
// that image itself.
func (im *image) moving(p *analysis.Pass) analysis.Finding {
	f := im.finding()
	name := path.Base(im.ref.Name) // of lambda-base the folder is often called base
	short := name[strings.LastIndex(name, "-")+1:]
	if im.ref.Library() == "" && (p.Context.Builds(name, p.File.Path) || p.Context.Builds(short, p.File.Path)) {
		f.AtMost = analysis.Notice
	}
	f.Why = analysis.Say(whyMoving)
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

// finding is a finding at the image's first FROM.
func (im *image) finding() analysis.Finding {
	f := analysis.Finding{In: im.froms[0], Span: im.word().Span, With: im.froms[1:], Subject: original(im.ref)}
	if im.dflt {
		f.AtMost = analysis.Notice // the build may set another
	}
	return f
}

// repository is the image without its tag and digest: another tag is the same image, another repository is not.
func repository(image string) string {
	ref := baseimage.Parse(image)
	return ref.Registry + "/" + ref.Name
}

// original is the repository, for a mirror of an official image that of the original, where both hold the same.
func original(ref baseimage.Ref) string {
	if lib := ref.Library(); lib != "" {
		return "docker.io/" + lib
	}
	return ref.Registry + "/" + ref.Name
}

// tagged is the fix that writes the tag in each FROM of the image; nil where a FROM uses a variable.
func (im *image) tagged(tag string) *analysis.Fix {
	fix := &analysis.Fix{Title: "Name the version", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("%s was the current version in %s: check which version you run today.",
			tag, baseimage.AsOf[:7])}
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

// unseenBase reports whether nothing is known of the image that the stage is built from: it may have a SHELL, variables
// and configuration of its own.
func unseenBase(s *dockerfile.Stage) bool {
	ref, ok := baseOf(s)
	return !ok || ref.Family() == baseimage.Unknown && ref.Library() == ""
}

// unseenShell reports whether a base image of which nothing is known may decide which shell runs the code, and with
// which options.
func unseenShell(in *dockerfile.Instruction) bool {
	s := in.Inner().Script
	return s.SetBy == nil && s.Inner == "" && s.Shell == "sh" && !strings.HasPrefix(s.Text.String(), "#!") &&
		unseenBase(in.Stage)
}

const unseenShellSeverities = "warning, notice where nothing is known of the base image, whose SHELL holds"

// richShells can do more than POSIX asks: they know pipefail, and replace themselves with the last program they start.
var richShells = []string{"bash", "ksh", "zsh", "ash"}

// shellOf is the shell that runs the instruction's code, for sh the one that is /bin/sh in the base image; "" where
// that is not known to be one of richShells.
func shellOf(in *dockerfile.Instruction) string {
	if in.Script.Shell != "sh" {
		return in.Script.Shell
	}
	ref, ok := baseOf(in.Stage)
	if !ok {
		return ""
	}
	switch ref.Family() {
	case baseimage.Alpine, baseimage.BusyBox, baseimage.Wolfi:
		return "ash"
	case baseimage.RedHat, baseimage.SUSE, baseimage.Arch:
		return "bash"
	}
	return ""
}

// shippedBy lists the FROMs by which the final image is built on the stage.
func shippedBy(f *dockerfile.File, s *dockerfile.Stage) []*dockerfile.Instruction {
	if !s.Ships() {
		return nil
	}
	return f.Final().Inherits(s.From)
}
