package review

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/rules"
	"github.com/dfbot/dfbot/review/ruleset"
)

// mutated is a Dockerfile with what is in its repository.
type mutated struct {
	name, path, src string
	tree            *buildcontext.Tree
}

// judge runs all rules over other bytes of the file.
func (m mutated) judge(path, src string) analysis.Result {
	u := ruleset.Unit(config.Repo{}, rules.All, path, []byte(src))
	u.Tree, u.Wants = m.tree, analysis.NoFixes
	u.Today = time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)
	return judged(u)
}

// mutatedFiles are the examples of the rules, all in which something is wrong, and the real files that DFBOT_CORPUS
// names. Of a short test it is every tenth.
func mutatedFiles(t *testing.T) []mutated {
	var all []mutated
	for _, ex := range badExamples(t) {
		all = append(all, mutated{ex.name, ex.unit.Path, ex.src, ex.unit.Tree})
	}
	if dir := os.Getenv("DFBOT_CORPUS"); dir != "" {
		paths, _ := filepath.Glob(filepath.Join(dir, "dockerfiles", "*"))
		for _, p := range paths {
			src, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, mutated{filepath.Base(p), "Dockerfile", string(src), nil})
		}
	}
	if !testing.Short() {
		return all
	}
	var some []mutated
	for i := 0; i < len(all); i += 10 {
		some = append(some, all[i])
	}
	return some
}

// edits of a Dockerfile that leave each mistake in it as it is. They return the text as it was where there is nothing
// for them to do.
var harmless = map[string]func(f *dockerfile.File, src string, r *rand.Rand) string{
	"a comment": func(f *dockerfile.File, src string, r *rand.Rand) string {
		return insert(src, some(f, r), "# What follows is needed.\n")
	},
	"an empty line": func(f *dockerfile.File, src string, r *rand.Rand) string { return insert(src, some(f, r), "\n") },
	"an instruction of no consequence": func(f *dockerfile.File, src string, r *rand.Rand) string {
		return insert(src, some(f, r), "LABEL com.example.dfbot.number=\"1\"\n")
	},
	"empty lines deleted": func(f *dockerfile.File, src string, _ *rand.Rand) string {
		if heredocs(f) {
			return src
		}
		return regexp.MustCompile(`\n\n+`).ReplaceAllString(src, "\n")
	},
	"a LABEL moved to the end": func(f *dockerfile.File, src string, _ *rand.Rand) string {
		for _, in := range f.Instructions() {
			if in.Name == "LABEL" && in.Stage.Final() && strings.HasSuffix(src, "\n") {
				return src[:in.Span.Start] + strings.TrimPrefix(src[in.Span.End:], "\n") + f.Text(in.Span) + "\n"
			}
		}
		return src
	},
	"another layout": func(f *dockerfile.File, src string, _ *rand.Rand) string {
		for _, in := range slices.Backward(f.Instructions()) {
			text := f.Text(in.Span)
			if in.Name == "RUN" && !strings.ContainsAny(text, "\"'\\`\n#") && f.Escape == '\\' {
				src = src[:in.Span.Start] + strings.ReplaceAll(text, " && ", " \\\n # next\n  && ") + src[in.Span.End:]
			}
		}
		return src
	},
	"stages renamed": func(f *dockerfile.File, src string, _ *rand.Rand) string {
		for _, s := range f.Stages() {
			if s.Name == "" || strings.ContainsAny(s.Name, "$") || len(s.Name) < 3 {
				continue
			}
			name := regexp.QuoteMeta(s.Name)
			src = regexp.MustCompile(`(?im)^(FROM\s.*\sAS\s+`+name+`)([ \t\r]*)$`).ReplaceAllString(src, "${1}-two${2}")
			src = regexp.MustCompile(`(?im)^(FROM\s+(?:--\S+\s+)*`+name+`)(\s|$)`).ReplaceAllString(src, "${1}-two${2}")
			src = regexp.MustCompile(`(?i)(from=`+name+`)([\s,]|$)`).ReplaceAllString(src, "${1}-two${2}")
		}
		return src
	},
	"tags bumped": func(f *dockerfile.File, src string, _ *rand.Rand) string {
		for _, s := range slices.Backward(f.Stages()) {
			w := s.From.Words[0]
			if m := bumped.FindStringSubmatch(w.Text); m != nil && s.Parent == nil {
				n, _ := strconv.Atoi(m[2])
				src = src[:w.Span.Start] + m[1] + strconv.Itoa(n+1) + m[3] + src[w.Span.End:]
			}
		}
		return src
	},
}

