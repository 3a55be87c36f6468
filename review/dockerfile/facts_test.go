package dockerfile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// parse reads a file that has to parse.
func parse(t *testing.T, src string) *dockerfile.File {
	t.Helper()
	f, err := dockerfile.Parse("Dockerfile", []byte(src))
	if err != nil {
		t.Fatalf("%q: %v", src, err)
	}
	return f
}

func TestInner(t *testing.T) {
	f := parse(t, "FROM a\nONBUILD COPY x /x\nRUN x\n")
	for i, want := range []string{"FROM", "COPY", "RUN"} {
		if in := f.Instructions()[i]; in.Inner().Name != want || (in.Inner() == in) != (want != "COPY") {
			t.Errorf("the instruction inside %s is %s", in.Name, in.Inner().Name)
		}
	}
}

// TestRefs: what BuildKit takes for a stage, and where the name is.
func TestRefs(t *testing.T) {
	for _, c := range []struct {
		line  string
		name  string // "" for no reference
		at    string // the text of the span
		stage int    // -1 for none
	}{
		{"COPY --from=build /a /a", "build", "build", 0},
		{"COPY --from=BUILD /a /a", "BUILD", "BUILD", 0},
		{"COPY --from=0 /a /a", "0", "0", 0},
		{"COPY --from=00 /a /a", "00", "00", 0},
		{"COPY --from=9 /a /a", "9", "9", -1},
		{"COPY --from=-1 /a /a", "-1", "-1", -1},
		{"COPY --from=alpine:3.20 /a /a", "alpine:3.20", "alpine:3.20", -1},
		{"COPY --from=$NAME /a /a", "$NAME", "$NAME", -1}, // the builder refuses it
		{`COPY --from="build" /a /a`, "build", "build", 0},
		{`COPY "--from=build" /a /a`, "", "", -1}, // no flag
		{`COPY --from=bu"il"d /a /a`, "build", "", 0},
		{"COPY --fr\\\nom=bui\\\nld /a /a", "build", "bui\\\nld", 0},
		{"COPY --from= /a /a", "", "", -1},
		{"COPY /a /a", "", "", -1},
		{"ONBUILD COPY --from=build /a /a", "build", "build", 0},
		{"RUN --mount=from=build,target=/a ls", "build", "build", 0},
		{"RUN --mount=type=bind,target=/a,FROM=build ls", "build", "build", 0},
		{`RUN --mount='"from=build",target=/a' ls`, "build", "build", 0},
		{"RUN --mount=from=x,target=/a,from=build ls", "build", "build", 0},
		{"RUN --mount=from=0,target=/a ls", "0", "0", -1}, // an image
		{"RUN --mount=target=/a ls", "", "", -1},
		{"ONBUILD RUN --mount=from=build,target=/a ls", "build", "build", 0},
	} {
		f := parse(t, "ARG NAME=build\nFROM a AS build\nFROM b AS last\n"+c.line+"\n")
		refs := f.Instructions()[3].Refs()
		if len(refs) != 1 {
			if c.name != "" || len(refs) > 1 {
				t.Errorf("%s: %d references", c.line, len(refs))
			}
			continue
		}
		stage := -1
		if s := refs[0].Stage(); s != nil {
			stage = s.Index
		}
		if at := f.Text(refs[0].Span); refs[0].Name != c.name || at != c.at || stage != c.stage {
			t.Errorf("%s: %q at %q is stage %d", c.line, refs[0].Name, at, stage)
		}
	}
}

// TestRefOfSeveral: of stages with the same name BuildKit takes the last one, even where that comes too late.
func TestRefOfSeveral(t *testing.T) {
	f := parse(t, "FROM a AS x\nFROM b AS x\nFROM c\nCOPY --from=x / /\nFROM d AS x\n")
	if s := f.Instructions()[3].Refs()[0].Stage(); s == nil || s.Index != 3 {
		t.Errorf("it is %v", s)
	}
}

func TestMounts(t *testing.T) {
	for _, c := range []struct {
		flags string
		want  []dockerfile.Mount
	}{
		{"", nil},
		{"--mount=target=/a", []dockerfile.Mount{{Type: "bind", Target: "/a"}}},
		{"--mount=type=CACHE,dst=/a,id=x", []dockerfile.Mount{{Type: "cache", Target: "/a"}}},
		{"--mount=type=$TYPE,destination=$HOME/a", []dockerfile.Mount{{Type: "$type", Target: "$HOME/a"}}},
		{"--mount=src=a,target=/a,target=/b --mount=type=tmpfs,target=/t", []dockerfile.Mount{
			{Type: "bind", Source: "a", Target: "/b"}, {Type: "tmpfs", Target: "/t"}}},
		{`--mount='"source=a,b",target=/a,ro'`, []dockerfile.Mount{{Type: "bind", Source: "a,b", Target: "/a"}}},
	} {
		for _, keyword := range []string{"RUN", "ONBUILD RUN"} {
			f := parse(t, "FROM a\n"+keyword+" "+c.flags+" ls\n")
			got := f.Instructions()[1].Mounts()
			for i := range got {
				got[i].Flag, got[i].From = nil, dockerfile.Ref{}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s %s: %+v", keyword, c.flags, got)
			}
		}
	}
	f := parse(t, "FROM a\nRUN --mount=type=cache,target=/a ls\nCOPY a b\n")
	run, copied := f.Instructions()[1], f.Instructions()[2]
	if !run.HasMount("bind", "cache") || run.HasMount("bind") || copied.HasMount("bind") {
		t.Error("HasMount")
	}
}

