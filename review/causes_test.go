package review

import (
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/rules"
	"golang.org/x/tools/txtar"
)

// badExample is one of the examples in which a rule finds something.
type badExample struct {
	name string
	src  string
	unit analysis.Unit
}

// badExamples reads those of all rules that have a body.
func badExamples(t *testing.T) []badExample {
	t.Helper()
	files, _ := filepath.Glob("rules/*.txtar")
	var all []badExample
	for _, file := range files {
		rule := rules.ByName(strings.TrimSuffix(filepath.Base(file), ".txtar"))
		ar, err := txtar.ParseFile(file)
		if err != nil || rule == nil {
			t.Fatalf("%s: %v", file, err)
		}
		if rule.Run == nil {
			continue
		}
		byName := map[string]*badExample{}
		var order []string
		for _, f := range ar.Files {
			parts := strings.SplitN(f.Name, "/", 3)
			if parts[0] != "bad" || len(parts) < 3 || parts[2] == "want" || parts[2] == "fixed" {
				continue
			}
			ex := byName[parts[1]]
			if ex == nil {
				ex = &badExample{name: rule.Name + "/" + parts[1], unit: analysis.Unit{
					Tree:  &buildcontext.Tree{Contents: map[string][]byte{}},
					Today: time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC),
					Rules: []analysis.Active{{Rule: rule, Severity: analysis.Error}},
				}}
				byName[parts[1]] = ex
				order = append(order, parts[1])
			}
			if parts[2] == "options.json" {
				ex.unit.Rules[0].Options = exampleOptions(t, f.Data)
				continue
			}
			if path.Base(parts[2]) == "Dockerfile" {
				ex.unit.Path, ex.src = parts[2], string(f.Data)
			}
			ex.unit.Tree.Paths = append(ex.unit.Tree.Paths, parts[2])
			ex.unit.Tree.Contents[parts[2]] = f.Data
		}
		for _, name := range order {
			if ex := byName[name]; ex.src != "" && !strings.ContainsAny(ex.src, "␍␄") {
				all = append(all, *ex)
			}
		}
	}
	if len(all) < 500 {
		t.Fatalf("only %d examples were read", len(all))
	}
	return all
}

func exampleOptions(t *testing.T, data []byte) map[string]any {
	var options map[string]any
	if err := json.Unmarshal(data, &options); err != nil {
		t.Fatal(err)
	}
	for name, v := range options {
		switch v := v.(type) {
		case []any:
			var words []string
			for _, w := range v {
				words = append(words, fmt.Sprint(w))
			}
			options[name] = words
		case float64:
			options[name] = int(v)
		case map[string]any:
			labels := map[string]string{}
			for key, value := range v {
				labels[key] = fmt.Sprint(value)
			}
			options[name] = labels
		}
	}
	return options
}

// judge is what the rule finds in other bytes of the example; false for bytes that do not parse.
func (ex badExample) judge(src string) (analysis.Result, bool) {
	f, err := dockerfile.Parse(ex.unit.Path, []byte(src))
	if err != nil {
		return analysis.Result{}, false
	}
	u := ex.unit
	u.Src, u.File = []byte(src), f
	original, err := dockerfile.Parse(u.Path, []byte(ex.src))
	if err != nil {
		return analysis.Result{}, false
	}
	// worked out from all COPYs of the file, which is no matter of one finding
	u.Context = buildcontext.New(u.Tree, original)
	u.Wants = analysis.NoFixes
	return judged(u), true
}

// key is a finding by its instruction and code.
func key(d analysis.Diagnostic) string { return fmt.Sprint(places(d)[0].Line, d.Code) }

// obstacles are examples in which another COPY that may write over the same files prevents a finding that
// is said only with its patch: that it goes away is no value that the finding rests on.
var obstacles = map[string]bool{"copy-before-install/subfolder": true}

