package buildkit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/linter"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/rules"
	"github.com/dfbot/dfbot/review/ruleset"
	"github.com/dfbot/dfbot/review/turns"
)

// judged is what analysis makes of the unit.
func judged(u analysis.Unit) analysis.Result {
	res, err := analysis.Run(context.Background(), u)
	if err != nil {
		panic(err) // the context has no end
	}
	return res
}

// byDefault is all rules, as a repository without a configuration has them.
func byDefault() []analysis.Active {
	return ruleset.Unit(config.Repo{}, rules.All, "Dockerfile", nil).Rules
}

// everything is all rules, those too that are off by default.
func everything() []analysis.Active {
	all := byDefault()
	for i := range all {
		all[i].Severity = max(all[i].Severity, analysis.Notice)
	}
	return all
}

// look gives the unit of a Dockerfile to the checks and to the rules.
func look(t *testing.T, c *Checks, src string, active []analysis.Active) analysis.Result {
	t.Helper()
	u := analysis.Unit{Path: "Dockerfile", Src: []byte(src), Rules: active, Overlaps: rules.Overlaps}
	u.Programs = []analysis.Program{c.Check}
	return judged(u)
}

// reported lists the rules of Docker's findings.
func reported(ds []analysis.Diagnostic) string {
	var names []string
	for _, d := range ds {
		if d.Rule.Program == Program {
			names = append(names, fmt.Sprintf("%s:%d", d.Rule.Name, d.Place.Line))
		}
	}
	return strings.Join(names, " ")
}

// checkNames are Docker's checks, as the linter in go.mod has them.
var checkNames = []string{
	linter.RuleStageNameCasing.Name, linter.RuleFromAsCasing.Name, linter.RuleNoEmptyContinuation.Name,
	linter.RuleConsistentInstructionCasing.Name, linter.RuleDuplicateStageName.Name, linter.RuleReservedStageName.Name,
	linter.RuleJSONArgsRecommended.Name, linter.RuleMaintainerDeprecated.Name, linter.RuleUndefinedArgInFrom.Name,
	linter.RuleWorkdirRelativePath.Name, linter.RuleUndefinedVar.Name, linter.RuleMultipleInstructionsDisallowed.Name,
	linter.RuleLegacyKeyValueFormat.Name, linter.RuleInvalidBaseImagePlatform.Name,
	linter.RuleRedundantTargetPlatform.Name, linter.RuleSecretsUsedInArgOrEnv.Name,
	linter.RuleInvalidDefaultArgInFrom.Name, linter.RuleFromPlatformFlagConstDisallowed.Name,
	linter.RuleCopyIgnoredFile.Name, linter.RuleInvalidDefinitionDescription.Name, linter.RuleExposeProtoCasing.Name,
	linter.RuleExposeInvalidFormat.Name,
}

// TestEveryCheckHasOneRule: each of Docker's checks is reported under one rule that has its name as alias, as Docker's
// finding or the rule's own, or there is a reason why not.
func TestEveryCheckHasOneRule(t *testing.T) {
	docker := analysis.Unit{Rules: everything()}.RulesOf(Program)
	for _, name := range checkNames {
		var voices []string
		rule := ruleNamed(name, docker)
		for _, r := range rules.All {
			if slices.Contains(r.Aliases, name) && r.Program == "" {
				voices = append(voices, r.Name)
			}
		}
		check := checkNamed(name)
		switch {
		case check == nil && len(voices) == 0:
			t.Errorf("no rule reports %s", name)
		case check != nil && len(voices) > 0:
			t.Errorf("%s goes by %s: take it out of findings.go, with its rule and page", name, voices)
		case check != nil && (rule == nil) == (check.unsaid == ""):
			t.Errorf("%s has a rule and a reason not to be said, or neither", name)
		}
	}
}

