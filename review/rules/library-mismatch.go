package rules

import (
	"path"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var libraryMismatch = &analysis.Rule{
	Name:     "library-mismatch",
	Doc:      "COPY from a stage whose C library or language version is not that of the image",
	Topic:    analysis.Runtime,
	Since:    "0.1",
	Severity: analysis.Warning,
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if c := carriedBy(in); c != nil {
				c.check(p)
			}
		}
	},
}

// carried is what a COPY brings from one image to another.
type carried struct {
	in       *dockerfile.Instruction
	from     *dockerfile.Stage
	src, dst string // absolute and clean
	was, is  baseimage.Ref
}

// carriedBy reads a COPY between two stages with known base images; nil for any other instruction.
func carriedBy(in *dockerfile.Instruction) *carried {
	from := copiedStage(in)
	if from == nil {
		return nil
	}
	src, dst := in.Expand(in.Words[0].Text), in.Resolve(in.Workdir(), in.Words[1].Text)
	was, knownWas := baseOf(from)
	is, known := baseOf(in.Stage)
	if !src.Known || wildcard(src.Text) || !knownWas || !known || was.Family() == baseimage.Windows {
		return nil
	}
	return &carried{in, from, path.Clean("/" + src.Text), dst, was, is}
}

func (c *carried) check(p *analysis.Pass) {
	switch {
	case c.otherPython(p), c.otherRuby(p):
		return
	}
	was, known := c.was.Libc()
	is, alsoKnown := c.is.Libc()
	if !known || !alsoKnown {
		return
	}
	switch {
	case was.Musl != is.Musl && !c.bringsLibc():
		c.otherLibc(p, was, is)
	case was.Glibc > is.Glibc && is.Glibc > 0:
		c.olderGlibc(p, was, is)
	}
}

// bringsLibc reports whether the stage seems to get a further C library.
func (c *carried) bringsLibc() bool {
	for in := range c.in.Stage.All() {
		text := in.File().Text(in.Span)
		in.File().Charge(len(text))
		if containsAny(text, "gcompat", "libc6-compat", "glibc", "ld-linux", "ld-musl", "musl") {
			return true
		}
	}
	return false
}

// otherLibc reports programs and native modules for the other C library.
func (c *carried) otherLibc(p *analysis.Pass, was, is baseimage.Libc) {
	if c.rustProgram() && is.Musl {
		c.report(p, analysis.Say("The program is linked to glibc in its build stage, and %s has musl instead",
			c.in.Stage.Root().Image.Text),
			analysis.Say("It does not start and reports %s. Build it for a target such as %s, in an Alpine image, or "+
				"run it on Debian.", "no such file or directory", "x86_64-unknown-linux-musl"), nil)
		return
	}
	if in, command := c.goProgram(); command != nil {
		libc, other := "glibc", "musl"
		if was.Musl {
			libc, other = other, libc
		}
		linkedGo{c.in.Stage, c.in, c.from, in, command}.report(p,
			analysis.Say("The program that this builds may be linked to "+libc+", and the image %s has "+other+
				" instead", c.in.Stage.Root().Image.Text), "no such file or directory")
		return
	}
	if name := c.nativeModule(p); name != "" {
		libc, other := "glibc", "musl"
		if was.Musl {
			libc, other = other, libc
		}
		c.report(p, analysis.Say("%s has native code for "+libc+", and the image %s has "+other+" instead", name,
			c.in.Stage.Root().Image.Text),
			analysis.Say("It does not load there. Use the same system in both stages, or install the packages in "+
				"this one."), nil)
	}
}

// olderGlibc reports programs that may need a newer glibc than the image has.
func (c *carried) olderGlibc(p *analysis.Pass, was, is baseimage.Libc) {
	message := analysis.Say("The program is built on %s and may need a newer glibc than %s has", was.System, is.System)
	stops := "version GLIBC_2.x not found"
	why := analysis.Say("It then stops at its start with %s: use the same release for both stages.", stops)
	switch {
	case c.rustProgram():
		c.report(p, message, why, c.sameRelease(is))
	case is.Glibc < 34 && was.Glibc >= 34: // https://sourceware.org/pipermail/libc-alpha/2021-August/129718.html
		if in, command := c.goProgram(); command != nil {
			linkedGo{c.in.Stage, c.in, c.from, in, command}.report(p, message, stops)
		}
	}
}

// rustProgram reports whether the COPY takes what Cargo builds and links to the C library.
func (c *carried) rustProgram() bool {
	return c.was.Toolchain() == "Rust" && c.was.Family() == baseimage.Debian && !decidesLinking(c.from) &&
		(strings.Contains(c.src, "/target/release/") || strings.HasPrefix(c.src, "/usr/local/cargo/bin/"))
}

// goProgram is the command that builds what the COPY takes, if that may be linked to the C library.
func (c *carried) goProgram() (*dockerfile.Instruction, *dockerfile.Command) {
	if c.was.Toolchain() != "Go" || decidesLinking(c.from) || staticByDefault(c.was, c.from) {
		return nil, nil
	}
	for in := range c.from.All() {
		if command := goBuilds(in, c.src); command != nil {
			return in, command
		}
	}
	return nil, nil
}

// sameRelease is the fix that builds on the release of Debian that the image has; nil where official images have no tag
// for that.
func (c *carried) sameRelease(is baseimage.Libc) *analysis.Fix {
	root := c.from.Root()
	w := root.From.Words[0]
	if c.was.Library() != "rust" || w.Text != root.Image.Text || c.was.Digest != "" || is.Code != "bookworm" ||
		strings.Contains(c.was.Tag, "bullseye") {
		return nil
	}
	tag := strings.TrimSuffix(c.was.Tag, "-trixie") + "-" + is.Code
	return &analysis.Fix{
		Title: "Build on the release of the image", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("Packages that the build stage installs have older versions there."),
		Edits: []analysis.Edit{{Span: dockerfile.Span{Start: w.Span.End - len(c.was.Tag), End: w.Span.End},
			New: tag}},
	}
}

func (c *carried) report(p *analysis.Pass, message, why analysis.Message, fix *analysis.Fix) {
	p.Report(analysis.Finding{
		In: c.in, Span: c.in.Span, With: []*dockerfile.Instruction{c.in.Stage.Root().From, c.from.Root().From},
		Because: append(c.from.SetBy(nil), c.in.Stage.SetBy(nil)...), Message: message, Why: why, Fix: fix,
	})
}
