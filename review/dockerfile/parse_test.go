package dockerfile_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// checkAgainstBuildKit holds what Parse says of src against BuildKit's parser: the same verdict,
// the same instructions with the same text, flags and JSON strings, all spans inside the file.
func checkAgainstBuildKit(t *testing.T, src []byte) {
	t.Helper()
	f, err := dockerfile.Parse("Dockerfile", src)
	if e, ok := err.(*dockerfile.Error); ok && e.Crash {
		t.Fatal("a parser crashes: ", err)
	} else if ok && (e.Foreign || e.Limit || e.Line == 0) {
		return
	}
	if err == nil && f.NewFlags {
		return // BuildKit refuses the flags that pass here
	}
	res, bkErr := parser.Parse(bytes.NewReader(src))
	if bkErr == nil {
		_, _, bkErr = instructions.Parse(res.AST, linter.New(&linter.Config{SkipAll: true}))
	}
	if (err == nil) != (bkErr == nil) {
		t.Fatalf("Parse says %v, BuildKit says %v", err, bkErr)
	}
	if err != nil {
		return
	}
	if len(f.Instructions()) != len(res.AST.Children) {
		t.Fatalf("%d instructions, BuildKit has %d", len(f.Instructions()), len(res.AST.Children))
	}
	last := 0
	for i, node := range res.AST.Children {
		in := f.Instructions()[i]
		checkNode(t, f, in, node)
		if in.Span.Start < last || in.Span.End < in.Span.Start || in.Span.End > len(src) {
			t.Fatalf("instruction %d: span %v after offset %d in %d bytes", i, in.Span, last, len(src))
		}
		last = in.Span.End
	}
}

func checkNode(t *testing.T, f *dockerfile.File, in *dockerfile.Instruction, node *parser.Node) {
	t.Helper()
	if first, _ := in.Lines(); first != node.StartLine && !in.OnBuild && !nothingBetween(f, node.StartLine, first) {
		t.Fatalf("%s: on line %d, BuildKit says %d", in.Name, first, node.StartLine)
	}
	if want := instructions.NewBFlagsWithArgs(node.Flags).Args; len(want) != len(in.Flags) {
		t.Fatalf("%s: %d flags, BuildKit has %q", in.Name, len(in.Flags), want)
	}
	for i, want := range node.Flags {
		fl := in.Flags[i]
		if got := "--" + fl.Name; got != want && got+"="+fl.Value != want {
			t.Fatalf("%s: flag %q=%q, BuildKit has %q", in.Name, fl.Name, fl.Value, want)
		}
	}
	if in.JSON != node.Attributes["json"] {
		t.Fatalf("%s: JSON %v, BuildKit says %v", in.Name, in.JSON, node.Attributes["json"])
	}
	var want []string
	for n := node.Next; n != nil; n = n.Next {
		want = append(want, n.Value)
	}
	if len(want) == 1 && want[0] == "" && !in.JSON {
		return // a keyword that it does not know: all that comes after it is one empty word to it
	}
	switch in.Name {
	case "ONBUILD":
		checkNode(t, f, in.Trigger, node.Next.Children[0])
	case "ENV", "LABEL":
		checkPairs(t, in, want)
	case "ARG":
		for i, p := range in.Pairs {
			if got := string([]rune(p.Key)); got != want[i] && got+"="+string([]rune(p.Value)) != want[i] {
				t.Fatalf("ARG %q, BuildKit has %q", got, want[i])
			}
		}
	case "RUN", "CMD", "ENTRYPOINT", "WORKDIR", "USER", "STOPSIGNAL", "MAINTAINER", "SHELL":
		if !in.JSON {
			if len(want) == 1 && in.Args.String() != want[0] {
				t.Fatalf("%s: text %q, BuildKit has %q", in.Name, in.Args.String(), want[0])
			}
			break
		}
		fallthrough
	default:
		if in.Name == "HEALTHCHECK" && !in.JSON {
			break
		}
		checkWords(t, in, want)
	}
	if in.OnBuild {
		return // BuildKit hangs the heredocs on the ONBUILD
	}
	if len(in.Heredocs) != len(node.Heredocs) {
		t.Fatalf("%s: %d heredocs, BuildKit has %d", in.Name, len(in.Heredocs), len(node.Heredocs))
	}
	for i, h := range node.Heredocs {
		if got := f.Text(in.Heredocs[i].Body); got != h.Content {
			t.Fatalf("%s: heredoc %q, BuildKit has %q", in.Name, got, h.Content)
		}
	}
}

// nothingBetween reports whether lines hold nothing but the character that continues them, and comments: BuildKit
// lets an instruction begin there, dfbot at its keyword.
func nothingBetween(f *dockerfile.File, from, to int) bool {
	for n := from; n < to; n++ {
		line := strings.Trim(f.Text(f.LineSpan(n, n)), " \t\v\f\r\n"+string(f.Escape))
		if line != "" && line[0] != '#' {
			return false
		}
	}
	return from < to
}

func checkPairs(t *testing.T, in *dockerfile.Instruction, want []string) {
	t.Helper()
	if len(want) != 3*len(in.Pairs) {
		t.Fatalf("%s: %d pairs, BuildKit has %q", in.Name, len(in.Pairs), want)
	}
	for i, p := range in.Pairs {
		// BuildKit goes through runes, so that bytes which are no UTF-8 become U+FFFD.
		if string([]rune(p.Key)) != string([]rune(want[3*i])) ||
			string([]rune(p.Value)) != string([]rune(want[3*i+1])) {
			t.Fatalf("%s: pair %q=%q, BuildKit has %q", in.Name, p.Key, p.Value, want[3*i:3*i+2])
		}
	}
}

