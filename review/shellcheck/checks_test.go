package shellcheck

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rules"
	"github.com/dfbot/dfbot/review/ruleset"
	"github.com/dfbot/dfbot/review/work"
)

// judged is what analysis makes of the unit.
func judged(u analysis.Unit) analysis.Result {
	res, err := analysis.Run(context.Background(), u)
	if err != nil {
		panic(err) // the context has no end
	}
	return res
}

// imposters is the folder for the program that is no ShellCheck.
var imposters string

func TestMain(m *testing.M) {
	var err error
	if imposters, err = os.MkdirTemp("", "imposter-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(imposters)
	os.Exit(code)
}

// imposter builds the program, once, and returns its path.
var imposter = sync.OnceValues(func() (string, error) {
	path := filepath.Join(imposters, "shellcheck")
	out, err := exec.Command("go", "build", "-o", path, "./testdata/imposter").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("build the imposter: %w\n%s", err, out)
	}
	return path, err
})

func pretend(t *testing.T, o Options) *Checks {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("nothing is run on Windows")
	}
	path, err := imposter()
	if err != nil {
		t.Fatal(err)
	}
	o.Path = path
	return New(o)
}

func installed(t testing.TB) *Checks {
	t.Helper()
	c := New(Options{Deadline: 2 * time.Minute})
	if c == nil {
		t.Skip("shellcheck is not installed")
	}
	return c
}

// unit is a Dockerfile with all rules, as a repository without a configuration has them.
func unit(src string) analysis.Unit {
	return ruleset.Unit(config.Repo{}, rules.All, "Dockerfile", []byte(src))
}

// named is a unit for which these codes are named in the configuration.
func named(src string, codes ...string) analysis.Unit {
	u := unit(src)
	u.Codes = map[string]analysis.Severity{}
	for _, code := range codes {
		u.Codes[code] = analysis.Notice
	}
	return u
}

