package review

import (
	"fmt"
	"maps"
	"math/rand"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rules"
)

// nothing has no fix proved.
func nothing(*analysis.Result) func(analysis.Diagnostic) bool {
	return func(analysis.Diagnostic) bool { return false }
}

// foundBy are the findings of some rules in a Dockerfile.
func foundBy(path, src string, names ...string) []*current {
	u := analysis.Unit{Path: path, Src: []byte(src), Wants: nothing}
	for _, name := range names {
		r := rules.ByName(name)
		u.Rules = append(u.Rules, analysis.Active{Rule: r, Severity: analysis.Warning})
	}
	return currentsOf(u)
}

func currentsOf(u analysis.Unit) []*current {
	res := judged(u)
	var all []*current
	for i, t := range tracesOf(&res, res.Diagnostics) {
		all = append(all, newCurrent(t, res.Diagnostics[i]))
	}
	return all
}

// remembered are findings as the comments of an earlier run keep them, in a file at the path. What the markers keep is
// written and read once.
func remembered(t *testing.T, path string, all []*current) []*earlier {
	t.Helper()
	var before []*earlier
	for _, c := range all {
		read, ok := parseTrace(c.Trace.String())
		if !ok || read.String() != c.Trace.String() {
			t.Fatalf("%s reads as %s", c.Trace, read)
		}
		before = append(before, &earlier{Trace: read, path: path, weight: weight[Open]})
	}
	return before
}

// again says which finding of before is which one now: "2>3" for one that was on line 2 and is on line 3, "2>" for one
// that is gone, ">3" for one that is new.
func again(was []*current, before []*earlier, now []*current) string {
	var all []string
	for i, e := range before {
		to := ""
		if e.current != nil {
			to = fmt.Sprint(e.current.from)
		}
		all = append(all, fmt.Sprintf("%d>%s", was[i].from, to))
	}
	for _, c := range now {
		if !c.taken {
			all = append(all, fmt.Sprintf(">%d", c.from))
		}
	}
	return strings.Join(all, " ")
}