// bumped is an image with a version in its tag and nothing else that would have to change.
var bumped = regexp.MustCompile(`^([^@$"]*:[0-9.]*?)([0-9]{1,3})([a-z.-]*)$`)

// versioned are rules that look at the version of an image: a bump may bring or fix what they find.
var versioned = map[string]bool{"end-of-life-image": true, "build-output-missing": true, "library-mismatch": true}

// attached matches texts in which a line put in changes what another means: a comment that silences or explains an
// instruction, a backslash before an empty line.
var attached = regexp.MustCompile(`\r|(?i)#.*(ignore|disable|skip|any user)\b|\\\n\s*\n`)

func insert(src string, at int, text string) string { return src[:at] + text + src[at:] }

// some is the offset of an instruction after the first FROM, or of the end.
func some(f *dockerfile.File, r *rand.Rand) int {
	all := f.Instructions()
	from := f.Stages()[0].From.Index + 1
	if i := from + r.IntN(len(all)-from+1); i < len(all) {
		return f.LineSpan(f.Line(all[i].Span.Start), f.Line(all[i].Span.Start)).Start
	}
	if len(f.Src) > 0 && f.Src[len(f.Src)-1] != '\n' {
		return all[len(all)-1].Span.Start
	}
	return len(f.Src)
}

func heredocs(f *dockerfile.File) bool {
	return slices.ContainsFunc(f.Instructions(), func(in *dockerfile.Instruction) bool {
		return len(in.Heredocs) > 0 || in.Trigger != nil
	})
}

// TestHarmlessEdits: an edit that leaves the cause of a mistake alone introduces nothing, and fixes nothing that is
// still found.
func TestHarmlessEdits(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 2026))
	edited := map[string]int{}
	for _, m := range mutatedFiles(t) {
		f, err := dockerfile.Parse(m.path, []byte(m.src))
		if err != nil || attached.MatchString(m.src) {
			continue
		}
		base := m.judge(m.path, m.src)
		for _, how := range slices.Sorted(maps.Keys(harmless)) { // in one order, so that a failure is seen again
			if src := harmless[how](f, m.src, r); src != m.src {
				edited[how]++
				m.introducesNothing(t, how, &base, m.path, src)
			}
		}
		edited["renamed"]++
		m.introducesNothing(t, "renamed", &base, filepath.Join(filepath.Dir(m.path), "image.Dockerfile"), m.src)
	}
	for how := range harmless {
		if edited[how] == 0 && !testing.Short() {
			t.Errorf("no file for %s", how)
		}
	}
	t.Log(edited)
}

func (m mutated) introducesNothing(t *testing.T, how string, base *analysis.Result, path, src string) {
	head := m.judge(path, src)
	if !head.Parsed() {
		return
	}
	compared := Compare(&head, base)
	for i, d := range head.Diagnostics {
		c := compared.Found[i]
		if c.Standing.Own() && !(how == "tags bumped" && versioned[d.Rule.Name]) {
			t.Errorf("%s: %s: line %d: %s is %s: %s\n%s", m.name, how, d.Place.Line, d.Rule.Name, standings[c.Standing],
				d.Message, numbered(src))
		}
	}
}

func numbered(src string) string {
	var b strings.Builder
	for i, line := range strings.Split(src, "\n") {
		fmt.Fprintf(&b, "%3d %s\n", i+1, line)
	}
	return b.String()
}