func TestLeading(t *testing.T) {
	f := parse(t, "# syntax=docker/dockerfile:1\n# the base\nFROM a\n# far\n\n"+
		"# one\n  # two\nRUN a && \\\n  # inside\n  b\nRUN c\n")
	for i, want := range []string{"the base", "one, two", ""} {
		in := f.Instructions()[i]
		var texts []string
		for _, c := range in.Leading() {
			texts = append(texts, c.Text)
		}
		if got := strings.Join(texts, ", "); got != want {
			t.Errorf("comments of instruction %d: %s", i, got)
		}
	}
	run := f.Instructions()[1]
	if block := f.Text(run.WithComments()); block != "# one\n  # two\nRUN a && \\\n  # inside\n  b\n" {
		t.Errorf("block %q", block)
	}
	if block := f.Text(f.Instructions()[2].WithComments()); block != "RUN c\n" {
		t.Errorf("block %q", block)
	}
	if !f.CommentIn(run.Span) || f.CommentIn(f.Instructions()[2].Span) || f.CommentIn(run.Keyword) {
		t.Error("CommentIn")
	}
}

func TestStages(t *testing.T) {
	f := parse(t, "FROM a AS base\nFROM base AS built\nFROM c AS tools\nFROM built\n")
	stages := f.Stages()
	final := f.Final()
	if final != stages[3] || !final.Final() || stages[0].Final() {
		t.Error("the last stage is the final one")
	}
	for i, want := range []bool{true, true, false, true} {
		if stages[i].Ships() != want || final.BuiltOn(stages[i]) != want {
			t.Errorf("stage %d: ships %t, built on it %t", i, stages[i].Ships(), final.BuiltOn(stages[i]))
		}
	}
	var none *dockerfile.Stage
	if stages[0].BuiltOn(final) || none.Ships() || none.BuiltOn(final) || final.BuiltOn(none) {
		t.Error("a stage is built on a later one, or on none")
	}
}

// TestNeeded: BuildKit builds the stages that the last one needs, and no other.
func TestNeeded(t *testing.T) {
	f := parse(t, "FROM a AS deps\nFROM deps AS build\nRUN --mount=from=tools x\nFROM b AS tools\nFROM c AS lint\n"+
		"COPY --from=build /x /\nFROM d AS base\nONBUILD COPY --from=lint /y /\nFROM base\nCOPY --from=1 /x /\n")
	for i, want := range []bool{true, true, true, false, true, true} {
		if s := f.Stages()[i]; s.Needed() != want {
			t.Errorf("stage %d (%s): needed %t, want %t", i, s.Name, !want, want)
		}
	}
}

func TestWindows(t *testing.T) {
	for src, want := range map[string][2]bool{
		"FROM debian:12": {false, true},
		"FROM mcr.microsoft.com/windows/nanoserver:ltsc2022":    {true, true},
		"FROM --platform=windows/amd64 golang":                  {true, true},
		"FROM golang:1.24-windowsservercore AS x\nFROM x":       {true, true},
		"ARG IMAGE\nFROM $IMAGE":                                {false, false},
		"ARG TAG\nFROM mcr.microsoft.com/dotnet/framework:$TAG": {true, true},
		"# escape=`\nFROM example/app":                          {true, true},
	} {
		if yes, known := parse(t, src).Final().Windows(); yes != want[0] || known != want[1] {
			t.Errorf("%q: %t, known %t", src, yes, known)
		}
	}
}

func TestSetBy(t *testing.T) {
	f := parse(t, "ARG A=1\nFROM a AS base\nARG A\nENV B=1\nARG B=2\nENV B=3\nRUN x\nFROM base\nRUN y\nARG C\n")
	all := f.Instructions()
	for _, c := range []struct{ at, by int }{{2, -1}, {3, 2}} {
		if got := all[c.at].SetBy("A"); c.by < 0 && got != nil || c.by >= 0 && got != all[c.by] {
			t.Errorf("A at instruction %d is set by %+v", c.at, got)
		}
	}
	for at, by := range map[int]int{4: 3, 5: 3, 6: 5, 8: 5} { // the ARG sets nothing
		if got := all[at].SetBy("B"); got != all[by] {
			t.Errorf("B at instruction %d is set by %+v", at, got)
		}
	}
	if all[8].SetBy("C") != nil || f.Arg("A") != all[0] || f.Arg("B") != nil {
		t.Error("C is set below, A is global, B is not")
	}
}