// TestEveryCheckFires has one Dockerfile for each check that can fire without a daemon.
func TestEveryCheckFires(t *testing.T) {
	c := open(t, Options{})
	for _, ex := range []struct {
		check string
		line  int
		src   string
	}{
		{"StageNameCasing", 1, "FROM a AS Build\n"},
		{"FromAsCasing", 1, "FROM a as b\n"},
		{"NoEmptyContinuation", 4, "FROM a\nRUN a \\\n\n  b\n"},
		{"ConsistentInstructionCasing", 3, "FROM a\nRUN a\nrun b\n"},
		{"DuplicateStageName", 2, "FROM a AS b\nFROM a AS b\n"},
		{"ReservedStageName", 1, "FROM a AS scratch\n"},
		{"JSONArgsRecommended", 2, "FROM a\nCMD a b\n"},
		{"MaintainerDeprecated", 2, "FROM a\nMAINTAINER me\n"},
		{"UndefinedArgInFrom", 1, "FROM a$B\n"},
		{"WorkdirRelativePath", 2, "FROM a\nWORKDIR b\n"},
		{"UndefinedVar", 2, "FROM a\nENV PATH=$PAHT\n"},
		{"MultipleInstructionsDisallowed", 2, "FROM a\nCMD [\"a\"]\nCMD [\"b\"]\n"},
		{"LegacyKeyValueFormat", 2, "FROM a\nENV a b\n"},
		{"RedundantTargetPlatform", 1, "FROM --platform=$TARGETPLATFORM a\n"},
		{"SecretsUsedInArgOrEnv", 2, "FROM a\nENV API_TOKEN=x\n"},
		{"InvalidDefaultArgInFrom", 2, "ARG B\nFROM a:$B\n"},
		{"FromPlatformFlagConstDisallowed", 1, "FROM --platform=linux/arm64 a\n"},
		{"CopyIgnoredFile", 2, "FROM a\nCOPY ignored /\n"},
		{"InvalidDefinitionDescription", 3, "FROM a\n# what\nARG B=1\n"},
		{"ExposeProtoCasing", 2, "FROM a\nEXPOSE 80/TCP\n"},
		{"ExposeInvalidFormat", 2, "FROM a\nEXPOSE 127.0.0.1:80:80\n"},
	} {
		a, err := c.run(t.Context(), nil, request{Dockerfile: []byte(ex.src), Ignore: []byte("ignored\n")})
		if err != nil || !slices.ContainsFunc(a.Warnings, func(w Warning) bool {
			return w.Check == ex.check && w.Line == ex.line && w.Detail != ""
		}) {
			t.Errorf("%s on line %d: %+v, %v", ex.check, ex.line, a, err)
		}
		if checkNamed(ex.check) != nil {
			rule := rules.ByName(ex.check)
			if got := reported(look(t, c, ex.src, everything()).Diagnostics); !strings.Contains(got,
				fmt.Sprintf("%s:%d", rule.Name, ex.line)) {
				t.Errorf("%s is said as %q", ex.check, got)
			}
		}
	}
}

// TestDirectives: BuildKit reports all, and analysis silences, so that it is known how much was silenced.
func TestDirectives(t *testing.T) {
	c := open(t, Options{})
	for _, d := range []struct {
		name, src, said string
		ignored         int
	}{
		{"none", "FROM a$B\nFROM a$C\n", "undefined-arg-in-from:1 undefined-arg-in-from:2", 0},
		{"file", "# check=skip=UndefinedArgInFrom\nFROM a$B\nFROM a$C\n", "", 2},
		{"all", "# check=skip=all\nFROM a$B\n", "", 1},
		{"instruction", "FROM a$B\n# check=skip=UndefinedArgInFrom\nFROM a$C\n", "undefined-arg-in-from:1", 1},
		{"ours", "FROM a$B\n# dfbot ignore=undefined-arg-in-from\nFROM a$C\n", "undefined-arg-in-from:1", 1},
		{"error", "# check=error=true\nFROM a$B\n", "undefined-arg-in-from:2", 0},
		{"skip and error", "# check=skip=UndefinedArgInFrom;error=true\nFROM a$B\n", "", 1},
		{"in a heredoc", "FROM a$B\nRUN <<E\n# check=skip=all\nE\n", "undefined-arg-in-from:1", 0},
	} {
		t.Run(d.name, func(t *testing.T) {
			res := look(t, c, d.src, byDefault())
			ignored := 0
			for _, ig := range res.Ignored {
				if ig.Diagnostic.Rule.Program == Program {
					ignored++
				}
			}
			if got := reported(res.Diagnostics); got != d.said || ignored != d.ignored || len(res.Gaps) > 0 {
				t.Errorf("says %q, ignores %d, gaps %v; want %q, %d", got, ignored, res.Gaps, d.said, d.ignored)
			}
		})
	}
}

