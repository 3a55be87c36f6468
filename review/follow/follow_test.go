package follow_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/follow"
	"github.com/dfbot/dfbot/review/work"
)

func parse(t *testing.T, src string) *dockerfile.File {
	t.Helper()
	f, err := dockerfile.ParseWithin(work.New(t.Context(), 1<<40), "Dockerfile", []byte(src))
	if err != nil {
		t.Fatalf("%v\n%s", err, src)
	}
	return f
}

// trail lists for each instruction which one it was, by number from 0, with a star where its words are others; - for a
// new one. After a colon it says the same of stages.
func trail(t *testing.T, before, after string) string {
	f := parse(t, after)
	now := follow.From(parse(t, before), f)
	var all, stages []string
	for _, in := range f.Instructions() {
		switch was := now.Instruction(in); {
		case was == nil:
			all = append(all, "-")
		case now.Same(in):
			all = append(all, fmt.Sprint(was.Index))
		default:
			all = append(all, fmt.Sprint(was.Index, "*"))
		}
	}
	for _, s := range f.Stages() {
		if was := now.Stage(s); was != nil {
			stages = append(stages, fmt.Sprint(was.Index))
		} else {
			stages = append(stages, "-")
		}
	}
	return strings.Join(all, " ") + " : " + strings.Join(stages, " ")
}

func TestFrom(t *testing.T) {
	for _, c := range []struct{ name, before, after, want string }{
		{"the same", "FROM a\nRUN b\nUSER c\n", "FROM a\nRUN b\nUSER c\n", "0 1 2 : 0"},
		{"another layout", "FROM a\nRUN b && c -d \\\n  e\nENV A=1\n",
			"FROM a\n\n# why\nrun b \\\n # not\n && c \\\n -d e\nENV A=1\n", "0 1 2 : 0"},
		{"put in and taken out", "FROM a\nRUN b\nRUN c\n", "FROM a\nRUN x y z\nRUN c\n", "0 - 2 : 0"},
		{"moved", "FROM a\nRUN b\nRUN c\nENV A=1\n", "FROM a\nENV A=1\nRUN b\nRUN c\n", "0 3 1 2 : 0"},
		{"one of several equal ones put in at the end", "FROM a\nRUN b\nUSER x\nRUN c\n",
			"FROM a\nRUN b\nUSER x\nRUN b\nRUN c\n", "0 1 2 - 3 : 0"},
		{"a new tag", "FROM node:20\nRUN b\n", "FROM node:22@sha256:" + strings.Repeat("a", 64) + "\nRUN b\n",
			"0* 1 : 0"},
		{"a package more", "FROM a\nRUN apt-get install -y curl\n", "FROM a\nRUN apt-get install -y curl jq\n",
			"0 1* : 0"},
		{"the most similar one", "FROM a\nRUN apt-get install -y a b\nRUN apt-get install -y c d\n",
			"FROM a\nRUN apt-get install -y c d e\n", "0 2* : 0"},
		{"another command", "FROM a\nRUN make all\n", "FROM a\nRUN curl -o x y\n", "0 - : 0"},
		{"another value", "FROM a\nENV A=1\nENV B=1\n", "FROM a\nENV B=2\nENV A=2\n", "0 2* 1* : 0"},
		{"another form", "FROM a\nCMD npm start\n", "FROM a\nCMD [\"node\", \"x\"]\n", "0 1* : 0"},
		{"a heredoc", "FROM a\nRUN <<EOF\nb\nc\nEOF\n", "FROM a\nRUN <<EOF\nb\nd\nEOF\n", "0 1* : 0"},
		{"a renamed stage", "FROM a AS one\nRUN b\nFROM c\nCOPY --from=one /x /y\n",
			"FROM a AS two\nRUN b\nFROM c\nCOPY --from=two /x /y\n", "0* 1 2 3* : 0 1"},
		{"stages in another order", "FROM a AS one\nRUN b\nFROM c AS two\nRUN d\nFROM e\n",
			"FROM c AS two\nRUN d\nFROM a AS one\nRUN b\nFROM e\n", "2 3 0 1 4 : 1 0 2"},
		{"a new first stage", "FROM a\nRUN b\nRUN c\n", "FROM x AS build\nRUN b\nFROM a\nRUN c\n", "- 1 0 2 : - 0"},
		{"all of it rewritten", "FROM a\nRUN b\n", "FROM x\nRUN y\n", "0* - : 0"},
		{"an ARG moved into the stage", "ARG A=1\nFROM a\n", "FROM a\nARG A=1\n", "1 0 : 0"},
	} {
		if got := trail(t, c.before, c.after); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestGone(t *testing.T) {
	gone := follow.From(parse(t, "FROM a\nRUN b\nUSER c\nCMD d\n"), parse(t, "FROM a\nCMD d\n")).Gone()
	if len(gone) != 2 || gone[0].Name != "RUN" || gone[1].Name != "USER" {
		t.Errorf("gone: %v", gone)
	}
}

// TestCost: the work grows with the file, and not with its square, where nothing is as it was.
func TestCost(t *testing.T) {
	cost := func(n int) int {
		text := func(word string) string {
			var b strings.Builder
			b.WriteString("FROM a\n")
			for i := range n {
				fmt.Fprintf(&b, "RUN %s %d x%d\n", word, i, i)
			}
			return b.String()
		}
		before, after := parse(t, text("make")), parse(t, text("cmake"))
		used := after.Work.Used()
		follow.From(before, after)
		return after.Work.Used() - used
	}
	if small, large := cost(2500), cost(9900); large > 8*small {
		t.Errorf("%d units for 2,500 instructions, %d for 9,900", small, large)
	}
}
