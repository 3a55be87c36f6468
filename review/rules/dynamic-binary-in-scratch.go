package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

var dynamicBinaryInScratch = &analysis.Rule{
	Name:     "dynamic-binary-in-scratch",
	Doc:      "Binary linked to the C library, copied to an image without one",
	Topic:    analysis.Runtime,
	Since:    "0.1",
	Severity: analysis.Warning,
	Run: func(p *analysis.Pass) {
		for _, s := range p.File.Stages() {
			if !withoutLibc(s) || startOf(s) == nil {
				continue
			}
			for _, in := range s.Instructions() {
				if from := copiedStage(in); from != nil {
					checkLinking(p, s, in, from)
				}
			}
		}
	},
}

// withoutLibc reports whether the stage's image has no C library.
func withoutLibc(s *dockerfile.Stage) bool {
	ref, ok := baseOf(s)
	if !ok {
		return false
	}
	return ref.Family() == baseimage.Scratch || ref.Family() == baseimage.Distroless &&
		(strings.HasPrefix(path.Base(ref.Name), "static"))
}

// copiedStage is the stage from which a COPY takes its files.
func copiedStage(in *dockerfile.Instruction) *dockerfile.Stage {
	if in.Name != "COPY" || len(in.Words) != 2 {
		return nil
	}
	for _, ref := range in.Refs() {
		if s := ref.Stage(); s != nil && s.Index < in.Stage.Index {
			return s
		}
	}
	return nil
}

// checkLinking looks for the command that made what the COPY takes.
func checkLinking(p *analysis.Pass, s *dockerfile.Stage, copied *dockerfile.Instruction, from *dockerfile.Stage) {
	src := copied.Expand(copied.Words[0].Text)
	ref, ok := baseOf(from)
	if !ok || !src.Known || decidesLinking(from) {
		return
	}
	file := path.Clean("/" + src.Text)
	switch ref.Toolchain() {
	case "Go":
		if staticByDefault(ref, from) {
			return
		}
		for in := range from.All() {
			if c := goBuilds(in, file); c != nil {
				linkedGo{s, copied, from, in, c}.report(p,
					analysis.Say("The program that this builds may be linked to the C library, which the image %s "+
						"does not have", s.Root().Image.Text), "no such file or directory")
				return
			}
		}
	case "Rust":
		if ref.Family() == baseimage.Debian && strings.Contains(file, "/target/release/") {
			reportRust(p, s, copied, from)
		}
	}
}

// decidesLinking reports whether anything in the stage decides how programs are linked: then it is
// left to its author.
func decidesLinking(s *dockerfile.Stage) bool {
	for in := range s.All() {
		text := in.File().Text(in.Span)
		if slices.ContainsFunc(linkingWords, func(w string) bool { return strings.Contains(text, w) }) {
			return true
		}
	}
	return false
}

var linkingWords = []string{"CGO_ENABLED", "-static", "netgo", "osusergo", "musl", "crt-static", "CARGO_BUILD_TARGET",
	"zig",
	"upx", "GOOS=windows", "GOOS=js", "GOOS=wasip1", "patchelf", "ld-linux"}

// staticByDefault reports whether the image has no C compiler, without which Go links nothing but Go
// (https://go.dev/doc/go1.20#cgo).
func staticByDefault(ref baseimage.Ref, s *dockerfile.Stage) bool {
	if ref.Family() != baseimage.Alpine || slices.ContainsFunc(ref.Releases(), beforeGo120) {
		return false
	}
	for in := range s.All() {
		for _, c := range shell.Calls(in, "apk") {
			if slices.ContainsFunc(c.Args(), mayBringCompiler) {
				return false
			}
		}
	}
	return true
}

// beforeGo120 reports whether the release is one of Go before 1.20.
func beforeGo120(r baseimage.Release) bool {
	return r.Product == "Go" && (len(r.Version) < len("1.20") || len(r.Version) == len("1.20") && r.Version < "1.20")
}

// mayBringCompiler reports whether the word of a call of apk is, or may be, a package with a C compiler.
func mayBringCompiler(w dockerfile.ShellWord) bool {
	return !w.Literal || slices.Contains([]string{"gcc", "g++", "clang", "build-base", "alpine-sdk"}, w.Text)
}