func TestUnsilencedKeepsTheRest(t *testing.T) {
	src := "# check=skip=skip;error=true\n# escape=`\nFROM a AS b\n# skip this\nRUN skip\n# check=skip=all\nRUN " +
		"<<E\n# check=skip=all\nE\n"
	want := "# check=SKIP=SKIP;error=true\n# escape=`\nFROM a AS b\n# skip this\nRUN skip\n# check=SKIP=all\nRUN " +
		"<<E\n# check=skip=all\nE\n"
	f, err := dockerfile.Parse("Dockerfile", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(unsilenced(f)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if string(f.Src) != src {
		t.Error("the file itself has changed")
	}
}

// TestPlaceholders: a Dockerfile whose FROM needs an argument is checked to its end, and nothing is said
// of the value that we made up.
func TestPlaceholders(t *testing.T) {
	c := open(t, Options{})
	end := "ENV PATH=$PAHT\n"
	for _, p := range []struct{ name, src, said string }{
		{"image", "ARG B\nFROM $B\n" + end, "invalid-default-arg-in-from:2 undefined-var:3"},
		{"tag", "ARG B\nFROM a:${B}\n" + end, "invalid-default-arg-in-from:2 undefined-var:3"},
		{"digest", "ARG B\nFROM a@$B\n" + end, "invalid-default-arg-in-from:2 undefined-var:3"},
		{"platform", "ARG B\nFROM --platform=$B a\n" + end, "undefined-var:3"},
		{"empty", "ARG B=\"\"\nFROM a:$B\n" + end, "invalid-default-arg-in-from:2 undefined-var:3"},
		{"a stand-in", "ARG B=<base>\nFROM $B\n" + end, "invalid-default-arg-in-from:2 undefined-var:3"},
		{"a stand-in for the tag", "ARG B=@TAG@\nFROM a:${B}\n" + end, "invalid-default-arg-in-from:2 undefined-var:3"},
		{"of another", "ARG B\nARG C=x/$B\nFROM $C\n" + end, "invalid-default-arg-in-from:3 undefined-var:4"},
		{"used in the stage", "ARG B\nFROM $B\nARG B\nWORKDIR $B\nENV X=$B\n" + end,
			"invalid-default-arg-in-from:2 undefined-var:6"},
	} {
		t.Run(p.name, func(t *testing.T) {
			res := look(t, c, p.src, everything())
			if got := reported(res.Diagnostics); got != p.said || len(res.Gaps) > 0 {
				t.Errorf("says %q, gaps %v; want %q", got, res.Gaps, p.said)
			}
			for _, d := range res.Diagnostics {
				if strings.Contains(d.Message.String(), placeholder) {
					t.Errorf("says %s", d.Message)
				}
			}
		})
	}
}

// TestGaps: what could not be checked is reported, and the rules run all the same.
func TestGaps(t *testing.T) {
	c := open(t, Options{Deadline: time.Second})
	for _, g := range []struct{ name, src, gap string }{
		{"large", "FROM a\nCMD x y\n" + strings.Repeat("# and so on\n", MaxSize/10),
			"Docker's build checks were not run: the file has more than 256 KB"},
		{"long", "FROM a\nCMD x y\n" + strings.Repeat("RUN x\n", MaxInstructions),
			"Docker's build checks were not run: the file has more than 1000 instructions"},
		{"overrun", doubled("ENV", 34) + "CMD x y\n", "Docker's build checks were not run: they take longer than 1 s"},
		{"needs a daemon", "ARG SOURCE_DATE_EPOCH=context\nFROM a\nCMD x y\n",
			"Docker's build checks covered only part of the file: `not to be had without a daemon`"},
		{"newer frontend", "# syntax=docker/dockerfile:1\nFROM a\nCMD x y\nCOPY --new a /b\n",
			"Docker's build checks covered only part of the file: `dockerfile parse error on line 4: unknown flag: " +
				"--new`"},
		{"depends on an argument of the stage", "FROM a\nARG P\nCMD x y\nEXPOSE ${P}/tcp\n",
			"Docker's build checks covered only part of the file: `invalid port: \"/tcp\": no port specified`"},
		{"depends on one of another", "ARG P\nFROM alpine\nARG P\nENV V=/$P\nCMD x y\nRUN " +
			"--mount=type=cache,target=$V true\n",
			"Docker's build checks covered only part of the file: `invalid mount target \"/\"`"},
		{"depends on the base image", "FROM a\nCMD x y\nVOLUME $DATA\n",
			"Docker's build checks covered only part of the file: `VOLUME specified can not be an empty string`"},
		{"depends on arguments", "ARG A\nFROM $A/$A-/x\nCMD x y\n",
			"Docker's build checks covered only part of the file: `failed to parse stage name " +
				"\"dfbot-placeholder/dfbot-placeholder-/x\": invalid reference format`"},
	} {
		t.Run(g.name, func(t *testing.T) {
			res := look(t, c, g.src, byDefault())
			if len(res.Gaps) != 1 || res.Gaps[0].String() != g.gap {
				t.Errorf("gaps %v, want %s", res.Gaps, g.gap)
			}
			if !slices.ContainsFunc(res.Diagnostics,
				func(d analysis.Diagnostic) bool { return d.Rule.Name == "shell-form-command" }) {
				t.Error("the rules are silent")
			}
		})
	}
}

func TestIgnoreFileIsHandedOver(t *testing.T) {
	tree := &buildcontext.Tree{Paths: []string{"app/Dockerfile", "app/.dockerignore", "app/a"},
		Contents: map[string][]byte{"app/.dockerignore": []byte("a\n")}}
	u := analysis.Unit{Path: "app/Dockerfile", Src: []byte("FROM x\nCOPY a /\n"), Tree: tree}
	if err := u.Parse(); err != nil {
		t.Fatal(err)
	}
	if got := string(requestFor(&u).Ignore); got != "a\n" {
		t.Errorf("got %q", got)
	}
	tree.Contents["app/Dockerfile.dockerignore"] = []byte("b\n")
	if got := string(requestFor(&u).Ignore); got != "b\n" {
		t.Errorf("got %q, although the Dockerfile has its own", got)
	}
}

// TestNobodyAsks: where no rule would say it, no process is started.
func TestNobodyAsks(t *testing.T) {
	c := open(t, Options{})
	u := analysis.Unit{Path: "Dockerfile", Src: []byte("FROM a AS scratch\n")}
	if a, err := c.Check(t.Context(), u); err != nil || len(a.Findings) > 0 || len(c.idlers()) > 0 {
		t.Errorf("%v, %v, %d children", err, a.Findings, len(c.idlers()))
	}
	u.Rules = everything()
	if a, err := (*Checks)(nil).Check(t.Context(), u); err != nil || len(a.Findings) > 0 {
		t.Errorf("%v, %v", err, a.Findings)
	}
}

// TestCorpusIsSaid counts what is said of real files by default.
func TestCorpusIsSaid(t *testing.T) {
	c := open(t, Options{})
	n := map[string]int{}
	for name, src := range corpus(t) {
		res := judged(analysis.Unit{Path: name, Src: src, Rules: byDefault(),
			Programs: []analysis.Program{c.Check}})
		for _, g := range res.Gaps {
			n["gap"]++
			t.Logf("%s: %s", name, g)
		}
		for _, d := range res.Diagnostics {
			if d.Rule.Program == Program {
				n[d.Rule.Name]++
				if d.Severity > analysis.Notice {
					t.Logf("%s:%d: %s: %s", name, d.Place.Line, d.Rule.Name, d.Message)
				}
			}
		}
	}
	t.Log(n)
}

// TestPlaceholdersOnRealFiles counts the real files that BuildKit checks to their end only when their global
// arguments have values.
func TestPlaceholdersOnRealFiles(t *testing.T) {
	bare, filled := 0, 0
	for name, src := range corpus(t) {
		f, err := dockerfile.Parse(name, src)
		if err != nil {
			continue
		}
		if check(t.Context(), request{Dockerfile: src}).Stopped == "" {
			continue
		}
		bare++
		if a := check(t.Context(), request{Dockerfile: src, Args: placeholders(f)}); a.Stopped != "" {
			filled++
			t.Logf("%s: %s", name, a.Stopped)
		}
	}
	t.Logf("BuildKit stops on %d files, with placeholders on %d", bare, filled)
	if filled*10 > bare {
		t.Errorf("placeholders do not get BuildKit through %d of %d files", filled, bare)
	}
}

// TestUsedUp: where some files of a pull request have used up the time, the next get a gap and cost nothing; other pull
// requests have theirs.
func TestUsedUp(t *testing.T) {
	c := New(Options{Deadline: 100 * time.Millisecond})
	t.Cleanup(c.Close)
	bad, good := &turns.Asker{Group: "a"}, &turns.Asker{Group: "a"}
	gap := func(src string, who *turns.Asker) string {
		a, err := c.Check(t.Context(),
			analysis.Unit{Path: "Dockerfile", Src: []byte(src), Rules: byDefault(), Asker: who})
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Gaps) != 1 {
			return ""
		}
		return a.Gaps[0].String()
	}
	for range due.Failures {
		if got := gap(doubled("ENV", 34), bad); !strings.Contains(got, "they take longer than") {
			t.Fatalf("a bomb: %q", got)
		}
	}
	want := "Docker's build checks were not run: the other Dockerfiles of this pull request used up the time for them"
	if got := gap("FROM a as b\n", bad); got != want {
		t.Errorf("after %d bombs: %q", due.Failures, got)
	}
	if got := gap("FROM a as b\n", good); got == want {
		t.Errorf("of another pull request: %q", got)
	}
}
