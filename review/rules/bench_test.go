package rules_test

import (
	"bytes"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// BenchmarkCorpus times a pass over all real files beside BuildKit's bare parser in the same run:
// x/buildkit is the ratio of the two. "parse" parses, "three" runs the three model rules as well, "find"
// all rules, "run" proves the fixes too.
func BenchmarkCorpus(b *testing.B) {
	files := corpus(b)
	var units, three []analysis.Unit // with all rules, with the first three
	for path, src := range files {
		u := unitOf(path, src, imagined(path, src))
		units = append(units, u)
		u.Rules = slices.DeleteFunc(slices.Clone(u.Rules), func(a analysis.Active) bool {
			return !slices.Contains([]string{"apt-recommends", "copy-before-install", "shell-form-command"}, a.Rule.Name)
		})
		three = append(three, u)
	}
	bare := func() {
		for _, u := range units {
			if res, err := parser.Parse(bytes.NewReader(u.Src)); err == nil {
				_, _, _ = instructions.Parse(res.AST, linter.New(&linter.Config{SkipAll: true}))
			}
		}
	}
	for name, pass := range map[string]func(){
		"parse": func() {
			for _, u := range units {
				_, _ = dockerfile.Parse(u.Path, u.Src)
			}
		},
		"find":  func() { find(units) },
		"three": func() { find(three) },
		"run": func() {
			for _, u := range units {
				analysis.Run(u)
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var ours, theirs time.Duration
			for b.Loop() {
				b.StopTimer()
				theirs += timed(bare)
				b.StartTimer()
				ours += timed(pass)
			}
			b.ReportMetric(float64(ours)/float64(theirs), "x/buildkit")
			b.ReportMetric(float64(ours.Microseconds())/float64(b.N*len(units)), "µs/file")
		})
	}
}

// find parses and runs the rules, and proves nothing.
func find(units []analysis.Unit) {
	for _, u := range units {
		if f, err := dockerfile.Parse(u.Path, u.Src); err == nil {
			analysis.Find(f, u)
		}
	}
}

// timed runs the pass on a swept heap, so that each pays for its own garbage.
func timed(pass func()) time.Duration {
	runtime.GC()
	t := time.Now()
	pass()
	return time.Since(t)
}
