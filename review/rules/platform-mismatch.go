package rules

import (
	"regexp"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
)

var platformMismatch = &analysis.Rule{
	Name:     "platform-mismatch",
	Doc:      "Build for several platforms that gets the files of one",
	Topic:    analysis.Images,
	Since:    "0.1",
	Severity: analysis.Warning,
	Run: func(p *analysis.Pass) {
		several := severalPlatforms(p.File)
		for _, in := range p.File.Instructions() {
			shadowsPlatform(p, in)
			if several {
				wrongCompiler(p, in)
				oneMachine(p, in)
			}
		}
	},
}

// shadowsPlatform reports a default that takes the place of what the builder sets.
func shadowsPlatform(p *analysis.Pass, in *dockerfile.Instruction) {
	if in.Name != "ARG" {
		return
	}
	for _, pair := range in.Pairs {
		value := strings.Trim(pair.Value, `"'`)
		if !platformArg.MatchString(pair.Key) || !pair.HasValue || strings.Contains(pair.Value, pair.Key) ||
			value == "linux" || !usesAfter(p.File, in, pair.Key) {
			continue // all images of a Dockerfile are for Linux, or all for Windows
		}
		at := dockerfile.Span{Start: pair.Span.Start + len(pair.Key), End: pair.Span.End}
		f := analysis.Finding{
			In: in, Span: pair.Span, Subject: pair.Key,
			Message: analysis.Say("%s is %s for every platform: a default hides the value that the builder sets",
				pair.Key, value),
			Why: analysis.Say("An image for another platform gets the files of this one."),
		}
		if strings.HasPrefix(pair.Key, "BUILD") {
			f.Why = analysis.Say("A machine of another platform runs these steps slowly, by emulation, or not at all.")
		}
		if p.File.Text(at) == "="+pair.Value {
			f.Fix = &analysis.Fix{Title: "Remove the default", Applicability: analysis.Unsafe,
				Caveat: analysis.Say("Builders other than BuildKit may not set %s.", pair.Key),
				Edits:  []analysis.Edit{{Span: at}}}
		}
		p.Report(f)
	}
}

// platformArg is the name of an argument that BuildKit sets
// (https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope).
var platformArg = regexp.MustCompile(`^(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)$`)

// usesAfter reports whether an instruction after the ARG uses the variable.
func usesAfter(f *dockerfile.File, arg *dockerfile.Instruction, name string) bool {
	text := string(f.Src[arg.Span.End:])
	f.Charge(len(text))
	return strings.Contains(text, "$"+name) || strings.Contains(text, "${"+name)
}

// severalPlatforms reports whether the Dockerfile is meant for several platforms: it has a stage for the machine that
// builds.
func severalPlatforms(f *dockerfile.File) bool {
	for _, s := range f.Stages() {
		if onBuildPlatform(s) {
			return true
		}
	}
	return false
}

// onBuildPlatform reports whether the stage is for the machine that builds.
func onBuildPlatform(s *dockerfile.Stage) bool {
	flag := s.Root().From.Flag("platform")
	return flag != nil && strings.Trim(flag.Value, "${}") == "BUILDPLATFORM"
}

// wrongCompiler reports a program that a stage for the machine that builds compiles, and that goes to an image for
// another one, where nothing in the stage says for which.
func wrongCompiler(p *analysis.Pass, in *dockerfile.Instruction) {
	from := copiedStage(in)
	if from == nil || !onBuildPlatform(from) || in.Stage.Root().From.Flag("platform") != nil ||
		stageMentions(from, "TARGET", "GOARCH", "GOOS", "xx-", "--target", "cross", "zig", "buildx") {
		return
	}
	src := in.Expand(in.Words[0].Text)
	ref, known := baseOf(from)
	if !src.Known || !known {
		return
	}
	if ref.Toolchain() == "Rust" && strings.Contains(src.Text, "/target/release/") {
		f := machineProgram(in, in, in.Span, from)
		f.Why = analysis.Say("An image for another platform cannot start it: give %s the target of %s.", "cargo build",
			"TARGETARCH")
		p.Report(f)
		return
	}
	for run := range from.All() {
		c := goBuilds(run, dockerfile.Join("/", src.Text))
		if c == nil {
			continue
		}
		f := machineProgram(in, run, c.Span, from)
		f.Why = analysis.Say("An image for another platform cannot start it: set %s and %s.", "GOOS", "GOARCH")
		if run.Trigger == nil {
			arg := edit.Keyword(run, "ARG") + " TARGETOS TARGETARCH"
			f.Fix = edit.InsertAbove(run, arg)
			f.Fix.Title, f.Fix.Applicability = "Build for the platform of the image", analysis.Unsafe
			f.Fix.Caveat = analysis.Say("Packages that contain C code (%s) need a compiler for that platform.",
				`import "C"`)
			f.Fix.Adds = []analysis.Addition{{Stage: run.Stage.Index, Text: "ARG TARGETOS TARGETARCH"}}
			f.Fix.Edits = append(f.Fix.Edits,
				analysis.Insert(c.Words[0].Span.Start, "GOOS=$TARGETOS GOARCH=$TARGETARCH "))
		}
		p.Report(f)
		return
	}
}

// machineProgram is the finding on a program that the instruction in makes for the machine that builds.
func machineProgram(copied, in *dockerfile.Instruction, at dockerfile.Span, from *dockerfile.Stage) analysis.Finding {
	return analysis.Finding{
		In: in, Span: at, With: []*dockerfile.Instruction{copied, from.Root().From, copied.Stage.Root().From},
		Because: from.SetBy(nil),
		Message: analysis.Say("The program is built for the machine that builds, because the stage is for %s",
			"$BUILDPLATFORM"),
	}
}

// oneMachine reports a download for one kind of machine into an image that is for several.
func oneMachine(p *analysis.Pass, in *dockerfile.Instruction) {
	if in.Stage == nil || in.Stage.Root().From.Flag("platform") != nil || !in.Stage.Ships() ||
		in.Name != "RUN" && in.Name != "ADD" {
		return
	}
	text := p.File.Text(in.Span)
	p.File.Charge(3 * len(text))
	m := machineURL.FindStringIndex(text)
	if m == nil || otherMachines.MatchString(text) {
		return
	}
	p.Report(analysis.Finding{
		In: in, Span: dockerfile.Span{Start: in.Span.Start + m[0], End: in.Span.Start + m[1]},
		Message: analysis.Say("%s is for one kind of machine, and this Dockerfile is for several",
			text[m[0]:m[1]]),
		Why: analysis.Say("An image for another platform gets programs that do not start there. Use %s in the URL.",
			"TARGETARCH"),
	})
}

var (
	// machineURL is a URL of a file for 64-bit PCs.
	machineURL = regexp.MustCompile("https?://[^\\s\"'`]*[/_.-](?:amd64|x86_64|x86-64)(?:[/_.-][^\\s\"'`]*|\\b)")
	// otherMachines is in steps that know of several machines.
	otherMachines = regexp.MustCompile(`arm64|aarch64|armv|TARGET|uname|\barch\b|print-arch|qemu|case `)
)