func TestSameFinding(t *testing.T) {
	const curl = "RUN apt-get update && apt-get install -y curl git jq"
	file := func(lines ...string) string { return "FROM debian:12\n" + strings.Join(lines, "\n") + "\n" }
	for _, tt := range []struct {
		name, rule, before, after, want string
	}{
		{"nothing changes", "apt-recommends", file(curl), file(curl), "2>2"},
		{"a package is added", "apt-recommends", file(curl, "USER a"), file(curl+" make", "USER a"), "2>2"},
		{"one package becomes another", "apt-recommends", file(curl, "USER a"),
			file(strings.Replace(curl, "jq", "make", 1), "USER a"), "2>2"},
		{"the only package becomes another", "apt-recommends", file("RUN apt-get install -y vim", "USER a"),
			file("RUN apt-get install -y nano", "USER a"), "2>2"},
		{"a line above", "apt-recommends", file(curl, "USER a"), file("ENV A=b", curl, "USER a"), "2>3"},
		{"moved to the end", "apt-recommends", file(curl, "WORKDIR /a", "COPY a b", "USER a"),
			file("WORKDIR /a", "COPY a b", "USER a", curl), "2>5"},
		{"moved and edited", "apt-recommends", file(curl, "WORKDIR /a", "COPY a b"),
			file("WORKDIR /a", "COPY a b", curl+" make"), "2>4"},
		{"moved to another stage", "apt-recommends", "FROM debian AS a\n" + curl + "\nFROM debian\nUSER a\n",
			"FROM debian AS a\nFROM debian\nUSER a\n" + curl + "\n", "2>4"},
		{"the stage is renamed", "apt-recommends",
			"FROM debian:12 AS a\n" + curl + "\nFROM scratch\nCOPY --from=a /a /\n",
			"FROM debian:12 AS b\n" + curl + "\nFROM scratch\nCOPY --from=b /a /\n", "2>2"},
		{"reformatted", "apt-recommends", file(curl),
			file("run apt-get update \\", " && apt-get install -y \\", "  curl \\", "  git \\", "  jq"), "2>2"},
		{"deleted, and another elsewhere", "apt-recommends", file(curl, "WORKDIR /a", "COPY a b", "ENV A=b"),
			file("WORKDIR /a", "COPY a b", "ENV A=b", "RUN apt-get install -y openjdk-17-jre maven"), "2> >5"},
		{"deleted, and another in another stage", "apt-recommends",
			"FROM debian AS a\n" + curl + "\nENV A=b\nFROM debian\nUSER a\n",
			"FROM debian AS a\nENV A=b\nFROM debian\nUSER a\nRUN apt-get install -y openjdk-17-jre git\n", "2> >5"},
		{"one of two is deleted", "apt-recommends", file(curl, "RUN apt-get install -y make"),
			file("RUN apt-get install -y make gcc"), "2> 3>2"},
		{"the two change places", "apt-recommends", file(curl, "RUN apt-get install -y make"),
			file("RUN apt-get install -y make gcc", curl+" xz"), "2>3 3>2"},
		{"a copy is added", "apt-recommends", file(curl, "ENV A=b"), file(curl, "ENV A=b", curl+" make"), "2>2 >4"},
	} {
		was, now := foundBy("Dockerfile", tt.before, tt.rule), foundBy("Dockerfile", tt.after, tt.rule)
		before := remembered(t, "Dockerfile", was)
		paths{}.match(before, now)
		if got := again(was, before, now); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// Of two findings in one instruction that differ in what they are about, the right one is gone. The one that is left
// may have the fingerprint that the other had.
func TestOneOfTwoInAnInstruction(t *testing.T) {
	each := &analysis.Rule{Name: "each", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, w := range in.Words {
				if strings.HasPrefix(w.Text, "bad") &&
					!strings.Contains(string(p.File.Src), "ok-"+w.Text) {
					p.Report(analysis.Finding{In: in, Span: w.Span, Message: analysis.Say("%s", w.Text)})
				}
			}
		}
	}}
	find := func(src string) []*current {
		return currentsOf(analysis.Unit{Path: "a", Src: []byte("FROM scratch\n" + src),
			Rules: []analysis.Active{{Rule: each, Severity: analysis.Warning}}})
	}
	for _, after := range []string{"RUN one good two bad2\n", "RUN one bad1 two bad2\nLABEL ok-bad1=yes\n"} {
		was, now := find("RUN one bad1 two bad2\n"), find(after)
		before := remembered(t, "a", was)
		paths{}.match(before, now)
		if len(before) != 2 || before[0].current != nil || before[1].current == nil {
			t.Errorf("%s: %s", after, again(was, before, now))
		}
	}
}

