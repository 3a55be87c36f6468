package analysis_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// judged is what analysis makes of the unit.
func judged(u analysis.Unit) analysis.Result {
	res, err := analysis.Run(context.Background(), u)
	if err != nil {
		panic(err) // the context has no end
	}
	return res
}

// onRun makes a rule that reports every RUN with the word "bad" and fixes it as fix says.
func onRun(fix func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix) *analysis.Rule {
	return &analysis.Rule{Name: "no-bad", Doc: "a RUN is bad", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if in.Name == "RUN" && strings.Contains(in.Args.String(), "bad") {
				p.Report(analysis.Finding{In: in, Span: in.Span, Message: analysis.Say("%s is bad", in.Args.String()),
					Fix: fix(p.File, in)})
			}
		}
	}}
}

// args replaces the arguments of a RUN.
func args(in *dockerfile.Instruction, text string) []analysis.Edit {
	return []analysis.Edit{{Span: in.Args.Span(0, len(in.Args.String())), New: text}}
}

var noUgly = &analysis.Rule{Name: "no-ugly", Doc: "a RUN is ugly", Severity: analysis.Notice,
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if in.Name == "RUN" && strings.Contains(in.Args.String(), "ugly") {
				p.Report(analysis.Finding{In: in, Span: in.Span, Message: analysis.Say("ugly")})
			}
		}
	}}

func run(src string, rules ...*analysis.Rule) analysis.Result {
	u := analysis.Unit{Path: "Dockerfile", Src: []byte(src)}
	for _, r := range rules {
		u.Rules = append(u.Rules, analysis.Active{Rule: r, Severity: r.Severity})
	}
	return judged(u)
}

