package edit_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/shell"
)

// parse reads a Dockerfile whose FROM is left out.
func parse(t *testing.T, src string) *dockerfile.File {
	t.Helper()
	from := "FROM a\n"
	if strings.Contains(src, "\r\n") {
		from = "FROM a\r\n"
	}
	src = from + src
	f, err := dockerfile.Parse("Dockerfile", []byte(src))
	if err != nil {
		t.Fatalf("%q: %v", src, err)
	}
	return f
}

// made is the file with the part of a fix, without its FROM; "none" for no part. The comments that go follow.
func made(t *testing.T, f *dockerfile.File, part *analysis.Fix) string {
	t.Helper()
	if part == nil {
		return "none"
	}
	after, err := analysis.Apply(f.Src, part.Edits)
	if err != nil {
		t.Fatal(errors.Join(err, errors.New(string(f.Src))))
	}
	out := strings.TrimLeft(strings.TrimPrefix(string(after), "FROM a"), "\r\n")
	for _, at := range part.Comments {
		out += "without " + f.Text(at)
	}
	return out
}

// called is the first call of the program in the file.
func called(t *testing.T, f *dockerfile.File, program string) (*dockerfile.Instruction, *dockerfile.Command) {
	t.Helper()
	for _, in := range f.Instructions() {
		if all := shell.Calls(in, program); len(all) > 0 {
			return in, all[0]
		}
	}
	t.Fatalf("no %s in %q", program, f.Src)
	return nil, nil
}

func TestDropInstruction(t *testing.T) {
	for src, want := range map[string]string{
		"USER x\nRUN y\nUSER z\n":                     "USER x\nUSER z\n",
		"RUN y":                                       "",
		"USER x\n\nRUN y\n\nUSER z\n":                 "USER x\n\nUSER z\n",
		"USER x\n\nRUN y\nUSER z\n":                   "USER x\n\nUSER z\n",
		"# why\nRUN y\nUSER z\n":                      "USER z\nwithout # why",
		"# far\n\n  # why\n  RUN y\nUSER z\n":         "# far\n\nUSER z\nwithout # why",
		"RUN y && \\\n  # inside\n  z\nUSER z\n":      "USER z\nwithout # inside",
		"USER x\r\nRUN y\r\nUSER z\r\n":               "USER x\r\nUSER z\r\n",
		"USER x\nRUN <<EOF\ny\nEOF\nUSER z\n":         "USER x\nUSER z\n",
		"USER x\nRUN y":                               "USER x",
		"USER x\n# dfbot ignore=z\nRUN y\nUSER z\n":   "USER x\nUSER z\nwithout # dfbot ignore=z",
		"ONBUILD RUN y\n":                             "none",
		"USER x\nRUN y \\\n":                          "none",
		"USER x\n# check=skip=all\nRUN y\nUSER z\n":   "USER x\n# check=skip=all\nUSER z\n",
		"USER x\n# one\n# two\nRUN y\n# on z\nUSER z": "USER x\n# on z\nUSER zwithout # onewithout # two",
	} {
		f := parse(t, src)
		var run *dockerfile.Instruction
		for _, in := range f.Instructions() {
			if in.Inner().Name == "RUN" {
				run = in
			}
		}
		if got := made(t, f, edit.DropInstruction(run)); got != want {
			t.Errorf("%q\n got %q\nwant %q", src, got, want)
		}
	}
}

// TestDropCommand drops the command x.
func TestDropCommand(t *testing.T) {
	for src, want := range map[string]string{
		"RUN x\nUSER y\n":                            "USER y\n",
		"# why\nRUN x\nUSER y\n":                     "USER y\nwithout # why",
		"RUN x && a\n":                               "RUN a\n",
		"RUN a && x && b\n":                          "RUN a && b\n",
		"RUN a && \\\n    x\n":                       "RUN a\n",
		"RUN a \\\n && x \\\n && b\n":                "RUN a \\\n && b\n",
		"RUN a; x && b\n":                            "RUN a; b\n",
		"RUN (a && x)\n":                             "RUN (a)\n",
		"RUN x && \\\n    # on b\n    b\n":           "RUN \\\n    # on b\n    b\n",
		"RUN x \\\n    # on b\n    && b\n":           "RUN \\\n    # on b\n    b\n",
		"RUN set -e; \\\n  x && \\\n  # on b\n  b\n": "RUN set -e; \\\n  # on b\n  b\n",
		"RUN a && \\\n    # on x\n    x && \\\n    # on b\n    b\n": "RUN a && \\\n    # on b\n    bwithout # on x",
		"RUN x && \\\r\n    # on b\r\n    b\r\n":                    "RUN \\\r\n    # on b\r\n    b\r\n",
		"ONBUILD RUN a && x\n":                                      "ONBUILD RUN a\n",
		"ONBUILD RUN x\n":                                           "none",
		"RUN <<EOF\na\nx\nEOF\n":                                    "RUN <<EOF\na\nEOF\n",
		"RUN <<EOF\nx\nEOF\nUSER y\n":                               "USER y\n",
		"RUN a || x\n":                                              "none",
		"RUN a; x\n":                                                "none",
		"RUN a | x\n":                                               "none",
		"RUN x & b\n":                                               "none",
		"RUN ! x && b\n":                                            "none",
		"RUN if a; then x; fi\n":                                    "none",
	} {
		f := parse(t, src)
		in, c := called(t, f, "x")
		want = strings.Replace(want, "bwithout", "b\nwithout", 1)
		if got := made(t, f, edit.DropCommand(in, c)); got != want {
			t.Errorf("%q\n got %q\nwant %q", src, got, want)
		}
	}
}