// brings fails the test where a change from one text to the other brings a finding, and its doing so is not seen. It
// returns how many it brings.
func (ex badExample) brings(t *testing.T, how, before, after string) (brought int) {
	t.Helper()
	base, parses := ex.judge(before)
	if !parses {
		return 0
	}
	head, _ := ex.judge(after)
	was := map[string]bool{}
	for _, d := range base.Diagnostics {
		was[key(d)] = true
	}
	compared := Compare(&head, &base)
	for i, d := range head.Diagnostics {
		if was[key(d)] {
			continue
		}
		brought++
		if !obstacles[ex.name] && !compared.Found[i].Standing.Own() {
			t.Errorf("%s: %s: line %d is %v: %s\n%s", ex.name, how, d.Place.Line, compared.Found[i], d.Message, after)
		}
	}
	return brought
}

// TestValueMoved moves each word of the examples into which the builder puts variables to an ARG or ENV above, and
// changes that alone. Where the finding comes with the value, it is the change's own.
func TestValueMoved(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it moves every value of every example")
	}
	brought := map[string]int{}
	for _, ex := range badExamples(t) {
		f, err := dockerfile.Parse(ex.unit.Path, []byte(ex.src))
		if err != nil {
			continue
		}
		for _, in := range f.Instructions() {
			for _, span := range movable(f, in) {
				word := f.Text(span)
				for _, keyword := range []string{"ARG", "ENV"} {
					at := in.Span.Start
					if in.Name == "FROM" {
						if at = f.Stages()[0].From.Span.Start; keyword == "ENV" {
							continue
						}
					}
					moved := func(value string) string {
						return ex.src[:at] + keyword + " DFBOT_MOVED=" + value + "\n" + ex.src[at:span.Start] +
							"${DFBOT_MOVED}" + ex.src[span.End:]
					}
					others := []string{"other", "/other/", "root", "8080", "https://example.com/x"}
					switch in.Name {
					case "FROM":
						others = []string{"other.example/x:1", "debian:13"}
					case "RUN":
						if others = others[:1]; keyword == "ARG" {
							continue // to a shell it is as good as an ENV
						}
					}
					for _, other := range others {
						n := ex.brings(t, in.Name+" by "+keyword+" from "+other, moved(other), moved(word))
						brought[in.Name] += n
						brought[strings.Split(ex.name, "/")[0]] += n
					}
				}
			}
		}
	}
	for _, name := range []string{"FROM", "USER", "COPY", "ADD", "EXPOSE", "WORKDIR", "LABEL", "ENV", "VOLUME", "RUN",
		"end-of-life-image", "latest-tag", "untrusted-registry", "root-user", "user-before-install", "relative-workdir",
		"add-url-unverified", "invalid-expose"} {
		if brought[name] == 0 {
			t.Errorf("no value of %s brings a finding", name)
		}
	}
}

// movable lists the literal words of an instruction in whose place the builder takes a variable.
func movable(f *dockerfile.File, in *dockerfile.Instruction) []dockerfile.Span {
	var all []dockerfile.Span
	plain := func(s dockerfile.Span) {
		if text := f.Text(s); text != "" && !strings.ContainsAny(text, "$\"'\\`\n<>[],") {
			all = append(all, s)
		}
	}
	switch in.Name {
	case "FROM":
		if in.Stage.Parent == nil {
			plain(in.Words[0].Span)
		}
	case "USER", "WORKDIR", "COPY", "ADD", "EXPOSE", "VOLUME", "STOPSIGNAL":
		if len(in.Heredocs) > 0 || in.JSON {
			return nil
		}
		for _, w := range in.Words {
			plain(w.Span)
		}
	case "RUN":
		if in.Script == nil || len(in.Heredocs) > 0 {
			return nil
		}
		for _, c := range in.Script.Commands() {
			for _, w := range c.Args() {
				if w.Literal {
					plain(w.Span)
				}
			}
		}
	case "LABEL", "ENV":
		for _, p := range in.Pairs {
			if i := strings.Index(f.Text(p.Span), "="); i > 0 {
				plain(dockerfile.Span{Start: p.Span.Start + i + 1, End: p.Span.End})
			}
		}
	}
	return all
}