// TestProof gives the engine one fix of each bad kind; each must be dropped for its own reason,
// and the diagnostic must stay.
func TestProof(t *testing.T) {
	src := "FROM a\nRUN bad\nRUN x\n"
	commented := "FROM a\n# why\nRUN bad\n"
	for _, c := range []struct {
		name string
		src  string
		fix  func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix
		want error
	}{
		{"good", src, func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Edits: args(in, "good")}
		}, nil},
		{"outside the file", src, func(f *dockerfile.File, _ *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Edits: []analysis.Edit{{Span: dockerfile.Span{Start: 3, End: len(f.Src) + 1}}}}
		}, analysis.ErrEdits},
		{"overlapping", src, func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Edits: append(args(in, "good"), args(in, "well")...)}
		}, analysis.ErrEdits},
		{"two insertions in one place", src, func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			at := dockerfile.Span{Start: in.Span.End, End: in.Span.End}
			return &analysis.Fix{Edits: []analysis.Edit{{Span: at, New: "x"}, {Span: at, New: "y"}}}
		}, analysis.ErrEdits},
		{"the same again", src, func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Edits: args(in, "bad")}
		}, analysis.ErrNothing},
		{"does not parse", src, func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Edits: args(in, "good\n&& more")}
		}, analysis.ErrParse},
		{"shell code that does not parse", src, func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Edits: args(in, "good; && more")}
		}, analysis.ErrParse},
		{"still bad", src, func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Edits: args(in, "worse and bad")}
		}, analysis.ErrStill},
		{"ugly instead", src, func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Edits: args(in, "ugly")}
		}, analysis.ErrNew},
		{"one instruction more", src, func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Edits: args(in, "good\nUSER root")}
		}, analysis.ErrEffect},
		{"the next line swallowed", src, func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Edits: args(in, `good \`)}
		}, analysis.ErrEffect},
		{"another keyword", src, func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Edits: []analysis.Edit{{Span: in.Keyword, New: "CMD"}}}
		}, analysis.ErrEffect},
		{"a reordering that loses a RUN", src, func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Effect: analysis.Reorder, Edits: []analysis.Edit{{Span: f.LineSpan(2, 2)}}}
		}, analysis.ErrEffect},
		{"a cut that loses a command", "FROM a\nRUN bad && b\n",
			func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
				return &analysis.Fix{Effect: analysis.Split, Edits: args(in, "b")}
			}, analysis.ErrEffect},
		{"an instruction that it drops", src, func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Drops: []dockerfile.Span{in.Span}, Edits: []analysis.Edit{{Span: f.LineSpan(2, 2)}}}
		}, nil},
		{"another instruction than it drops", "FROM a\nRUN bad\nUSER x\n",
			func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
				return &analysis.Fix{Drops: []dockerfile.Span{f.Instructions()[2].Span},
					Edits: []analysis.Edit{{Span: f.LineSpan(2, 2)}}}
			}, analysis.ErrEffect},
		{"one more than it drops", src, func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Drops: []dockerfile.Span{in.Span}, Edits: []analysis.Edit{{Span: f.LineSpan(2, 3)}}}
		}, analysis.ErrEffect},
		{"an instruction in the place of another", src,
			func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
				return &analysis.Fix{Drops: []dockerfile.Span{in.Span},
					Adds:  []analysis.Addition{{Stage: 0, Text: "WORKDIR /x"}},
					Edits: []analysis.Edit{{Span: in.Span, New: "WORKDIR /x"}}}
			}, nil},
		{"an instruction before the first stage", src,
			func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
				return &analysis.Fix{Adds: []analysis.Addition{{Stage: -1, Text: "ARG X"}},
					Edits: append(args(in, "good"), analysis.Edit{New: "ARG X\n"})}
			}, nil},
		{"an addition that repeats the line above", "FROM a\nUSER x\n# why\nRUN bad\n",
			func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
				return &analysis.Fix{Adds: []analysis.Addition{{Stage: 0, Text: "USER y"}, {Stage: 0, Text: "USER x"}},
					Edits: []analysis.Edit{{Span: f.LineSpan(3, 4), New: "USER y\n# why\nRUN good\nUSER x\n"}}}
			}, nil},
		{"another addition than it says", src, func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Drops: []dockerfile.Span{in.Span},
				Adds:  []analysis.Addition{{Stage: 0, Text: "WORKDIR /x"}},
				Edits: []analysis.Edit{{Span: in.Span, New: "WORKDIR /y"}}}
		}, analysis.ErrEffect},
		{"an addition that does not come", src, func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Adds: []analysis.Addition{{Stage: 0, Text: "WORKDIR /x"}}, Edits: args(in, "good")}
		}, analysis.ErrEffect},
		{"a cut that drops a command and says so", "FROM a\nRUN bad && b\n",
			func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
				return &analysis.Fix{Effect: analysis.Split, Drops: []dockerfile.Span{in.Script.Commands()[0].Span},
					Edits: args(in, "b")}
			}, nil},
		{"a cut that drops another command", "FROM a\nRUN bad && b\n",
			func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
				return &analysis.Fix{Effect: analysis.Split, Drops: []dockerfile.Span{in.Script.Commands()[1].Span},
					Edits: args(in, "b")}
			}, analysis.ErrEffect},
		{"two RUNs joined", "FROM a\nRUN a && bad\nRUN c | d\n", joined(" && c | d"), nil},
		{"two RUNs joined and one lost", "FROM a\nRUN a && bad\nRUN c && d\n", joined(" && c"), analysis.ErrEffect},
		{"two RUNs joined and turned around", "FROM a\nRUN a && bad\nRUN c\n", joined(" && d"), analysis.ErrEffect},
		{"RUNs joined that need a shell each", "FROM a\nRUN cd x && bad\nRUN c\n", joined(" && c"), analysis.ErrEffect},
		{"RUNs joined by an or", "FROM a\nRUN a && bad\nRUN c\n", joined(" || c"), analysis.ErrEffect},
		{"RUNs joined after a comment", "FROM a\nRUN a && bad\nRUN c\n", joined(" # && c"), analysis.ErrEffect},
		{"RUNs joined whose mounts differ", "FROM a\nRUN a && bad\nRUN --network=none c\n", joined(" && c"),
			analysis.ErrEffect},
		{"RUNs joined over another instruction", "FROM a\nRUN a && bad\nUSER x\n", joined(" && c"), analysis.ErrEffect},
		{"RUNs joined and a command added", "FROM a\nRUN a && bad\nRUN c\n",
			joined(" && c && d", analysis.AddedCommand(0, "d")), nil},
		{"RUNs joined and another command added", "FROM a\nRUN a && bad\nRUN c\n",
			joined(" && c && e", analysis.AddedCommand(0, "d")), analysis.ErrEffect},
		{"RUNs joined and one dropped", "FROM a\nRUN a && bad\nRUN c\nRUN d && e\n",
			func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
				fix := joined(" && c")(f, in)
				fix.Edits = append(fix.Edits, analysis.Edit{Span: f.LineSpan(4, 4)})
				fix.Drops = append(fix.Drops, f.Instructions()[3].Span)
				return fix
			}, nil},
		{"RUNs joined and none dropped", "FROM a\nRUN a && bad\nRUN c\nRUN d && e\n",
			func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
				fix := joined(" && c")(f, in)
				fix.Drops = append(fix.Drops, f.Instructions()[3].Span)
				return fix
			}, analysis.ErrEffect},
		{"RUNs joined and no command added", "FROM a\nRUN a && bad\nRUN c\n",
			joined(" && c", analysis.AddedCommand(0, "d")), analysis.ErrEffect},
		{"an ADD that becomes a COPY", "FROM a\nADD x y\nRUN bad\n",
			func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
				return &analysis.Fix{Edits: append(args(in, "good"),
					analysis.Edit{Span: f.Instructions()[1].Keyword, New: "COPY"})}
			}, nil},
		{"a COPY that becomes an ADD", "FROM a\nCOPY x y\nRUN bad\n",
			func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
				return &analysis.Fix{Edits: append(args(in, "good"),
					analysis.Edit{Span: f.Instructions()[1].Keyword, New: "ADD"})}
			}, analysis.ErrEffect},
		{"blanks at the end of a line", src, func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Edits: args(in, "good ")}
		}, analysis.ErrStyle},
		{"a comment that goes", commented, func(f *dockerfile.File, _ *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Edits: []analysis.Edit{{Span: f.LineSpan(2, 3), New: "RUN good\n"}}}
		}, analysis.ErrComment},
		{"a comment that the fix lists", commented, func(f *dockerfile.File, _ *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Edits: []analysis.Edit{{Span: f.LineSpan(2, 3), New: "RUN good\n"}},
				Comments: []dockerfile.Span{f.Comments()[0].Span}}
		}, nil},
		{"a comment that moves", commented, func(f *dockerfile.File, _ *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Edits: []analysis.Edit{{Span: f.LineSpan(2, 3),
				New: "RUN good && \\\n  # why\n  x\n"}}}
		}, nil},
		{"another comment than it says", commented, func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Edits: []analysis.Edit{{Span: f.LineSpan(2, 3), New: "RUN good\n"}},
				Comments: []dockerfile.Span{in.Span}}
		}, analysis.ErrComment},
		{"one of two comments that read the same", "FROM a\n# why\nRUN bad\n# why\nRUN x\n",
			func(f *dockerfile.File, _ *dockerfile.Instruction) *analysis.Fix {
				return &analysis.Fix{Edits: []analysis.Edit{{Span: f.LineSpan(2, 3), New: "RUN good\n"}}}
			}, analysis.ErrComment},
		{"a comment inside an instruction", "FROM a\nRUN bad \\\n  # why\n  x\n",
			func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
				return &analysis.Fix{Edits: args(in, "good x")}
			}, analysis.ErrComment},
		{"the syntax that is no directive any more", "# syntax=docker/dockerfile:1\nFROM a\nRUN bad\n",
			func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
				return &analysis.Fix{Edits: append(args(in, "good"), analysis.Edit{New: "# first\n"})}
			}, analysis.ErrComment},
		{"an ignore that goes", "FROM a\n# dfbot ignore=no-ugly\nRUN bad\n",
			func(f *dockerfile.File, _ *dockerfile.Instruction) *analysis.Fix {
				return &analysis.Fix{Edits: []analysis.Edit{{Span: f.LineSpan(2, 3), New: "RUN good\n"}}}
			}, analysis.ErrComment},
		{"an ignore that is above something else", "FROM a\nRUN bad\n# hadolint ignore=DL3059\nUSER x\n",
			func(f *dockerfile.File, _ *dockerfile.Instruction) *analysis.Fix {
				return &analysis.Fix{Edits: []analysis.Edit{
					{Span: f.LineSpan(2, 2), New: "# hadolint ignore=DL3059\nRUN good\n"}, {Span: f.LineSpan(3, 3)}}}
			}, analysis.ErrComment},
		{"a comment that becomes the syntax", "ARG X\n# syntax=docker/dockerfile:1\nFROM a\nRUN bad\n",
			func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
				return &analysis.Fix{Drops: []dockerfile.Span{f.Instructions()[0].Span},
					Edits: append(args(in, "good"), analysis.Edit{Span: f.LineSpan(1, 1)})}
			}, analysis.ErrComment},
		{"a check directive that goes", "# check=skip=JSONArgsRecommended\nFROM a\nRUN bad\n",
			func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
				return &analysis.Fix{Edits: append(args(in, "good"), analysis.Edit{Span: f.LineSpan(1, 1)})}
			}, analysis.ErrComment},
		{"final newline lost", "FROM a\nRUN bad\n", func(f *dockerfile.File, _ *dockerfile.Instruction) *analysis.Fix {
			return &analysis.Fix{Edits: []analysis.Edit{{Span: f.LineSpan(2, 2), New: "RUN good"}}}
		}, analysis.ErrStyle},
		{"another line ending", "FROM a\r\nRUN bad\r\n",
			func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
				return &analysis.Fix{Edits: args(in, "good \\\n  x")}
			}, analysis.ErrStyle},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := run(c.src, onRun(func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
				fix := c.fix(f, in)
				fix.Applicability = analysis.Safe
				return fix
			}), noUgly)
			if len(res.Diagnostics) != 1 {
				t.Fatalf("%d diagnostics, want 1", len(res.Diagnostics))
			}
			if c.want == nil {
				if len(res.Unproved) > 0 || res.Diagnostics[0].Fix == nil {
					t.Fatalf("dropped: %v", res.Unproved)
				}
				return
			}
			if res.Diagnostics[0].Fix != nil || len(res.Unproved) != 1 {
				t.Fatalf("kept, want %v", c.want)
			}
			if !errors.Is(res.Unproved[0].Err, c.want) {
				t.Errorf("dropped because %v, want %v", res.Unproved[0].Err, c.want)
			}
		})
	}
}

// TestRulesThatYield: what a rule of taste says of the result holds up its own fix, not another rule's.
func TestRulesThatYield(t *testing.T) {
	ugly := *noUgly
	ugly.Yields = true
	uglier := onRun(func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
		return &analysis.Fix{Applicability: analysis.Safe, Edits: args(in, "ugly")}
	})
	res := run("FROM a\nRUN bad\n", uglier, &ugly)
	if len(res.Unproved) > 0 || len(res.Diagnostics) != 1 || res.Diagnostics[0].Fix == nil {
		t.Errorf("unproved %v, diagnostics %+v; want the fix to be kept", res.Unproved, res.Diagnostics)
	}
	own := onRun(func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
		return &analysis.Fix{Applicability: analysis.Safe, Edits: args(in, "worse and bad")}
	})
	own.Yields = true
	if res := run("FROM a\nRUN bad\n", own); len(res.Unproved) != 1 ||
		!errors.Is(res.Unproved[0].Err, analysis.ErrStill) {
		t.Errorf("unproved %v, want that the rule still finds it", res.Unproved)
	}
}

// TestSilencedByAnother: a fix may bring to light what its rule has said better, and all fixes fix
// that as well.
func TestSilencedByAnother(t *testing.T) {
	replace := func(name, word, by string) *analysis.Rule {
		return &analysis.Rule{Name: name, Severity: analysis.Warning, Run: func(p *analysis.Pass) {
			for _, in := range p.File.Instructions() {
				text := in.Args.String()
				if i := strings.Index(text, word); i >= 0 {
					span := in.Args.Span(i, i+len(word))
					p.Report(analysis.Finding{In: in, Span: span, Message: analysis.Say("%s", text), Fix: &analysis.Fix{
						Applicability: analysis.Safe, Edits: []analysis.Edit{{Span: span, New: by}}}})
				}
			}
		}}
	}
	loud, quiet := replace("loud", "bad", "good"), replace("quiet", "plain", "pretty")
	u := run("FROM a\nRUN bad plain\n", loud, quiet).Unit
	u.Overlaps = map[*analysis.Rule][]*analysis.Rule{quiet: {loud}}
	res := judged(u)
	if len(res.Diagnostics) != 1 || res.Diagnostics[0].Rule != loud || len(res.Unproved) > 0 {
		t.Fatalf("diagnostics %+v, unproved %v; want the loud rule with its fix", res.Diagnostics, res.Unproved)
	}
	if after, _ := res.FixAll(analysis.Safe, nil); string(after) != "FROM a\nRUN good pretty\n" {
		t.Errorf("all fixes: %q", after)
	}
}

func TestDisplayOnlyFixesAreNotProved(t *testing.T) {
	res := run("FROM a\nRUN bad\n", onRun(func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
		return &analysis.Fix{Edits: args(in, "bad as well")}
	}))
	if res.Diagnostics[0].Fix == nil || len(res.Unproved) != 0 {
		t.Errorf("fix %v, unproved %v", res.Diagnostics[0].Fix, res.Unproved)
	}
	if after, mended := res.FixAll(analysis.DisplayOnly, nil); len(mended) != 0 ||
		string(after) != "FROM a\nRUN bad\n" {
		t.Errorf("a sketch was applied: %q", after)
	}
}

// TestUnwantedFixesAreDropped has one of two fixes wanted: the other is neither kept nor tried.
func TestUnwantedFixesAreDropped(t *testing.T) {
	rule := onRun(func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
		if in.Index == 1 {
			return &analysis.Fix{Applicability: analysis.Safe, Edits: args(in, "still bad")} // would fail its proof
		}
		return &analysis.Fix{Applicability: analysis.Safe, Edits: args(in, "good")}
	})
	res := judged(analysis.Unit{Path: "Dockerfile", Src: []byte("FROM a\nRUN bad\nRUN bad\n"),
		Rules: []analysis.Active{{Rule: rule, Severity: rule.Severity}},
		Wants: func(*analysis.Result) func(analysis.Diagnostic) bool {
			return func(d analysis.Diagnostic) bool { return d.Place.Line == 3 }
		}})
	if len(res.Diagnostics) != 2 || res.Diagnostics[0].Fix != nil || res.Diagnostics[1].Fix == nil ||
		len(res.Unproved) != 0 {
		t.Errorf("diagnostics %v, unproved %v", res.Diagnostics, res.Unproved)
	}
}

func TestCrashLosesOnlyItsRule(t *testing.T) {
	boom := &analysis.Rule{Name: "boom", Severity: analysis.Error, Run: func(p *analysis.Pass) {
		p.Report(analysis.Finding{Message: analysis.Say("half said")})
		panic("boom")
	}}
	res := run("FROM a\nRUN ugly\n", boom, noUgly)
	if len(res.Crashed) != 1 || res.Crashed[0].Rule != boom || res.Crashed[0].Value != "boom" {
		t.Errorf("crashes: %+v", res.Crashed)
	}
	if len(res.Diagnostics) != 1 || res.Diagnostics[0].Rule != noUgly {
		t.Errorf("diagnostics: %+v", res.Diagnostics)
	}
}

// joined makes `good` of the line with `bad` and writes more after it in place of the next line.
func joined(more string, adds ...analysis.Addition) func(*dockerfile.File, *dockerfile.Instruction) *analysis.Fix {
	return func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
		s := in.Args.String()
		bad := in.Args.Span(len(s)-3, len(s))
		_, last := in.Lines()
		rest := dockerfile.Span{Start: bad.Start, End: f.LineSpan(last+1, last+1).End}
		return &analysis.Fix{Effect: analysis.Join, Adds: append(adds, analysis.AddedCommand(0, "good")),
			Drops: []dockerfile.Span{bad},
			Edits: []analysis.Edit{{Span: rest, New: "good" + more + "\n"}}}
	}
}

// TestProofSilence: what a comment silences, it silences after the fix, and nothing else that was reported.
func TestProofSilence(t *testing.T) {
	for src, want := range map[string]error{
		"FROM a\n# dfbot ignore=no-ugly\nRUN a && bad\nRUN ugly\n":              analysis.ErrComment,
		"FROM a\n# dfbot ignore=no-ugly\nRUN ugly && bad\nRUN ugly\n":           nil, // one finding before and after
		"FROM a\n# dfbot ignore=other\nRUN a && bad\nRUN ugly\n":                nil,
		"FROM a\n# dfbot stage ignore=no-ugly\nRUN x\nRUN a && bad\nRUN ugly\n": nil,
	} {
		res := run(src, onRun(func(f *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
			fix := joined(" && ugly")(f, in)
			fix.Applicability = analysis.Unsafe
			return fix
		}), noUgly)
		var err error
		for _, dropped := range res.Unproved {
			err = dropped.Err
		}
		if !errors.Is(err, want) || len(res.Unproved) > 1 {
			t.Errorf("%q\n got %v\nwant %v", src, err, want)
		}
	}
}

// TestSharedSteps: two fixes that begin with the same step go together.
func TestSharedSteps(t *testing.T) {
	join := func(name, word string, upTo int) *analysis.Rule {
		return &analysis.Rule{Name: name, Severity: analysis.Warning, Run: func(p *analysis.Pass) {
			for i, in := range p.File.Instructions() {
				if in.Name != "RUN" || in.Args.String() != word {
					continue
				}
				fix := &analysis.Fix{Applicability: analysis.Safe, Effect: analysis.Join}
				for ; i < upTo; i++ {
					from, to := p.File.Instructions()[i], p.File.Instructions()[i+1]
					fix.Edits = append(fix.Edits,
						analysis.Edit{Span: dockerfile.Span{Start: from.Span.End, End: to.Args.Pos(0)}, New: " && "})
				}
				p.Report(analysis.Finding{In: in, Span: in.Span, Message: analysis.Say("alone"), Fix: fix})
			}
		}}
	}
	res := run("FROM a\nRUN x\nRUN y\nRUN z\n", join("no-x", "x", 2), join("no-x-again", "x", 3))
	after, mended := res.FixAll(analysis.Safe, nil)
	if want := "FROM a\nRUN x && y && z\n"; string(after) != want || len(mended) != 2 {
		t.Errorf("%q with %d fixed, want %q with both", after, len(mended), want)
	}
}

// What dfbot itself does not read is no mistake of the file, and it is said; so is shell code that no rule has seen.
func TestLimits(t *testing.T) {
	deep := "RUN " + strings.Repeat("(", 5000) + "\n"
	for _, c := range []struct{ name, src, unread, gap string }{
		{"NUL", "FROM a\n# \x00\nRUN ugly\n", "dfbot does not read files with NUL bytes", ""},
		{"many", "FROM a\n" + strings.Repeat("RUN ugly\n", 10_000),
			"dfbot does not read files with more than 10000 instructions", ""},
		{"large", "FROM a\n#" + strings.Repeat("x", 1<<20) + "\n", "dfbot does not read files over 1024 KiB", ""},
		{"deep", "FROM a\n" + deep, "", "the shell code in line 2 is too long or too deeply nested for dfbot to read"},
		{"twice", "FROM a\n" + deep + "ONBUILD " + deep, "",
			"the shell code in lines 2, 3 is too long or too deeply nested for dfbot to read"},
	} {
		res := run(c.src, noUgly)
		gap := ""
		if len(res.Gaps) > 0 {
			gap = res.Gaps[0].String()
		}
		if res.Unread.String() != c.unread || gap != c.gap || len(res.Diagnostics) > 0 {
			t.Errorf("%s: unread %q, gap %q, %d diagnostics", c.name, res.Unread, gap, len(res.Diagnostics))
		}
	}
}

func TestRefusedFiles(t *testing.T) {
	for _, c := range []struct{ name, src, message, foreign string }{
		{"unknown instruction", "FROM a\nRUNN x\n",
			"Docker cannot build this file: `unknown instruction: RUNN (did you mean RUN?)`", ""},
		{"unterminated heredoc", "FROM a\nRUN <<EOF\nx\n", "Docker cannot build this file: `unterminated heredoc`", ""},
		{"empty", "", "Docker cannot build this file: `file with no instructions`", ""},
		{"template", "FROM {{ base }}\n", "", "a template, not a Dockerfile"},
		{"template at the line", "FROM a\nENV a={{ x }}\nRUN x\n", "", "a template, not a Dockerfile"},
		{"template before the line", "FROM a\n{% if x %}\nRUN x\n", "", "a template, not a Dockerfile"},
		{"braces elsewhere", "FROM a\nRUN docker inspect -f '{{ .Id }}' x\nRUNN x\n",
			"Docker cannot build this file: `unknown instruction: RUNN (did you mean RUN?)`", ""},
		{"piece", "# part\nRUN x\n", "", "a piece of a Dockerfile: it has no FROM"},
		{"python", "from a import b\nimport c\n", "", "a piece of a Dockerfile: it has no FROM"},
		{"FROM with too much", "FROM a b c d\nFROM x\n",
			"Docker cannot build this file: `FROM requires either one or three arguments`", ""},
		{"placeholder", "FROM BASEIMAGE\n", "", "a template, not a Dockerfile"},
		{"other frontend", "# syntax=devthefuture/dockerfile-x\nINCLUDE a\n", "",
			"written for the frontend `devthefuture/dockerfile-x`, which is neither Docker's own nor named in " +
				"`files.frontends`"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := run(c.src, noUgly)
			if res.Foreign.String() != c.foreign {
				t.Errorf("foreign: %q, want %q", res.Foreign, c.foreign)
			}
			got := ""
			if len(res.Diagnostics) == 1 {
				got = res.Diagnostics[0].Message.String()
			}
			if got != c.message || len(res.Diagnostics) > 1 {
				t.Errorf("%d diagnostics, %q, want %q", len(res.Diagnostics), got, c.message)
			}
		})
	}
}

func TestParseErrorIsOnItsLine(t *testing.T) {
	res := run("FROM a\nRUN x \\\n  y\nCOPY a\nRUN z\n")
	if p := res.Diagnostics[0].Place; p.Line != 4 || p.EndLine != 4 {
		t.Errorf("on lines %d to %d, want 4", p.Line, p.EndLine)
	}
}

func TestDirectives(t *testing.T) {
	for _, c := range []struct {
		name, src string
		said      int
		reason    string
	}{
		{"none", "FROM a\nRUN ugly\n", 1, ""},
		{"above", "FROM a\n# dfbot ignore=no-ugly it is art\nRUN ugly\n", 0, "it is art"},
		{"above other comments", "FROM a\n# dfbot ignore=no-ugly\n# more\nRUN ugly\n", 0, ""},
		{"a blank line between", "FROM a\n# dfbot ignore=no-ugly\n\nRUN ugly\n", 1, ""},
		{"another rule", "FROM a\n# dfbot ignore=no-bad\nRUN ugly\n", 1, ""},
		{"several", "FROM a\n# dfbot ignore=no-bad, no-ugly: both\nRUN ugly\n", 0, "both"},
		{"all", "FROM a\n# dfbot ignore=all\nRUN ugly\n", 0, ""},
		{"inside", "FROM a\nRUN x \\\n # dfbot ignore=no-ugly\n ugly\n", 0, ""},
		{"only its instruction", "FROM a\n# dfbot ignore=no-ugly\nRUN ugly\nRUN ugly 2\n", 1, ""},
		{"global", "# dfbot global ignore=no-ugly\nFROM a\nRUN ugly\nRUN ugly 2\n", 0, ""},
		{"stage", "# dfbot stage ignore=no-ugly\nFROM a\nRUN ugly\nFROM b\nRUN ugly\n", 1, ""},
		{"hadolint", "FROM a\n# hadolint ignore=DL9999 reason\nRUN ugly\n", 0, "reason"},
		{"hadolint global", "FROM a\nRUN ugly\n# hadolint global ignore=DL9999\n", 0, ""},
		{"tally", "FROM a\n# tally ignore=hadolint/DL9999; reason\nRUN ugly\n", 0, "reason"},
		{"checkov", "FROM a\nRUN ugly\n# checkov:skip=DL9999:reason\n", 0, "reason"},
		{"shellcheck", "FROM a\n# shellcheck disable=DL9999\nRUN ugly\n", 0, ""},
		{"check", "# check=skip=UglyRun;error=true\nFROM a\nRUN ugly\n", 0, ""},
		{"check above an instruction", "FROM a\n# check=skip=UglyRun // fine\nRUN ugly\nRUN ugly 2\n", 1, "fine"},
		{"in a heredoc it is shell", "FROM a\nRUN <<E\n# dfbot ignore=no-ugly\nE\nRUN ugly\n", 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rule := *noUgly
			rule.Aliases = []string{"DL9999", "UglyRun"}
			res := run(c.src, &rule)
			if len(res.Diagnostics) != c.said {
				t.Errorf("%d said, want %d", len(res.Diagnostics), c.said)
			}
			if c.reason != "" && (len(res.Ignored) == 0 || res.Ignored[0].Reason != c.reason) {
				t.Errorf("ignored %+v, want the reason %q", res.Ignored, c.reason)
			}
			u := res.Unit
			u.NoIgnoreComments = true
			if loud := judged(u); len(loud.Diagnostics) != len(res.Diagnostics)+len(res.Ignored) ||
				len(loud.Ignored) > 0 {
				t.Errorf("%d said and %d ignored where comments silence nothing", len(loud.Diagnostics),
					len(loud.Ignored))
			}
		})
	}
}

// TestFingerprint: the same while lines move and other instructions change, another for another
// instruction, and different for twins.
func TestFingerprint(t *testing.T) {
	prints := func(src string) (all []string) {
		for _, d := range run(src, noUgly).Diagnostics {
			all = append(all, d.Fingerprint)
		}
		return all
	}
	base := prints("FROM a\nRUN ugly\n")[0]
	for _, src := range []string{"FROM b\n\n# new\nUSER x\nRUN ugly\n", "FROM a\nRUN \\\n  ugly\n"} {
		if got := prints(src)[0]; got != base {
			t.Errorf("%q: %s, want %s", src, got, base)
		}
	}
	if got := prints("FROM a\nRUN ugly indeed\n")[0]; got == base {
		t.Error("another instruction has the same fingerprint")
	}
	if twins := prints("FROM a\nRUN ugly\nRUN ugly\n"); twins[0] == twins[1] {
		t.Error("twins have the same fingerprint")
	}
	stages := prints("FROM a AS build\nRUN ugly\n\nFROM a\nRUN ugly\n")
	if left := prints("FROM a AS build\nRUN fine\n\nFROM a\nRUN ugly\n"); left[0] != stages[1] {
		t.Errorf("a stage's fingerprint changes from %s to %s when its twin in another is fixed", stages[1], left[0])
	}
}

// TestGroups: one group per instruction and per overlapping patch; fixes merged where the sum is
// proved, left out where not.
func TestGroups(t *testing.T) {
	good := onRun(func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
		s := in.Args.String()
		i := strings.Index(s, "bad")
		return &analysis.Fix{Applicability: analysis.Safe,
			Edits: []analysis.Edit{{Span: in.Args.Span(i, i+3), New: "good"}}}
	})
	pretty := &analysis.Rule{Name: "no-plain", Severity: analysis.Error, Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			s := in.Args.String()
			if i := strings.Index(s, "plain"); in.Name == "RUN" && i >= 0 {
				p.Report(analysis.Finding{In: in, Span: in.Args.Span(i, i+5), Message: analysis.Say("plain"),
					Fix: &analysis.Fix{
						Applicability: analysis.Unsafe,
						Edits:         []analysis.Edit{{Span: in.Args.Span(i, i+5), New: "pretty"}}}})
			}
		}
	}}
	res := run("FROM a\nRUN bad plain\nRUN bad\n", good, pretty)
	groups := res.Groups(res.Diagnostics)
	if len(groups) != 2 {
		t.Fatalf("%d groups, want 2", len(groups))
	}
	g := groups[0]
	if len(g.Diagnostics) != 2 || g.Diagnostics[0].Rule != pretty {
		t.Errorf("first group: %+v", g.Diagnostics)
	}
	if want := "FROM a\nRUN good pretty\nRUN bad\n"; g.Fix == nil || string(g.Fix.After) != want ||
		g.Fix.Applicability != analysis.Unsafe {
		t.Errorf("patch: %+v, want %q, unsafe", g.Fix, want)
	}
	after, mended := res.FixAll(analysis.Unsafe, nil)
	if want := "FROM a\nRUN good pretty\nRUN good\n"; string(after) != want || len(mended) != 3 {
		t.Errorf("all: %q with %d fixed, want %q", after, len(mended), want)
	}
	if after, _ := res.FixAll(analysis.Safe, nil); string(after) != "FROM a\nRUN good plain\nRUN good\n" {
		t.Errorf("safe ones: %q", after)
	}
}

// A sketch reaches far down the file; what is between is not one thing because of it.
func TestSketchesTieNothingTogether(t *testing.T) {
	sketch := &analysis.Rule{Name: "no-user", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		in, end := p.File.Instructions()[0], len(p.File.Src)
		p.Report(analysis.Finding{In: in, Span: in.Span, Message: analysis.Say("no user"), Fix: &analysis.Fix{
			Edits: []analysis.Edit{{Span: dockerfile.Span{Start: end, End: end}, New: "USER me\n"}}}})
	}}
	good := onRun(func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
		return &analysis.Fix{Applicability: analysis.Safe, Edits: args(in, "good")}
	})
	res := run("FROM a\nRUN bad\nRUN bad\n", sketch, good)
	if groups := res.Groups(res.Diagnostics); len(groups) != 3 {
		t.Errorf("%d groups, want one for each instruction", len(groups))
	}
}

func TestFixesThatTouchAreNotMerged(t *testing.T) {
	first := onRun(func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
		return &analysis.Fix{Applicability: analysis.Safe, Edits: args(in, "good")}
	})
	second := &analysis.Rule{Name: "no-short", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if in.Name == "RUN" && len(in.Args.String()) < 4 {
				p.Report(analysis.Finding{In: in, Span: in.Span, Message: analysis.Say("short"), Fix: &analysis.Fix{
					Applicability: analysis.Safe, Edits: args(in, "fine and long")}})
			}
		}
	}}
	res := run("FROM a\nRUN bad\n", first, second)
	g := res.Groups(res.Diagnostics)[0]
	if g.Fix == nil || len(g.Fix.Fixed) != 1 || len(g.Fix.LeftOut) != 1 {
		t.Fatalf("patch: %+v", g.Fix)
	}
}

func TestInsertionsInOnePlace(t *testing.T) {
	at := dockerfile.Span{Start: 3, End: 3}
	word := dockerfile.Span{Start: 3, End: 6}
	after, err := analysis.Apply([]byte("run it"),
		[]analysis.Edit{{Span: word, New: " him"}, {Span: at, New: " -a"}, {Span: at, New: " -b"}})
	if err != nil || string(after) != "run -a -b him" {
		t.Errorf("%q, %v", after, err)
	}
	if _, err := analysis.Apply([]byte("run it"),
		[]analysis.Edit{{Span: at, New: " -a"}, {Span: at, New: "b"}}); !errors.Is(err, analysis.ErrEdits) {
		t.Errorf("words that run together: %v", err)
	}
}

func TestApply(t *testing.T) {
	after, err := analysis.Apply([]byte("abcdef"), []analysis.Edit{
		{Span: dockerfile.Span{Start: 4, End: 6}, New: "!"}, {Span: dockerfile.Span{Start: 0, End: 0}, New: ">"},
		{Span: dockerfile.Span{Start: 1, End: 2}},
	})
	if err != nil || string(after) != ">acd!" {
		t.Errorf("%q, %v", after, err)
	}
}