// TestAppendCommand appends the command x to the last RUN.
func TestAppendCommand(t *testing.T) {
	for _, c := range []struct {
		src, want string
		comments  []string
	}{
		{"RUN a\n", "RUN a && \\\n    x\n", nil},
		{"RUN a && b\n", "RUN a && b && x\n", nil},
		{"RUN a \\\n && b\n", "RUN a \\\n && b \\\n && x\n", nil},
		{"RUN z \\\n\t&& y\nRUN a\n", "RUN z \\\n\t&& y\nRUN a \\\n\t&& x\n", nil},
		{"RUN set -e; a; b;\n", "RUN set -e; a; b; x\n", nil},
		{"RUN set -e; a || b\n", "RUN set -e; a || b; x\n", nil},
		{"RUN <<EOF\nset -e\n  a\nEOF\n", "RUN <<EOF\nset -e\n  a\n  x\nEOF\n", nil},
		{"RUN <<EOF\na\nEOF\n", "RUN <<EOF\na && x\nEOF\n", nil},
		{"RUN <<EOF\na\nif b; then\n  c\nfi\nEOF\n", "RUN <<EOF\na\nif b; then\n  c\nfi && x\nEOF\n", nil},
		{"RUN <<EOF\na\nb # why\nEOF\n", "none", nil},
		{"RUN <<EOF\na\nb;\nEOF\n", "none", nil},
		{"RUN <<EOF\na\ncat <<X\ny\nX\nEOF\n", "none", nil},
		{"RUN <<EOF\na\nset -e\nb\nEOF\n", "none", nil},
		{"RUN a &\n", "none", nil},
		{"RUN a;\n", "none", nil},
		{"RUN a # b\n", "none", nil},
		{"RUN a && exec b\n", "none", nil},
		{"RUN set -e && a | b\n", "none", nil},
		{"RUN a\n", "RUN a && \\\n    # why\n    x\n", []string{"# why"}},
		{"RUN a && b\n", "RUN a && b && \\\n    # why\n    # not\n    x\n", []string{"# why", "# not"}},
		{"RUN <<EOF\nset -e\na\nEOF\n", "none", []string{"# why"}},
	} {
		f := parse(t, c.src)
		all := f.Instructions()
		part := edit.NewLayout(f).AppendCommand(all[len(all)-1], "x", c.comments)
		if got := made(t, f, part); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.src, got, c.want)
		}
	}
}

func TestJoinRuns(t *testing.T) {
	for src, want := range map[string]string{
		"RUN a\nRUN b\n":                            "RUN a && \\\n    b\n",
		"RUN a\n\n# why\nRUN b\n":                   "RUN a && \\\n    # why\n    b\n",
		"RUN a \\\n  && c\n# why\n#\nRUN b\n":       "RUN a \\\n  && c \\\n  # why\n  #\n  && b\n",
		"RUN a\n# hadolint ignore=DL3059\nRUN b\n":  "none",
		"RUN a\nUSER x\nRUN b\n":                    "none",
		"RUN a\nRUN --network=none b\n":             "none",
		"RUN cd a\nRUN b\n":                         "none",
		"RUN a\nRUN [\"b\"]\n":                      "none",
		"RUN a\nRUN <<EOF\nb\nEOF\n":                "none",
		"RUN a\r\n# why\r\nRUN b\r\n":               "RUN a && \\\r\n    # why\r\n    b\r\n",
		"RUN a && b\nRUN c | d\nRUN e":              "RUN a && b && \\\n    c | d && \\\n    e",
		"RUN a && \\\n# inside\n b\nRUN c\n":        "RUN a && \\\n# inside\n b && \\\n c\n",
		"run a\nrun b\n":                            "run a && \\\n    b\n",
		"RUN a\n    # why, far to the right\nRUN b": "RUN a && \\\n    # why, far to the right\n    b",
	} {
		f := parse(t, src)
		var runs []*dockerfile.Instruction
		for _, in := range f.Instructions() {
			if in.Name == "RUN" {
				runs = append(runs, in)
			}
		}
		if got := made(t, f, edit.NewLayout(f).JoinRuns(runs)); got != want {
			t.Errorf("%q\n got %q\nwant %q", src, got, want)
		}
	}
}