// TestMistakes: what a pull request does wrong is introduced, whatever was wrong before; what was wrong before is
// older, whatever the pull request does beside it.
func TestMistakes(t *testing.T) {
	const install = "apt-get update && apt-get install -y --no-install-recommends "
	const clean = " && rm -rf /var/lib/apt/lists/*"
	for _, c := range []struct{ name, base, head, want string }{
		{"a deleted USER", "FROM debian:13\nUSER app\nCMD [\"serve\"]\n", "FROM debian:13\nCMD [\"serve\"]\n",
			"root-user new"},
		{"USER root", "FROM debian:13\nUSER app\nCMD [\"serve\"]\n", "FROM debian:13\nUSER root\nCMD [\"serve\"]\n",
			"root-user new"},
		{"root, said outright", "FROM debian:13\nEXPOSE 80\nCMD [\"serve\"]\n",
			"FROM debian:13\nEXPOSE 80\nUSER root\nCMD [\"serve\"]\n", "root-user older"},
		{"another command under root", "FROM debian:13\nCMD [\"serve\"]\n",
			"FROM debian:12 AS x\nFROM debian:13\nWORKDIR /x\nCMD [\"other\"]\n", "root-user older"},
		{"a port under root", "FROM debian:13\nCMD [\"serve\"]\n", "FROM debian:13\nEXPOSE 80\nCMD [\"serve\"]\n",
			"root-user worse"},
		{"a deleted cleanup", "FROM debian:13\nRUN " + install + "curl" + clean + "\n",
			"FROM debian:13\nRUN " + install + "curl\n", "apt-lists-kept new"},
		{"a package more", "FROM debian:13\nRUN apt-get update && apt-get install -y curl" + clean + "\n",
			"FROM debian:13\nRUN apt-get update && apt-get install -y curl jq" + clean + "\n", "apt-recommends worse"},
		{"another version", "FROM debian:13\nRUN apt-get update && apt-get install -y curl=1" + clean + "\n",
			"FROM debian:13\nRUN apt-get update && apt-get install -y curl=2" + clean + "\n", "apt-recommends older"},
		{"an install put in before a wrong one", "FROM debian:13\nRUN " + install + "curl\n",
			"FROM debian:13\nRUN " + install + "git jq less make\nRUN " + install + "curl\n",
			"apt-lists-kept new, apt-lists-kept older"},
		{"one wrong RUN in the place of another", "FROM debian:13\nRUN sudo make one two\n",
			"FROM debian:13\nRUN sudo ./configure --x --y\n", "sudo-in-run new, sudo-in-run fixed"},
		{"one RUN becomes two", "FROM debian:13\nRUN " + install + "curl && make-all\n",
			"FROM debian:13\nRUN " + install + "curl\nRUN make-all\n", "apt-lists-kept older"},
		{"two become one", "FROM debian:13\nRUN make-all\nRUN " + install + "curl\n",
			"FROM debian:13\nRUN make-all && " + install + "curl\n", "apt-lists-kept older"},
		{"a RUN moved to another stage", "FROM debian:13\nRUN " + install + "curl\nRUN one\n",
			"FROM debian:13 AS tools\nRUN " + install + "curl\nFROM debian:13\nRUN one\nCOPY --from=tools /a /b\n", ""},
		{"latest", "FROM alpine:3.22\n", "FROM alpine:latest\n", "latest-tag new"},
		{"latest by an ARG", "ARG T=3.22\nFROM alpine:$T\n", "ARG T=latest\nFROM alpine:$T\n", "latest-tag new"},
		{"latest of another image", "FROM alpine:latest\n", "FROM busybox:latest\n",
			"latest-tag new, latest-tag fixed"},
		{"latest in a further stage", "FROM alpine:latest\n", "FROM alpine:latest AS x\nFROM alpine:latest\n",
			"latest-tag worse"},
		{"an end of life", "FROM node:22\n", "FROM node:12\n", "end-of-life-image new"},
		{"from one end of life to another", "FROM node:12\n", "FROM node:14\n", "end-of-life-image older"},
		{"to an end of life that is longer ago", "FROM node:14\n", "FROM node:12\n", "end-of-life-image worse"},
		{"to a system that ended longer ago", "FROM python:3.8-bullseye\n", "FROM python:3.13-buster\n",
			"end-of-life-image worse"},
		{"from a system that is maintained, with an old language", "FROM python:3.6-bookworm\n",
			"FROM python:3.13-buster\n", "end-of-life-image worse"},
		{"a newer language on the same old system", "FROM python:3.6-buster\n", "FROM python:3.13-buster\n",
			"end-of-life-image older"},
		{"an older release by an ARG", "ARG V=14\nFROM node:$V\n", "ARG V=10\nFROM node:$V\n",
			"end-of-life-image worse"},
		{"another image at its end of life", "FROM node:12\n", "FROM python:3.6\n",
			"end-of-life-image new, end-of-life-image fixed"},
		{"a bump that helps", "FROM node:12\n", "FROM node:22\n", "end-of-life-image fixed"},
		{"a secret changed", "FROM debian:13\nENV PASSWORD=hunter2abc\n", "FROM debian:13\nENV PASSWORD=hunter3abc\n",
			"secret-in-env new, secret-in-env fixed"},
		{"a secret beside another variable", "FROM debian:13\nENV A=1 PASSWORD=hunter2abc\n",
			"FROM debian:13\nENV PASSWORD=hunter2abc A=2\n", "secret-in-env older"},
		{"another maintainer", "FROM debian:13\nMAINTAINER Ann <ann@example.com>\n",
			"FROM debian:13\nMAINTAINER The Platform Team\n", "maintainer-deprecated older"},
		{"other maintainers of two stages", "FROM debian:13 AS a\nMAINTAINER Ann\nFROM debian:13\nMAINTAINER Bob\n",
			"FROM debian:13 AS a\nMAINTAINER Cid\nFROM debian:13\nUSER 1\nMAINTAINER Dan\n",
			"maintainer-deprecated older, maintainer-deprecated older"},
		{"a maintainer more", "FROM debian:13\nMAINTAINER Ann\n", "FROM debian:13\nMAINTAINER Bob\nMAINTAINER Ann\n",
			"maintainer-deprecated new, maintainer-deprecated older"},
		{"another directory", "FROM debian:13\nWORKDIR app\n", "FROM debian:13\nWORKDIR src\n",
			"relative-workdir older"},
		{"a secret changed in an ARG", "FROM debian:13\nARG P=hunter2abcX9\nENV DB_PASSWORD=$P\n",
			"FROM debian:13\nARG P=hunter3abcX9\nENV DB_PASSWORD=$P\n", "secret-in-env new, secret-in-env fixed"},
		{"a secret changed in an ENV", "FROM debian:13 AS a\nENV P=hunter2abcX9\nFROM a\nENV DB_PASSWORD=$P\n",
			"FROM debian:13 AS a\nENV P=hunter3abcX9\nFROM a\nENV DB_PASSWORD=$P\n",
			"secret-in-env new, secret-in-env fixed"},
		{"a secret moved to an ENV", "FROM debian:13\nENV DB_PASSWORD=hunter2abcX9\n",
			"FROM debian:13\nENV P=hunter2abcX9\nENV DB_PASSWORD=$P\n", "secret-in-env older"},
		{"another build argument for a secret", "FROM debian:13\nARG T\nENV API_TOKEN=$T\n",
			"FROM debian:13\nARG T=\nENV API_TOKEN=$T\n", "secret-in-env older"},
		{"a tag with many uses", "ARG V=3.22\nFROM alpine:$V AS a\nRUN x\nFROM alpine:$V\nCOPY --from=a /a /\n",
			"ARG V=latest\nFROM alpine:$V AS a\nRUN x\nFROM alpine:$V\nCOPY --from=a /a /\n", "latest-tag new"},
		{"an image by an ARG", "ARG I=alpine:latest\nFROM $I\n", "ARG I=busybox:latest\nFROM $I\n",
			"latest-tag new, latest-tag fixed"},
		{"an ARG of no consequence", "ARG V=1\nFROM alpine:latest\nARG V\nLABEL version=$V\n",
			"ARG V=2\nFROM alpine:latest\nARG V\nLABEL version=$V\n", "latest-tag older"},
		{"an ignore comment deleted", "FROM debian:13\n# dfbot ignore=apt-lists-kept we want them\nRUN " + install +
			"curl\n", "FROM debian:13\nRUN " + install + "curl\n", "apt-lists-kept new"},
		{"an ignore comment added", "FROM debian:13\nRUN " + install + "curl\n",
			"FROM debian:13\n# dfbot ignore=apt-lists-kept we want them\nRUN " + install + "curl\n", ""},
	} {
		m := mutated{path: "Dockerfile"}
		base, head := m.judge("Dockerfile", c.base), m.judge("Dockerfile", c.head)
		compared := Compare(&head, &base)
		var got []string
		for i, d := range head.Diagnostics {
			got = append(got, d.Rule.Name+" "+standings[compared.Found[i].Standing])
		}
		for _, d := range compared.Fixed {
			got = append(got, d.Rule.Name+" fixed")
		}
		got = slices.DeleteFunc(got, func(s string) bool { return !strings.Contains(c.want, strings.Fields(s)[0]) })
		if all := strings.Join(got, ", "); all != c.want {
			t.Errorf("%s: %s, want %s", c.name, all, c.want)
		}
	}
}