// TestSettingChanged changes each setting of the examples (FROM, USER, SHELL, WORKDIR, ARG, ENV) back to another. Where
// the finding comes with the setting, it is the change's own.
func TestSettingChanged(t *testing.T) {
	other := map[string]string{
		"FROM": " other.example/x:1", "USER": " other", "SHELL": ` ["/bin/bash", "-o", "pipefail", "-c"]`,
		"WORKDIR": " /other/place",
	}
	brought := map[string]int{}
	for _, ex := range badExamples(t) {
		f, err := dockerfile.Parse(ex.unit.Path, []byte(ex.src))
		if err != nil {
			continue
		}
		for _, in := range f.Instructions() {
			text, ok := other[in.Name]
			switch {
			case in.Name == "FROM" && len(in.Words) == 3:
				text += " AS " + in.Words[2].Text
			case in.Name == "ARG" || in.Name == "ENV":
				if ok = len(in.Pairs) == 1 && in.Pairs[0].HasValue; ok {
					text = " " + in.Pairs[0].Key + "=other"
				}
			}
			if ok {
				brought[in.Name] += ex.brings(t, "another "+in.Name, ex.src[:in.Keyword.End]+text+ex.src[in.Span.End:],
					ex.src)
			}
		}
	}
	for _, name := range []string{"FROM", "USER", "WORKDIR", "ARG", "ENV"} {
		if brought[name] == 0 {
			t.Errorf("no %s brings a finding", name)
		}
	}
}

var standings = map[Standing]string{Unknown: "unknown", Introduced: "new", Worse: "worse", Older: "older"}