// goBuilds returns the command of the RUN that builds the file.
func goBuilds(in *dockerfile.Instruction, file string) *dockerfile.Command {
	steps, _ := shell.Chain(in)
	for _, st := range steps {
		if st.Cmd.Name == "go" && len(st.Cmd.Wrapper) == 0 && goWrites(in, st, file) {
			return st.Cmd
		}
	}
	return nil
}

// goWrites reports whether the call of go writes the program to the file: where -o says, else build into the folder
// that it works in and install into /go/bin.
func goWrites(in *dockerfile.Instruction, st shell.Step, file string) bool {
	call, out := shell.Read(in, st.Cmd), ""
	if f := call.Flag("-o"); f != nil && f.Value.Known {
		out = f.Value.Text
	}
	switch sub, at := call.Sub.Text, dockerfile.Join(st.Cwd, out); {
	case sub != "build" && sub != "install":
		return false
	case out != "":
		return at == file || strings.HasSuffix(out, "/") && at == path.Dir(file)
	case sub == "build":
		return path.Dir(file) == st.Cwd && path.Ext(file) == ""
	}
	return path.Dir(file) == "/go/bin"
}

// linkedGo is a program that Go builds in one stage and a COPY takes to another.
type linkedGo struct {
	s      *dockerfile.Stage // that has it in the end
	copied *dockerfile.Instruction
	from   *dockerfile.Stage
	in     *dockerfile.Instruction // in which the command builds it
	c      *dockerfile.Command
}

// report reports that the program may be linked to a C library that it does not find; it then stops with the error.
func (l linkedGo) report(p *analysis.Pass, message analysis.Message, stops string) {
	if l.alone(p) {
		return
	}
	at := l.c.Words[0].Span.Start
	p.Report(analysis.Finding{
		In: l.in, Span: l.c.Span, With: []*dockerfile.Instruction{l.copied, l.s.From},
		Because: append(l.from.SetBy(nil), l.in.WorkdirBy()...), Values: shell.Values(l.in, l.c.Words...),
		Message: message,
		Why: analysis.Say("Go links every program that uses the packages %s or %s to it; such a program does not "+
			"start here and reports %s.", "net", "os/user", stops),
		Fix: &analysis.Fix{
			Title: "Build without the C library", Applicability: analysis.Unsafe,
			Caveat: analysis.Say("Packages that contain C code (%s, such as SQLite) cannot be built this way.",
				`import "C"`),
			Edits: []analysis.Edit{analysis.Insert(at, "CGO_ENABLED=0 ")},
		},
	})
}

// alone reports whether the program is one file that imports nothing that Go links to the C library, in a module that
// requires no other.
func (l linkedGo) alone(p *analysis.Pass) bool {
	module, read := p.Context.Read("go.mod")
	source, also := p.Context.Read("main.go")
	p.Context.Charge((len(module) + len(source)) / 8)
	if !read || !also || strings.Contains(string(module), "require") || containsAny(string(source), linkedImports...) {
		return false
	}
	sources := p.Context.Where(".", goSources{}, 2, func(file string) bool { return path.Ext(file) == ".go" })
	return len(sources) == 1
}

// goSources is the key of what alone asks of a context.
type goSources struct{}

// linkedImports are beginnings of the imports of the standard library that use net or os/user themselves, and of C.
var linkedImports = []string{`"net"`, `"net/`, `"os/user"`, `"C"`, `"crypto/`, `"log/syslog"`, `"archive/tar"`,
	`"expvar"`, `"plugin"`, `"mime/multipart"`, `"runtime/cgo"`, `"testing`, `"go/`}

func reportRust(p *analysis.Pass, s *dockerfile.Stage, copied *dockerfile.Instruction, from *dockerfile.Stage) {
	p.Report(analysis.Finding{
		In: copied, Span: copied.Span, With: []*dockerfile.Instruction{s.From}, Because: from.SetBy(nil),
		Message: analysis.Say("The program is linked to the C library of its build stage and does not start "+
			"in the image %s, which has none", s.Root().Image.Text),
		Why: analysis.Say("The error is %s. A target such as %s links statically; the image %s has the library.",
			"no such file or directory", "x86_64-unknown-linux-musl", "gcr.io/distroless/cc"),
	})
}