func checkWords(t *testing.T, in *dockerfile.Instruction, want []string) {
	t.Helper()
	if len(want) != len(in.Words) {
		t.Fatalf("%s: %d words, BuildKit has %q", in.Name, len(in.Words), want)
	}
	for i, w := range in.Words {
		if w.Text != want[i] {
			t.Fatalf("%s: word %q, BuildKit has %q", in.Name, w.Text, want[i])
		}
	}
}

// corpus returns the paths of the real Dockerfiles that DFBOT_CORPUS names.
func corpus(tb testing.TB) []string {
	dir := os.Getenv("DFBOT_CORPUS")
	if dir == "" {
		tb.Skip("DFBOT_CORPUS is not set: no real Dockerfiles to read")
	}
	all, err := filepath.Glob(filepath.Join(dir, "dockerfiles", "*"))
	if err != nil || len(all) == 0 {
		tb.Fatalf("no files below %s: %v", dir, err)
	}
	return all
}

func TestCorpusAgreesWithBuildKit(t *testing.T) {
	for _, path := range corpus(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			checkAgainstBuildKit(t, src)
		})
	}
}

// TestUnknownFlag: a flag that the BuildKit in here does not know is refused, but where a syntax
// directive asks for another frontend.
func TestUnknownFlag(t *testing.T) {
	const body = "FROM a\nCOPY --new --newer=1 --from=b x y\nRUN z\n"
	if _, err := dockerfile.Parse("Dockerfile", []byte(body)); err == nil ||
		!strings.Contains(err.Error(), "unknown flag: --new") {
		t.Errorf("without a directive: %v", err)
	}
	f, err := dockerfile.Parse("Dockerfile", []byte("# syntax=docker/dockerfile:1\n"+body))
	if err != nil {
		t.Fatal(err)
	}
	in := f.Instructions()[1]
	if !f.NewFlags || len(in.Flags) != 3 || in.Flag("newer").Value != "1" || in.Flag("from").Value != "b" ||
		len(in.Words) != 2 || len(f.Instructions()) != 3 {
		t.Errorf("flags %v, words %v", in.Flags, in.Words)
	}
	if _, err := dockerfile.Parse("Dockerfile",
		[]byte("# syntax=docker/dockerfile:1\nFROM a\nCOPY --new x\n")); err == nil {
		t.Error("a COPY of one word is refused whatever its flags")
	}
}

// TestRefused: whose mistake it is that a file cannot be read, and on which line.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name, src string
		line      int
		foreign   bool
	}{
		{"a line that is too long", "FROM a\nRUN true\nRUN " + strings.Repeat("x", 66000) + "\n", 3, false},
		{"a comment after FROM", "FROM a # b\nRUN true\n", 1, false},
		{"no name after AS", "FROM a AS\n", 1, false},
		{"a no-break space", "FROM\u00a0a\n", 1, false},
		{"no FROM", "RUN true\nUSER me\n", 1, true},
		{"arguments and nothing else", "ARG A=1\n", 1, true},
		{"a text that begins like FROM", "from here on it is prose, # and so on\n", 1, true},
		{"UTF-16, as a shell of Windows writes it", "\xff\xfeF\x00R\x00O\x00M\x00 \x00a\x00\n\x00", 1, false},
		{"UTF-16, big-endian", "\xfe\xff\x00F\x00R\x00O\x00M\x00 \x00a\x00\n", 1, false},
		{"an option of a template", "FROM a\nRUN true\nARG B=\"${templateOption:b}\"\n", 3, true},
		{"a placeholder of a template", "FROM {{ a }}\n", 1, true},
	} {
		_, err := dockerfile.Parse("Dockerfile", []byte(c.src))
		if e, ok := err.(*dockerfile.Error); !ok || e.Line != c.line || e.Foreign != c.foreign {
			t.Errorf("%s: %+v, want line %d, foreign %v", c.name, err, c.line, c.foreign)
		}
	}
}

// TestLimits: what dfbot itself does not read is no refusal of BuildKit's.
func TestLimits(t *testing.T) {
	for name, src := range map[string]string{
		"large":             "FROM a\n" + strings.Repeat("# a comment\n", dockerfile.MaxSize/12),
		"many instructions": "FROM a\n" + strings.Repeat("USER a\n", dockerfile.MaxInstructions),
		"NUL in a comment":  "FROM a\n# \x00\n",
		"NUL in a RUN":      "FROM a\nRUN printf a\x00b\n",
	} {
		_, err := dockerfile.Parse("Dockerfile", []byte(src))
		if e, ok := err.(*dockerfile.Error); !ok || !e.Limit || e.Foreign ||
			!strings.HasPrefix(e.Message, "dfbot does not read files ") {
			t.Errorf("%s: %+v", name, err)
		}
		res, err := parser.Parse(strings.NewReader(src))
		if err == nil {
			_, _, err = instructions.Parse(res.AST, linter.New(&linter.Config{SkipAll: true}))
		}
		if err != nil {
			t.Errorf("%s: BuildKit refuses it: %v", name, err)
		}
	}
}