// TestGivenValue: the instruction that gave a value takes part in what rests on it, through chains, defaults, stages
// and the lines of other instructions; one that gave nothing to a finding leaves it older.
func TestGivenValue(t *testing.T) {
	trusting := map[string]map[string]any{"untrusted-registry": {"trusted-registries": []string{"docker.io"}}}
	for _, c := range []struct{ name, before, after, rule, want string }{
		{"trust", "ARG BASE=debian:13.1\nFROM ${BASE}\n", "ARG BASE=evil.example/x:1.2\nFROM ${BASE}\n",
			"untrusted-registry", "new"},
		{"part of an image", "ARG R=docker.io\nFROM ${R}/debian:13\n", "ARG R=evil.example\nFROM ${R}/debian:13\n",
			"untrusted-registry", "new"},
		{"image", "ARG N=22\nFROM node:$N\n", "ARG N=12\nFROM node:$N\n", "end-of-life-image", "new"},
		{"tag", "ARG T=3.22\nFROM alpine:$T\n", "ARG T=latest\nFROM alpine:$T\n", "latest-tag", "new"},
		{"user", "FROM debian:13\nARG U=app\nUSER $U\nCMD [\"serve\"]\n",
			"FROM debian:13\nARG U=root\nUSER $U\nCMD [\"serve\"]\n", "root-user", "new"},
		{"chain", "ARG A=debian\nARG B=$A\nARG C=${B}:13\nFROM $C\n",
			"ARG A=evil.example/x\nARG B=$A\nARG C=${B}:13\nFROM $C\n", "untrusted-registry", "new"},
		{"default in the word", "ARG A=debian:13\nARG B=${A:-evil.example/x:1}\nFROM $B\n",
			"ARG A=\nARG B=${A:-evil.example/x:1}\nFROM $B\n", "untrusted-registry", "new"},
		{"default in the FROM", "ARG A=debian:13\nFROM ${A:-evil.example/x:1}\n",
			"ARG A=\nFROM ${A:-evil.example/x:1}\n", "untrusted-registry", "new"},
		{"redeclared", "ARG U=app\nFROM debian:13\nARG U\nENV V=${U}\nUSER $V\nCMD [\"serve\"]\n",
			"ARG U=root\nFROM debian:13\nARG U\nENV V=${U}\nUSER $V\nCMD [\"serve\"]\n", "root-user", "new"},
		{"inherited", "FROM debian:13 AS base\nENV U=app\nFROM base\nUSER $U\nCMD [\"serve\"]\n",
			"FROM debian:13 AS base\nENV U=root\nFROM base\nUSER $U\nCMD [\"serve\"]\n", "root-user", "new"},
		{"another parent", "FROM debian:13 AS a\nENV U=app\nFROM debian:13 AS b\nENV U=root\nFROM a\nUSER $U\nCMD " +
			"[\"serve\"]\n", "FROM debian:13 AS a\nENV U=app\nFROM debian:13 AS b\nENV U=root\nFROM b\nUSER $U\nCMD " +
			"[\"serve\"]\n", "root-user", "new"},
		{"another parent by an ARG", "ARG P=a\nFROM debian:13 AS a\nUSER app\nFROM debian:13 AS b\nUSER root\nFROM " +
			"$P\nCMD [\"serve\"]\n", "ARG P=b\nFROM debian:13 AS a\nUSER app\nFROM debian:13 AS b\nUSER root\nFROM " +
			"$P\nCMD [\"serve\"]\n", "root-user", "new"},
		{"the parent's USER", "FROM debian:13 AS a\nUSER root\nFROM a\nRUN apt-get install -y x\n",
			"FROM debian:13 AS a\nUSER app\nFROM a\nRUN apt-get install -y x\n", "user-before-install", "new"},
		{"the parent's SHELL", "FROM debian:13 AS a\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nFROM " +
			"a\nRUN curl -fsSL https://x.example/y | bash\n",
			"FROM debian:13 AS a\nSHELL [\"/bin/bash\", \"-c\"]\nFROM a\nRUN curl -fsSL https://x.example/y | bash\n",
			"pipefail-missing", "new"},
		{"the parent's WORKDIR", "FROM debian:13 AS a\nWORKDIR /b\nFROM a\nRUN mkdir x\nWORKDIR /a/x\n",
			"FROM debian:13 AS a\nWORKDIR /a\nFROM a\nRUN mkdir x\nWORKDIR /a/x\n", "mkdir-workdir", "new"},
		{"the parent's FROM", "FROM debian:13 AS a\nFROM a AS b\nFROM b\nCMD [\"serve\"]\nEXPOSE 80\n",
			"FROM debian:12 AS a\nFROM a AS b\nFROM b\nCMD [\"serve\"]\nEXPOSE 80\n", "root-user", "older"},
		{"names exchanged", "FROM debian:13 AS a\nUSER app\nFROM node:22 AS b\nUSER root\nFROM a\nCMD [\"serve\"]\n",
			"FROM debian:13 AS b\nUSER app\nFROM node:22 AS a\nUSER root\nFROM a\nCMD [\"serve\"]\n", "root-user",
			"new"},
		{"a name given twice", "FROM debian:13 AS base\nUSER app\nFROM debian:13 AS x\nUSER root\nFROM base\nCMD " +
			"[\"serve\"]\n", "FROM debian:13 AS base\nUSER app\nFROM debian:13 AS Base\nUSER root\nFROM base\nCMD " +
			"[\"serve\"]\n", "root-user", "new"},
		{"an image under its old name", "FROM node:22 AS base\nUSER root\nFROM base\nCMD [\"serve\"]\n",
			"FROM node:24 AS base\nUSER root\nFROM base\nCMD [\"serve\"]\n", "root-user", "older"},
		{"the escape character", "# escape=\\\nFROM debian:13\nUSER root\nRUN a `\nUSER app\nCMD [\"serve\"]\n",
			"# escape=`\nFROM debian:13\nUSER root\nRUN a `\nUSER app\nCMD [\"serve\"]\n", "root-user", "new"},
		{"the default escape character",
			"\ufeff#Escape = `\nFROM debian:13\nUSER root\nRUN a \\\nUSER app\nCMD [\"serve\"]\n",
			"\ufeff#Escape = \\\nFROM debian:13\nUSER root\nRUN a \\\nUSER app\nCMD [\"serve\"]\n", "root-user", "new"},
		{"a port", "FROM debian:13\nARG P=80\nEXPOSE $P\n", "FROM debian:13\nARG P=22\nEXPOSE $P\n", "ssh-exposed",
			"new"},
		{"a source", "FROM debian:13\nARG S=https://x.example/a\nADD $S /a\n",
			"FROM debian:13\nARG S=http://x.example/a\nADD $S /a\n", "add-url-unverified", "worse"},
		{"a package of a RUN", "FROM debian:13\nARG P=x=1\nRUN apt-get install -y $P\n",
			"FROM debian:13\nARG P=x\nRUN apt-get install -y $P\n", "unpinned-package", "new"},
		{"a flag of a RUN", "FROM debian:13\nENV Y=-y\nRUN apt-get install $Y x\n",
			"FROM debian:13\nENV Y=\nRUN apt-get install $Y x\n",
			"apt-assume-yes", "new"},
		{"a subcommand of a RUN", "FROM python:3.13\nENV S=list\nRUN pip $S flask\n",
			"FROM python:3.13\nENV S=install\nRUN pip $S flask\n",
			"unpinned-language-package", "new"},
		{"a word after the finding", "FROM python:3.13\nENV L=a\nRUN pip install flask > $L\n",
			"FROM python:3.13\nENV L=b\nRUN pip install flask > $L\n",
			"unpinned-language-package", "older"},
		{"a shadowed ARG", "ARG U=app\nFROM debian:13\nUSER root\nARG V=1\nCMD [\"serve\"]\n",
			"ARG U=root\nFROM debian:13\nUSER root\nARG V=1\nCMD [\"serve\"]\n", "root-user", "older"},
		{"an ENV in the ARG's place", "FROM debian:13\nENV U=root\nARG U=app\nUSER $U\nCMD [\"serve\"]\n",
			"FROM debian:13\nENV U=root\nARG U=other\nUSER $U\nCMD [\"serve\"]\n", "root-user", "older"},
		{"a value that comes later", "FROM debian:13\nENV U=root\nUSER $U\nCMD [\"serve\"]\nENV U=a\n",
			"FROM debian:13\nENV U=root\nUSER $U\nCMD [\"serve\"]\nENV U=b\n", "root-user", "older"},
		{"a version elsewhere", "ARG V=1\nFROM alpine:latest\nARG V\nLABEL version=$V\nRUN x-$V\n",
			"ARG V=2\nFROM alpine:latest\nARG V\nLABEL version=$V\nRUN x-$V\n", "latest-tag", "older"},
		{"a version in the RUN", "FROM debian:13\nARG V=1\nRUN apt-get install -y x=$V\n",
			"FROM debian:13\nARG V=2\nRUN apt-get install -y x=$V\n", "apt-recommends", "older"},
		{"the base's tag, of a RUN", "ARG T=13\nFROM debian:$T\nRUN apt-get install -y x\n",
			"ARG T=12\nFROM debian:$T\nRUN apt-get install -y x\n", "apt-recommends", "older"},
		{"another pair of the LABEL", "FROM debian:13\nARG V=1\nENV A=$V PASSWORD=hunter2abc\n",
			"FROM debian:13\nARG V=2\nENV A=$V PASSWORD=hunter2abc\n", "secret-in-env", "older"},
	} {
		u := analysis.Unit{Path: "Dockerfile", Src: []byte(c.after),
			Today: time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC),
			Rules: []analysis.Active{{Rule: rules.ByName(c.rule), Severity: analysis.Error, Options: trusting[c.rule]}}}
		head := judged(u)
		u.Src = []byte(c.before)
		base := judged(u)
		got := "nothing"
		if len(head.Diagnostics) > 0 {
			got = standings[Compare(&head, &base).Found[0].Standing]
		}
		if got != c.want {
			t.Errorf("%s: %s is %s, want %s", c.name, c.rule, got, c.want)
		}
	}
}