// TestTakeComments: what explains a command moves with it; what silences rules for an instruction goes with the
// instruction.
func TestTakeComments(t *testing.T) {
	f := parse(t, "  # the files\n  COPY x /x\n# why\n# hadolint ignore=DL3059\nRUN x\nUSER y\n")
	all := f.Instructions()
	part := edit.DropInstruction(all[2])
	comments := edit.TakeComments(f, part)
	got := made(t, f, edit.All(part, edit.CommentAbove(all[1], comments)))
	if want := "  # the files\n  # why\n  COPY x /x\nUSER y\nwithout # hadolint ignore=DL3059"; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if edit.All(part, nil) != nil {
		t.Error("a fix without one of its parts")
	}
}

func TestWords(t *testing.T) {
	f := parse(t, "RUN x -a b \\\n  # on c\n  c\nenv A=1 B=2\nENV C=3\nCOPY a \"b\"\n")
	_, x := called(t, f, "x")
	env, copied := f.Instructions()[2], f.Instructions()[4]
	for want, part := range map[string]*analysis.Fix{
		"none":           edit.DropWords(f, x, 0, 1),
		"RUN x b \\":     edit.DropWords(f, x, 1, 1),
		"RUN x \\":       edit.DropWords(f, x, 1, 2),
		"env B=2":        edit.DropPair(env, 0),
		"env A=1":        edit.DropPair(env, 1),
		"COPY a \"b/\"":  edit.AppendTo(f, copied.Words[1], "/"),
		"# on c\n  c":    {},
		"env A=1 B=2\nC": edit.All(edit.Delete(f, f.Instructions()[3].Keyword.Start, f.Instructions()[3].Args.Pos(0))),
	} {
		if got := made(t, f, part); !strings.Contains(got, want) {
			t.Errorf("got %q\nwant %q", got, want)
		}
	}
	if edit.DropWords(f, x, 2, 3) != nil {
		t.Error("a comment is taken out with a word")
	}
	if edit.Keyword(env, "ARG") != "arg" || edit.Keyword(copied, "ARG") != "ARG" {
		t.Error("Keyword")
	}
}

func TestInsert(t *testing.T) {
	for _, c := range []struct{ src, above, below string }{
		{"RUN x\nUSER y\n", "A\nB\nRUN x\nUSER y\n", "RUN x\nA\nB\nUSER y\n"},
		{"# why\nRUN x\n", "A\nB\n# why\nRUN x\n", "# why\nRUN x\nA\nB\n"},
		{"RUN x", "A\nB\nRUN x", "RUN x\nA\nB"},
		{"RUN x\r\nUSER y\r\n", "A\r\nB\r\nRUN x\r\nUSER y\r\n", "RUN x\r\nA\r\nB\r\nUSER y\r\n"},
		{"RUN <<EOF\nx\nEOF\n", "A\nB\nRUN <<EOF\nx\nEOF\n", "RUN <<EOF\nx\nEOF\nA\nB\n"},
	} {
		f := parse(t, c.src)
		run, _ := called(t, f, "x")
		if got := made(t, f, edit.InsertAbove(run, "A\nB")); got != c.above {
			t.Errorf("%q above: %q, want %q", c.src, got, c.above)
		}
		if got := made(t, f, edit.InsertBelow(run, "A\nB")); got != c.below {
			t.Errorf("%q below: %q, want %q", c.src, got, c.below)
		}
	}
}

// TestMoveBelow moves the ENVs below the RUN.
func TestMoveBelow(t *testing.T) {
	for src, want := range map[string]string{
		"ENV a=1\nRUN x\nUSER y\n":                      "RUN x\nENV a=1\nUSER y\n",
		"# why\nENV a=1\nENV b=2\nRUN x\n":              "RUN x\n# why\nENV a=1\nENV b=2\n",
		"USER y\n\nENV a=1\n\nRUN x\n":                  "USER y\n\nRUN x\n\nENV a=1\n",
		"ENV a=1\nRUN x":                                "RUN x\nENV a=1",
		"ENV a=1\r\nUSER y\r\nENV b=2\r\nRUN x\r\n":     "USER y\r\nRUN x\r\nENV a=1\r\nENV b=2\r\n",
		"USER y\nENV a=1 \\\n  # on b\n  b=2\nRUN x\n#": "USER y\nRUN x\nENV a=1 \\\n  # on b\n  b=2\n#",
	} {
		f := parse(t, src)
		var all []*dockerfile.Instruction
		for _, in := range f.Instructions() {
			if in.Name == "ENV" {
				all = append(all, in)
			}
		}
		run, _ := called(t, f, "x")
		if got := made(t, f, edit.MoveBelow(all, run)); got != want {
			t.Errorf("%q\n got %q\nwant %q", src, got, want)
		}
	}
}