// look asks about the unit, and lists the findings as well.
func look(t *testing.T, c *Checks, u analysis.Unit) (string, analysis.Answer) {
	t.Helper()
	_ = u.Parse() // a file that does not parse has no answer
	a, err := c.Check(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, o := range a.Findings {
		place := analysis.PlaceOf(u.File, o.Span)
		all = append(all, fmt.Sprintf("%d:%d %s %s", place.Line, place.Column, o.Code, u.File.Text(o.Span)))
	}
	return strings.Join(all, "\n"), a
}

// TestExactWords: findings land on the bytes that they are about.
func TestExactWords(t *testing.T) {
	c := installed(t)
	for _, w := range []struct{ name, src, want string }{
		{"plain", "FROM a\nRUN echo $x\n", "2:10 SC2086 $x"},
		{"tabs", "FROM a\nRUN\techo\ta\t\tb\t$x\n", "2:15 SC2086 $x"},
		{"characters of several bytes", "FROM a\nRUN echo é–日 😀 $x\n", "2:24 SC2086 $x"},
		{"bytes that are no UTF-8", "FROM a\nRUN echo \xe9\xff\xe9 $x \xc3\n", "2:14 SC2086 $x"},
		{"continued", "FROM a\nRUN true \\\n  && echo \\\n  $x\n", "4:3 SC2086 $x"},
		{"continued inside of a word", "FROM a\nRUN echo $x\\\ny\n", "2:10 SC2086 $x\\\ny"},
		{"comments between", "FROM a\nRUN true \\\n# é $a\n\n  # b\n  && echo $x\n", "6:11 SC2086 $x"},
		{"flags", "FROM a\nRUN --mount=type=cache,target=/x --network=none echo $x\n", "2:54 SC2086 $x"},
		{"ONBUILD", "FROM a\nONBUILD RUN echo $x\n", "2:18 SC2086 $x"},
		{"CRLF", "FROM a\r\nRUN true \\\r\n  && echo $x\r\n", "3:11 SC2086 $x"},
		{"BOM", "\xef\xbb\xbfFROM a\nRUN echo $x\n", "2:10 SC2086 $x"},
		{"heredoc", "FROM a\nRUN <<EOF\necho é\n\techo $x\nEOF\n", "4:7 SC2086 $x"},
		{"heredoc whose leading tabs go", "FROM a\nRUN <<-EOF\n\techo a\n\techo $x\n\tEOF\n", "4:7 SC2086 $x"},
		{"heredoc for a command", "FROM a\nRUN cat <<EOF && echo $x\nbody $y\nEOF\n", "2:23 SC2086 $x"},
		{"two heredocs", "FROM a\nRUN cat <<A && cat <<B && \\\n  echo $x\na\nA\nb\nB\n", "3:8 SC2086 $x"},
		{"heredoc with a first line of its own", "FROM a\nRUN <<EOF\n#!/bin/bash -e\necho $x\nEOF\n", "4:6 SC2086 $x"},
		{"variables before it", "FROM a\nENV A=1 B=2\nARG C\nRUN echo $x\n", "4:10 SC2086 $x"},
		{"names that a shell does not know", "FROM a\nENV \"a b\"=1 A.B=2 $(id)=3\nRUN echo $x\n", "3:10 SC2086 $x"},
		{"twice the same", "FROM a\nRUN echo $x\nRUN echo $x\n", "2:10 SC2086 $x\n3:10 SC2086 $x"},
	} {
		t.Run(w.name, func(t *testing.T) {
			u := named(w.src, "SC2086")
			if got, a := look(t, c, u); got != w.want || len(a.Gaps) > 0 {
				t.Errorf("got\n%s\nwant\n%s\ngaps %v", got, w.want, a.Gaps)
			}
		})
	}
}

// TestSaidOnce: what goes for several places of an instruction is said at the first.
func TestSaidOnce(t *testing.T) {
	c := installed(t)
	u := named("FROM a\nRUN echo $x $y && echo $z\n", "SC2086")
	if got, a := look(t, c, u); got != "2:10 SC2086 $x" ||
		a.Findings[0].Why.String() != "The same applies to 2 more places in this instruction." {
		t.Errorf("%s: %s", got, a.Findings[0].Why)
	}
}

// TestWhatIsSaid: by default the codes of the table; others where they are named; none that a rule of ours says.
func TestWhatIsSaid(t *testing.T) {
	c := installed(t)
	const src = "FROM debian:12\nRUN cd /x; echo -e $X\nRUN . ./x\nRUN chmod =2775 /x\n"
	for _, w := range []struct {
		name  string
		codes []string
		want  string
	}{
		{"by default", nil, "2:17 SC3036 -e"},
		{"named", []string{"SC2086"}, "2:17 SC3036 -e\n2:20 SC2086 $X"},
		{"left to a rule", []string{"SC2164"}, "2:17 SC3036 -e"},
		{"never", []string{"SC1091"}, "2:17 SC3036 -e"},
		{"named, although it is not sure", []string{"SC2283"}, "2:17 SC3036 -e\n4:11 SC2283 =2775"},
	} {
		u := named(src, w.codes...)
		if got, _ := look(t, c, u); got != w.want {
			t.Errorf("%s:\n%s\nwant\n%s", w.name, got, w.want)
		}
	}
}

// TestSilence: comments above the instruction and inside of it silence by ShellCheck's codes, by the rule's name
// and by the codes' severity; and those in a heredoc do, which is the shell's own.
func TestSilence(t *testing.T) {
	c := installed(t)
	const heredoc = "FROM a\nRUN <<EOF\n# shellcheck disable=SC2086\ntrue\necho $x\nEOF\n"
	for _, s := range []struct {
		name, src    string
		none         bool // comments silence nothing
		severity     analysis.Severity
		say, ignored int
	}{
		{"none", "FROM a\nRUN echo $x\n", false, analysis.Warning, 1, 0},
		{"hadolint", "FROM a\n# hadolint ignore=SC2086\nRUN echo $x\n", false, analysis.Warning, 0, 1},
		{"hadolint, of another", "FROM a\n# hadolint ignore=SC2046\nRUN echo $x\n", false, analysis.Warning, 1, 0},
		{"hadolint, of all", "# hadolint global ignore=SC2086\nFROM a\nRUN echo $x\n", false, analysis.Warning, 0, 1},
		{"dfbot", "FROM a\n# dfbot ignore=shellcheck because\nRUN echo $x\n", false, analysis.Warning, 0, 1},
		{"shellcheck", "FROM a\n# shellcheck disable=SC2086\nRUN echo $x\n", false, analysis.Warning, 0, 1},
		{"shellcheck, inside", "FROM a\nRUN true && \\\n  # shellcheck disable=SC2086\n  echo $x\n", false,
			analysis.Warning, 0, 1},
		{"shellcheck, not heeded", "FROM a\n# shellcheck disable=SC2086\nRUN echo $x\n", true, analysis.Warning, 1, 0},
		{"in a heredoc", heredoc, false, analysis.Warning, 0, 0},
		{"in a heredoc, not heeded", heredoc, true, analysis.Warning, 1, 0},
		{"in a heredoc, before the command", "FROM a\nRUN <<EOF\ntrue\n# shellcheck disable=SC2086\necho $x\nEOF\n",
			false, analysis.Warning, 0, 0},
		{"in a heredoc, before the command, not heeded",
			"FROM a\nRUN <<EOF\ntrue\n# shellcheck disable=SC2086\necho $x\nEOF\n", true, analysis.Warning, 1, 0},
		{"off", "FROM a\nRUN echo $x\n", false, analysis.Off, 0, 0},
	} {
		t.Run(s.name, func(t *testing.T) {
			u := named(s.src)
			u.Codes["SC2086"], u.Codes["SC9999"], u.NoIgnoreComments = s.severity, analysis.Notice, s.none
			u.Programs = []analysis.Program{c.Check}
			res := judged(u)
			said := 0
			for _, d := range res.Diagnostics {
				if d.Rule.Program == Program {
					said++
				}
			}
			if said != s.say || len(res.Ignored) != s.ignored {
				t.Errorf("says %d, ignores %d; want %d, %d", said, len(res.Ignored), s.say, s.ignored)
			}
		})
	}
}

// TestDeaf: where comments silence nothing, no directive in the code does, wherever ShellCheck would take a comment for
// one.
func TestDeaf(t *testing.T) {
	c := installed(t)
	for _, code := range []string{
		"foo=$1; # shellcheck disable=all\nrm $foo/x\n",
		"true && # shellcheck disable=SC2086\nrm $1/x\n",
		"true | # shellcheck disable=SC2086\ncat $1/x\n",
		"( # shellcheck disable=all\nrm $1/x\n)\n",
		"{ # shellcheck disable=all\nrm $1/x\n}\n",
		"if true; then # shellcheck disable=all\nrm $1/x\nfi\n",
		"f() { # shellcheck disable=all\nrm $1/x\n}\nf a\n",
		"\t# shellcheck disable=all\nrm $1/x\n",
		"#shellcheck disable=all\nrm $1/x\n",
		"#\t shellcheck  \tdisable=all\nrm $1/x\n",
		"#\u00a0shellcheck disable=all\nrm $1/x\n",
		"#\u200bshellcheck\u00a0disable=all\nrm $1/x\n",
		"# shellcheck shell=bash disable=all\nrm $1/x\n",
		"# shellcheck enable=all disable=SC2086\nrm $1/x\n",
		"# shellcheck source=/dev/null disable=SC2086\nrm $1/x\n",
		"#!/bin/sh\n# shellcheck disable=all\nrm $1/x\n",
		"case $1 in\na) # shellcheck disable=all\nrm $1/x ;;\nesac\n",
		"x=`# shellcheck disable=all\nrm $1/x`\n",
		"x=$(# shellcheck disable=all\nrm $1/x)\n",
	} {
		for _, deaf := range []bool{false, true} {
			u := named("FROM debian:12\nRUN <<EOF\n"+code+"EOF\n", "SC2086")
			u.NoIgnoreComments = deaf
			if got, _ := look(t, c, u); strings.Contains(got, "SC2086 $1") != deaf &&
				strings.Contains(got, "SC2086 $foo") != deaf {
				t.Errorf("%q, comments silence nothing %v: %s", code, deaf, got)
			}
		}
	}
}

// TestUnread: code that ShellCheck cannot read, though a shell can, does not count as checked.
func TestUnread(t *testing.T) {
	c := installed(t)
	u := named("FROM debian:12\nRUN <<EOF\ntrue #\rx\nrm $1/x\nEOF\n", "SC2086")
	_, a := look(t, c, u)
	if len(a.Gaps) != 1 || a.Gaps[0].String() != "ShellCheck could not read the shell code of 1 RUN" {
		t.Errorf("gaps: %v", a.Gaps)
	}
}

// TestDeafText: what is no directive stays as it is.
func TestDeafText(t *testing.T) {
	for _, code := range []string{"apt-get install shellcheck # linter\n", "# see shellcheck(1)\n", "#\nshellcheck x\n",
		"echo $#; shellcheck x\n"} {
		if directive.MatchString(code) {
			t.Errorf("%q is taken for a directive", code)
		}
	}
}

// TestReadsNothing: a file that a script names is not looked at, nor any configuration, nor the environment.
func TestReadsNothing(t *testing.T) {
	c := installed(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "set.sh"), []byte("x=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".shellcheckrc"), []byte("disable=SC2086\nexternal-sources=true\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	t.Setenv("HOME", dir)
	t.Setenv("SHELLCHECK_OPTS", "--external-sources --exclude=SC2086")
	for _, how := range []string{"", "# shellcheck source=" + dir + "/set.sh\n", "# shellcheck external-sources=true\n",
		"# shellcheck source-path=" + dir + "\n"} {
		u := named("FROM debian:12\nRUN <<EOF\n"+how+". "+dir+"/set.sh\necho $x\nEOF\n", "SC2086", "SC2154")
		if got, _ := look(t, c, u); !strings.Contains(got, "SC2086 $x") || !strings.Contains(got, "SC2154 $x") {
			t.Errorf("%q: says %s", how, got)
		}
	}
}

// TestSurroundings: the process has no environment but its language, runs at the root, and has no files but
// those that it is handed.
func TestSurroundings(t *testing.T) {
	c := pretend(t, Options{})
	t.Setenv("SECRET", "x")
	u := named("FROM a\nRUN surrounded\n", "SC2086")
	_, a := look(t, c, u)
	if len(a.Findings) != 1 || a.Findings[0].Message.String() != "ShellCheck says: `[LC_ALL=C.UTF-8] / []`" {
		t.Errorf("%v %v", a.Findings, a.Gaps)
	}
}

// TestGaps: whatever the program does, the rules run, and the gap is reported.
func TestGaps(t *testing.T) {
	t.Parallel() // waits out a deadline
	const what = "ShellCheck was not run: "
	for _, g := range []struct{ does, gap string }{
		{"sleeps", what + "it takes too long"},
		{"dies", what + "`its process died: exit status 7: oh no`"},
		{"babbles", what + "it reports too much"},
		{"mumbles", what + "`its process died: its answer is no JSON`"},
		{"hoards", what + "it needs more than 256 MB of memory"},
		{"lies", what + "`its process died: it reports on the file \"/etc/passwd\"`"},
		{strings.Repeat("x"+strings.Repeat(" x", 5000)+"\nRUN ", 30) + "x", what +
			"there are more than 256 KB of shell code"},
		{"x" + strings.Repeat("\nRUN x", MaxScripts), what + "there are more than 1000 RUNs with shell code"},
	} {
		t.Run(g.does[:min(len(g.does), 10)], func(t *testing.T) {
			c := pretend(t, Options{Deadline: 3 * time.Second})
			u := named("FROM a\nCMD x y\nRUN "+g.does+"\n", "SC2086")
			began := time.Now()
			u.Programs = []analysis.Program{c.Check}
			res := judged(u)
			if len(res.Gaps) != 1 || res.Gaps[0].String() != g.gap {
				t.Errorf("gaps %v, want %s", res.Gaps, g.gap)
			}
			if !slices.ContainsFunc(res.Diagnostics,
				func(d analysis.Diagnostic) bool { return d.Rule.Name == "shell-form-command" }) {
				t.Error("the rules are silent")
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %v to give up", took)
			}
		})
	}
}

// TestTimeOnTheCPUIsBounded, and not only that by the clock.
func TestTimeOnTheCPUIsBounded(t *testing.T) {
	if runtime.GOOS != "linux" || testing.Short() {
		t.Skip("-short: it takes a second of CPU; and the limits are Linux's")
	}
	c := pretend(t, Options{Deadline: 5 * time.Minute, CPU: 1})
	u := named("FROM a\nRUN spins\n", "SC2086")
	_, a := look(t, c, u)
	if len(a.Gaps) != 1 || a.Gaps[0].String() != "ShellCheck was not run: it takes too long" {
		t.Errorf("gaps %v", a.Gaps)
	}
}

// TestMemoryIsBounded: this script takes ShellCheck 1.7 GB.
func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it waits for limits to be reached")
	}
	if runtime.GOOS != "linux" {
		t.Skip("the limits are Linux's")
	}
	c := installed(t)
	var b strings.Builder
	for i := range 6000 {
		fmt.Fprintf(&b, "a%d=$a%d$b\n", i, i-1)
	}
	u := named("FROM a\nRUN <<EOF\n"+b.String()+"EOF\n", "SC2086")
	_, a := look(t, c, u)
	if len(a.Gaps) != 1 || a.Gaps[0].String() != "ShellCheck was not run: it needs more than 256 MB of memory" {
		t.Errorf("gaps %v", a.Gaps)
	}
}