// TestRunning: what changes at run time is listed of a Dockerfile whose base is known, and of no other.
func TestRunning(t *testing.T) {
	result := func(src string) analysis.Result {
		res := judged(analysis.Unit{Path: "Dockerfile", Src: []byte(src)})
		res.Shrink()
		return res
	}
	was, is, broken := result("FROM a\nUSER app\n"), result("FROM a\nUSER root\n"), result("FRMO a\n")
	for _, c := range []struct {
		name string
		base *analysis.Result
		want int
	}{{"changed", &was, 1}, {"the same", &is, 0}, {"unknown", nil, 0}, {"not a Dockerfile", &broken, 0}} {
		pull := Pull{Changes: map[string]Change{"Dockerfile": {Base: c.base}}}
		r := New([]analysis.Result{is}, pull, Prior{}, Policy{})
		if len(r.Running) != c.want {
			t.Errorf("%s: %+v", c.name, r.Running)
		}
	}
}

// TestGroupsOfOneValue: an ARG on which many findings rest ties none of them to another, and takes the comment on one.
func TestGroupsOfOneValue(t *testing.T) {
	src := "FROM debian:13\nARG P=22\n" + strings.Repeat("RUN one\nRUN two\nRUN three\nRUN four\nEXPOSE $P\n", 5)
	u := analysis.Unit{Path: "Dockerfile", Src: []byte(src),
		Rules: []analysis.Active{{Rule: rules.ByName("ssh-exposed"), Severity: analysis.Warning}}}
	before := strings.Replace(src, "P=22", "P=80", 1)
	r := New([]analysis.Result{judged(u)}, Pull{Changes: map[string]Change{"Dockerfile": change(before, src)}}, Prior{},
		Policy{})
	if len(r.Findings) != 5 || len(r.Comments) != 1 {
		t.Errorf("%d findings, %d comments", len(r.Findings), len(r.Comments))
	}
	for _, c := range r.Comments {
		if len(c.Diagnostics) != 1 || c.Start != 2 || c.End != 2 {
			t.Errorf("a comment on lines %d to %d about %d findings", c.Start, c.End, len(c.Diagnostics))
		}
	}
}

