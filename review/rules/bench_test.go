//go:build unix

package rules_test

import (
	"bytes"
	"cmp"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// BenchmarkCorpus times a pass over all real files beside BuildKit's bare parser in the same run:
// x/buildkit is the ratio of the two in CPU time, which on a busy machine says more than the clock.
// "parse" parses, "three" runs the three model rules as well, "find" all rules that are on by
// default, "run" proves the fixes too.
func BenchmarkCorpus(b *testing.B) {
	units := units(b)
	three := slices.Clone(units)
	for i := range three {
		three[i].Rules = slices.DeleteFunc(slices.Clone(three[i].Rules), func(a analysis.Active) bool {
			return !slices.Contains([]string{"apt-recommends", "copy-before-install", "shell-form-command"},
				a.Rule.Name)
		})
	}
	for _, pass := range []struct {
		name string
		do   func()
	}{
		{"parse", func() { each(units, func(u analysis.Unit) { _, _ = dockerfile.Parse(u.Path, u.Src) }) }},
		{"three", func() { each(three, find) }},
		{"find", func() { each(units, find) }},
		{"run", func() { each(units, func(u analysis.Unit) { judged(u) }) }},
	} {
		b.Run(pass.name, func(b *testing.B) {
			b.ReportAllocs()
			var ours, theirs time.Duration
			for b.Loop() {
				b.StopTimer()
				theirs += timed(func() { each(units, bare) })
				b.StartTimer()
				ours += timed(pass.do)
			}
			b.ReportMetric(float64(ours)/float64(theirs), "x/buildkit")
			b.ReportMetric(perFile(ours, b.N*len(units)), "µs/file")
		})
	}
}

// BenchmarkRules times each rule by itself over all real files, parsed before, those too that are off
// by default: the slowest first, with its share of the time of all. What several rules share and
// the file keeps, the first of them pays.
func BenchmarkRules(b *testing.B) {
	var parsed []analysis.Unit
	for _, u := range units(b) {
		if u.Parse() == nil {
			parsed = append(parsed, u)
		}
	}
	type timing struct {
		pass func()
		took time.Duration
	}
	times := map[*analysis.Rule]timing{}
	var all []*analysis.Rule
	var sum time.Duration
	for _, a := range parsed[0].Rules {
		if a.Rule.Run == nil {
			continue
		}
		alone := []analysis.Active{{Rule: a.Rule, Severity: analysis.Notice}}
		pass := func() {
			each(parsed, func(u analysis.Unit) { u.Rules = alone; find(u) })
		}
		t := timing{pass, timed(func() { pass(); pass(); pass() }) / 3}
		all, times[a.Rule] = append(all, a.Rule), t
		sum += t.took
	}
	slices.SortStableFunc(all, func(x, y *analysis.Rule) int { return cmp.Compare(times[y].took, times[x].took) })
	for _, r := range all {
		b.Run(r.Name, func(b *testing.B) {
			var took time.Duration
			for b.Loop() {
				took += timed(times[r].pass)
			}
			b.ReportMetric(0, "ns/op") // of the clock
			b.ReportMetric(perFile(took, b.N*len(parsed)), "µs/file")
			b.ReportMetric(100*float64(took)/float64(b.N)/float64(sum), "%all")
		})
	}
}

// units are the real files, each in a tree in which everything exists that it asks for.
func units(b *testing.B) []analysis.Unit {
	var all []analysis.Unit
	for path, src := range corpus(b) {
		all = append(all, unitOf(path, src, imagined(path, src)))
	}
	return all
}

func each(units []analysis.Unit, do func(analysis.Unit)) {
	for _, u := range units {
		do(u)
	}
}

// bare is BuildKit's own parse of the file and its instructions, without the linter.
func bare(u analysis.Unit) {
	if res, err := parser.Parse(bytes.NewReader(u.Src)); err == nil {
		_, _, _ = instructions.Parse(res.AST, linter.New(&linter.Config{SkipAll: true}))
	}
}

// find parses and runs the rules, and proves nothing.
func find(u analysis.Unit) {
	u.Wants = analysis.NoFixes
	judged(u)
}

// timed returns the CPU time that the pass takes, with that of its garbage: it begins on a swept heap.
func timed(pass func()) time.Duration {
	runtime.GC()
	t := cpu()
	pass()
	return cpu() - t
}

// cpu is the CPU time of this process so far.
func cpu() time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		panic(err) // getrusage(2): only for arguments that it does not know
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

func perFile(d time.Duration, files int) float64 {
	return float64(d) / float64(time.Microsecond) / float64(files)
}