func TestCallerGivesUp(t *testing.T) {
	c := pretend(t, Options{})
	ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, errors.New("enough"))
	defer cancel()
	u := named("FROM a\nRUN sleeps\n", "SC2086")
	if a, err := c.Check(ctx, u); err == nil || err.Error() != "enough" || len(a.Gaps) > 0 {
		t.Errorf("%v, gaps %v", err, a.Gaps)
	}
}

// TestManyScripts: more scripts than one process takes are checked all the same.
func TestManyScripts(t *testing.T) {
	c := installed(t)
	u := named("FROM a\n"+strings.Repeat("RUN echo $x\n", perProcess+2), "SC2086")
	if got, a := look(t, c, u); !strings.HasSuffix(got, fmt.Sprintf("%d:10 SC2086 $x", perProcess+3)) ||
		len(a.Findings) != perProcess+2 {
		t.Errorf("%d findings, %v", len(a.Findings), a.Gaps)
	}
}

// TestNobodyAsks: nothing is started where no rule asks for it, and there is no answer where it is not installed.
func TestNobodyAsks(t *testing.T) {
	c := pretend(t, Options{})
	for name, u := range map[string]analysis.Unit{
		"no rule":          {Path: "Dockerfile", Src: []byte("FROM a\nRUN dies [ -n $x ]\n")},
		"no sign":          unit("FROM a\nRUN dies\n"),
		"no POSIX shell":   unit("FROM a\nSHELL [\"pwsh\", \"-c\"]\nRUN dies [ -n $x ]\n"),
		"does not parse":   unit("FROM a\nRUN\n"),
		"broken code":      unit("FROM a\nRUN dies [ -n $x ] '\n"),
		"not in JSON form": unit("FROM a\nRUN [\"dies\", \"[\", \"-n\"]\n"),
	} {
		if a, err := c.Check(t.Context(), u); err != nil || len(a.Findings)+len(a.Gaps) > 0 {
			t.Errorf("%s: %v %v %v", name, err, a.Findings, a.Gaps)
		}
	}
	u := named("FROM a\nRUN echo $x\n", "SC2086")
	t.Setenv("PATH", t.TempDir())
	none := New(Options{})
	if a, err := none.Check(t.Context(), u); none != nil || err != nil || len(a.Findings)+len(a.Gaps) > 0 {
		t.Errorf("%v %v %v %v", none, err, a.Findings, a.Gaps)
	}
	if found, err := New(Options{}).Version(t.Context()); found != "none" || err != nil {
		t.Errorf("%s, %v", found, err)
	}
}

