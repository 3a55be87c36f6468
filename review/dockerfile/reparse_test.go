package dockerfile

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"
)

// TestReparse makes changes of many kinds to a Dockerfile. Each must be read as Parse reads it.
func TestReparse(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it parses every file many times")
	}
	const src = "# check=skip=none\nARG A=1\nFROM a AS b\n\n# one\nENV X=$A\nRUN x \\\n # two\n && y\nCOPY <<E " +
		"/e\ne\nE\n# dfbot ignore=z\n" +
		"RUN x | y <<F\nf\nF\nRUN bash -e <<G\ng | h\nG\nONBUILD RUN x\nFROM b\nSHELL [\"bash\", \"-c\"]\nRUN x \\\n " +
		"# two\n && y\nCMD x"
	newer := "# syntax=docker/dockerfile:1\nFROM a\nCOPY --new=1 x y\nRUN z\n" // with a flag that is not known here
	for _, text := range []string{"", "z", "\n", " \\\n", "<<F", "\x00", "# c\n", "\\", "FROM c\n", "FROM {{x}}\n",
		"${templateOption:x}", " --new ", "SHELL [\"cmd\"]\n", "`", "\"", "[", "$X", "A\nB\n"} {
		for at := range len(src) + 1 {
			for _, cut := range []int{0, 6} {
				checkReparse(t, []byte(src), []byte(src[:at]+text+src[min(at+cut, len(src)):]))
			}
		}
		for at := range len(newer) + 1 {
			checkReparse(t, []byte(newer), []byte(newer[:at]+text+newer[at:]))
		}
	}
}

// TestReparseCorpus takes out, doubles and joins lines of real files.
func TestReparseCorpus(t *testing.T) {
	paths, _ := filepath.Glob(filepath.Join(os.Getenv("DFBOT_CORPUS"), "dockerfiles", "*"))
	if os.Getenv("DFBOT_CORPUS") == "" {
		t.Skip("DFBOT_CORPUS is not set: no real Dockerfiles to read")
	}
	for _, p := range paths {
		src, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(string(src), "\n")
		at := len(lines) / 2
		for _, middle := range []string{"", lines[at] + lines[at], strings.TrimRight(lines[at], "\\\r\n")} {
			checkReparse(t, src, []byte(strings.Join(lines[:at], "")+middle+strings.Join(lines[at+1:], "")))
		}
	}
}

// FuzzReparse makes any change to any Dockerfile.
func FuzzReparse(f *testing.F) {
	f.Add([]byte("FROM a\nRUN x\nRUN <<E\ny\nE\nCMD z\n"), uint16(10), uint16(3), []byte("<<E"))
	f.Add([]byte("FROM a\r\nRUN x \\\r\n y\r\n\r\n# c\r\nENV a=b\r\n"), uint16(16), uint16(2), []byte("\n"))
	f.Fuzz(func(t *testing.T, src []byte, at, cut uint16, text []byte) {
		from := min(int(at), len(src))
		to := min(from+int(cut), len(src))
		checkReparse(t, src, slices.Concat(src[:from], text, src[to:]))
	})
}

func checkReparse(t *testing.T, src, after []byte) {
	t.Helper()
	f, err := Parse("Dockerfile", src)
	if err != nil {
		return
	}
	fresh, wrong := Parse("Dockerfile", after)
	again, err := f.Reparse(after)
	if said(err) != said(wrong) {
		t.Fatalf("%q becomes %q: %v, not %v", src, after, err, wrong)
	}
	if wrong != nil {
		return
	}
	if got, want := facts(again), facts(fresh); got != want {
		t.Fatalf("%q becomes %q:\n%s\nnot\n%s", src, after, got, want)
	}
}

// said is the error without BuildKit's guess, which of two equally near ones is any.
func said(err error) string {
	text, _, _ := strings.Cut(fmt.Sprint(err), " (did you mean")
	return text
}

// facts is everything that a File says.
func facts(f *File) string {
	var b strings.Builder
	fmt.Fprintln(&b, f.Path, string(f.Src), f.Escape, f.Syntax, f.NewFlags, f.lines, len(f.Args))
	for _, name := range slices.Sorted(maps.Keys(f.vars)) {
		tellValue(&b, name, f.vars[name])
	}
	for _, in := range f.Instructions() {
		tellInstruction(&b, in)
	}
	for _, s := range f.Stages() {
		parent := -1
		if s.Parent != nil {
			parent = s.Parent.Index
		}
		fmt.Fprintln(&b, s.Index, s.Name, s.From.Index, parent, len(s.Instructions()), s.workdir, indexOf(s.dirBy))
		tellValue(&b, "image", s.Image)
		for _, name := range slices.Sorted(maps.Keys(s.bindings)) {
			for _, bound := range s.bindings[name] {
				tellValue(&b, fmt.Sprint(name, bound.index, bound.env), bound.value)
			}
		}
		for _, name := range settings {
			fmt.Fprintln(&b, name, indexOf(s.Last(name)))
		}
	}
	for _, c := range f.Comments() {
		tellComment(&b, c)
	}
	for _, ig := range f.Ignores {
		fmt.Fprintln(&b, ig.Rules, ig.Reason, ig.Scope, indexOf(ig.Instruction), ig.Stage != nil)
		tellComment(&b, ig.Comment)
	}
	return b.String()
}

func tellValue(b *strings.Builder, name string, v Value) {
	fmt.Fprint(b, name, " ", v.Text, v.Known, v.Default)
	for _, in := range v.By() {
		fmt.Fprint(b, " ", in.Index)
	}
	fmt.Fprintln(b)
}

func tellInstruction(b *strings.Builder, in *Instruction) {
	stage := -1
	if in.Stage != nil {
		stage = in.Stage.Index
	}
	fmt.Fprintln(b, in.Index, in.Name, in.Keyword, in.Span, stage, in.Flags, in.Args, in.JSON, in.Words, in.Pairs,
		in.Heredocs, in.OnBuild, in.workdir, indexOf(in.dirBy))
	if in.node != nil {
		fmt.Fprintln(b, in.node.Dump(), in.node.StartLine, in.node.EndLine, in.node.Attributes, in.node.Heredocs)
	}
	if s := in.Script; s != nil {
		fmt.Fprintln(b, s.Text, s.Shell, s.Inner, indexOf(s.SetBy), s.Err, len(s.calls))
		if s.File != nil {
			_ = syntax.NewPrinter().Print(b, s.File)
		}
		for _, c := range s.Commands() {
			fmt.Fprintln(b, c.Name, c.Wrapper, c.Span, s.calls[c.Call] == c)
			for _, w := range c.Words {
				fmt.Fprintln(b, w.Text, w.Literal, w.Span, s.Span(w.Node))
			}
		}
	}
	if in.Trigger != nil {
		tellInstruction(b, in.Trigger)
	}
}

func tellComment(b *strings.Builder, c CommentLine) {
	fmt.Fprintln(b, c.Span, c.Text, indexOf(c.Instruction), indexOf(c.Next), c.Attached)
}

func indexOf(in *Instruction) int {
	if in == nil {
		return -1
	}
	return in.Index
}