// A finding goes where its file goes: with certainty where GitHub says that it was renamed, else to a file that has
// much of it while the old one is gone. The same in another file that was always there is another.
func TestFileMoves(t *testing.T) {
	const src = "FROM debian:12\nRUN apt-get update && apt-get install -y curl git jq\nUSER a\n"
	other := strings.Replace(src, "curl git jq", "openjdk-17-jre", 1)
	gone := paths{gone: map[string]bool{"Dockerfile": true}}
	for _, tt := range []struct {
		name, path, src string
		paths           paths
		want            string
	}{
		{"renamed by the pull request", "b/Dockerfile", src,
			paths{moved: map[string]string{"Dockerfile": "b/Dockerfile"}}, "2>2"},
		{"renamed by a push", "b/Dockerfile", src, gone, "2>2"},
		{"renamed and edited", "b/Dockerfile", strings.Replace(src, "jq", "make", 1), gone, "2>2"},
		{"renamed to another name", "b/Dockerfile", src, paths{moved: map[string]string{"Dockerfile": "c/Dockerfile"},
			gone: map[string]bool{"Dockerfile": true}}, "2> >2"},
		{"another file", "b/Dockerfile", src, paths{}, "2> >2"},
		{"another file with another mistake", "b/Dockerfile",
			"FROM alpine\nENV A=b\n" + strings.SplitN(other, "\n", 2)[1], gone, "2> >3"},
	} {
		was, now := foundBy("Dockerfile", src, "apt-recommends"), foundBy(tt.path, tt.src, "apt-recommends")
		before := remembered(t, "Dockerfile", was)
		tt.paths.match(before, now)
		if got := again(was, before, now); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// mutations change a Dockerfile and leave its mistakes.
var mutations = map[string]func(src string, line int) string{
	"a line above": func(src string, line int) string {
		lines := strings.SplitAfter(src, "\n")
		if line > 1 && strings.HasSuffix(lines[line-2], "\\\n") {
			return src
		}
		return strings.Join(slices.Insert(lines, line-1, "ARG UNRELATED=1\n"), "")
	},
	"a line below": func(src string, line int) string {
		return strings.TrimRight(src, "\n") + "\nARG UNRELATED=1\n"
	},
	"blanks": func(src string, line int) string {
		lines := strings.SplitAfter(src, "\n")
		lines[line-1] = strings.Replace(lines[line-1], " ", "   ", 1)
		return strings.Join(lines, "")
	},
	"stage": func(src string, _ int) string {
		for _, m := range regexp.MustCompile(`(?im)^FROM .* AS (\S+)$`).FindAllStringSubmatch(src, -1) {
			src = regexp.MustCompile(`\b`+regexp.QuoteMeta(m[1])+`\b`).ReplaceAllString(src, m[1]+"x")
		}
		return src
	},
	"next to another": func(src string, line int) string { return src + "\nUSER 1000:1000\n" },
}

// TestEditsKeepTheFinding makes such edits in the examples of all rules: as long as a rule finds as much as before, the
// findings are the same, each one that was in the same place before.
func TestEditsKeepTheFinding(t *testing.T) {
	tried := map[string]int{}
	for _, ex := range badExamples(t) {
		if strings.HasPrefix(ex.name, "ignore-comment/") {
			continue // a comment is taken for a part of the instruction below it, whichever that is
		}
		u := ex.unit
		u.Path, u.Src, u.Wants = "Dockerfile", []byte(ex.src), nothing
		was := currentsOf(u)
		for _, c := range was {
			for _, name := range slices.Sorted(maps.Keys(mutations)) {
				if name == "next to another" && strings.HasPrefix(ex.name, "image-needs-root/") {
					continue // the USER that counts is then the new one
				}
				moved := u
				moved.Src = []byte(mutations[name](ex.src, c.from))
				now := currentsOf(moved)
				if len(now) != len(was) {
					continue
				}
				tried[name]++
				before := remembered(t, "Dockerfile", was)
				paths{}.match(before, now)
				for i, e := range before {
					if e.current != now[i] {
						t.Errorf("%s: %s at line %d: %s\n%s", ex.name, name, c.from, again(was, before, now), moved.Src)
						break
					}
				}
			}
		}
	}
	for name := range mutations {
		if tried[name] < 50 {
			t.Errorf("%s: tried only %d times", name, tried[name])
		}
	}
	t.Log(tried)
}

// The same findings are the same whatever their order, and a comparison of very many ends.
func TestMatchIsBounded(t *testing.T) {
	var src strings.Builder
	src.WriteString("FROM debian:12\n")
	for i := range 400 {
		fmt.Fprintf(&src, "RUN apt-get install -y package%d\n", i)
	}
	was := foundBy("Dockerfile", src.String(), "apt-recommends")
	now := foundBy("b", src.String(), "apt-recommends")
	before := remembered(t, "Dockerfile", was)
	rand.New(rand.NewSource(1)).Shuffle(len(before), func(i, j int) { before[i], before[j] = before[j], before[i] })
	for range 20 {
		before = append(before, before[:len(was)]...)
	}
	paths{moved: map[string]string{"Dockerfile": "b"}}.match(before, now)
	if len(was) == 0 {
		t.Fatal("nothing is found")
	}
}