func TestVersion(t *testing.T) {
	if found, err := installed(t).Version(t.Context()); err != nil || !strings.Contains(found, "shellcheck 0.") {
		t.Errorf("%s, %v", found, err)
	}
	if found, err := New(Options{Path: "/bin/true"}).Version(t.Context()); err == nil || found != "/bin/true" {
		t.Errorf("%s, %v", found, err)
	}
}

// TestProcessesAreBounded: as many Dockerfiles at once as there are slots, and no more.
func TestProcessesAreBounded(t *testing.T) {
	c := pretend(t, Options{Processes: 1})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		u := named("FROM a\nRUN sleeps\n", "SC2086")
		_, _ = c.Check(ctx, u)
	}()
	for c.slots.Working() == 0 {
		time.Sleep(time.Millisecond)
	}
	short, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	u := named("FROM a\nRUN x\n", "SC2086")
	if _, err := c.Check(short, u); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the second is accepted: %v", err)
	}
	cancel()
	<-done
}

// TestWorkIsBounded: what the program learns of each RUN grows with the variables before it, so that many of both are
// the square.
func TestWorkIsBounded(t *testing.T) {
	c := pretend(t, Options{})
	u := named("FROM a\n"+strings.Repeat("ENV A=1 B=2 C=3 D=4\n", 3000)+strings.Repeat("RUN echo $x\n", 900), "SC2086")
	u.Budget = work.New(t.Context(), analysis.FileWork)
	_, a := look(t, c, u)
	if want := "ShellCheck was not run: finding the shell code takes too much work"; len(a.Gaps) != 1 ||
		a.Gaps[0].String() != want {
		t.Errorf("gaps %v, want %s", a.Gaps, want)
	}
	if left := u.Budget.Left(); left < analysis.FileWork/2 {
		t.Errorf("%d units are left for the rules, of %d", left, analysis.FileWork)
	}
}