// TestManyCauses: a change in the middle of a long chain of variables is seen, and the chain costs little.
func TestManyCauses(t *testing.T) {
	chain := func(middle string) string {
		var b strings.Builder
		b.WriteString("FROM debian:13\nENV P0=22\n")
		for i := 1; i < 1000; i++ {
			value := fmt.Sprintf("$P%d", i-1)
			if i == 500 {
				value = middle
			}
			fmt.Fprintf(&b, "ENV P%d=%s\n", i, value)
		}
		return b.String() + strings.Repeat("EXPOSE $P999\n", 50)
	}
	before, after := chain("80"), chain("$P499")
	u := analysis.Unit{Path: "Dockerfile", Src: []byte(after),
		Rules: []analysis.Active{{Rule: rules.ByName("ssh-exposed"), Severity: analysis.Warning}}}
	head := judged(u)
	u.Src = []byte(before)
	base := judged(u)
	compared := Compare(&head, &base)
	for i, d := range head.Diagnostics {
		if len(d.Causes) > 64 || compared.Found[i].Standing != Introduced {
			t.Fatalf("line %d has %d causes, and is %s", d.Place.Line, len(d.Causes),
				standings[compared.Found[i].Standing])
		}
	}
	if len(head.Diagnostics) != 50 {
		t.Errorf("%d findings", len(head.Diagnostics))
	}
}
