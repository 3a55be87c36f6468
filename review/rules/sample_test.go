package rules_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
)

// TestSample prints ten findings of each rule on the real files, or of the one that DFBOT_SAMPLE
// names: the same ten each time. docs/precision.md holds what became of reading them.
func TestSample(t *testing.T) {
	only := os.Getenv("DFBOT_SAMPLE")
	if only == "" {
		t.Skip("DFBOT_SAMPLE is not set: the name of a rule, or all")
	}
	type found struct {
		path string
		d    analysis.Diagnostic
		text string
	}
	byRule := map[string][]found{}
	files := corpus(t)
	for _, path := range slices.Sorted(maps.Keys(files)) {
		u := unitOf(path, files[path], nil)
		for i := range u.Rules {
			u.Rules[i].Severity = max(u.Rules[i].Severity, analysis.Notice)
		}
		res := judged(u)
		for _, d := range res.Diagnostics {
			if only == "all" || d.Rule.Name == only {
				byRule[d.Rule.Name] = append(byRule[d.Rule.Name],
					found{path, d, string(u.Src[d.Span.Start:d.Span.End])})
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byRule)) {
		all := byRule[name]
		rng := rand.New(rand.NewPCG(1, uint64(len(name))))
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		fmt.Printf("== %s: %d findings\n", name, len(all))
		for _, f := range all[:min(10, len(all))] {
			fmt.Printf("%s:%d: %s: %s\n%s\n\n", f.path, f.d.Place.Line, f.d.Severity, f.d.Message, f.text)
		}
	}
}

// TestNoise prints how many findings the rules have on the real files at their default severities:
// by rule and severity, and the median and the ninetieth percentile of a file.
func TestNoise(t *testing.T) {
	files := corpus(t)
	count := map[string]int{}
	var loud []int
	for _, path := range slices.Sorted(maps.Keys(files)) {
		n := 0
		for _, d := range judged(unitOf(path, files[path], nil)).Diagnostics {
			count[fmt.Sprintf("%-8s %s", d.Severity, d.Rule.Name)]++
			if d.Severity >= analysis.Warning {
				n++
			}
		}
		loud = append(loud, n)
	}
	for _, k := range slices.Sorted(maps.Keys(count)) {
		fmt.Printf("%5d %s\n", count[k], k)
	}
	slices.Sort(loud)
	median := loud[len(loud)/2]
	fmt.Printf("at warning or above: median %d, ninetieth percentile %d, most %d of %d files\n",
		median, loud[len(loud)*9/10], loud[len(loud)-1], len(loud))
	if median > 3 {
		t.Errorf("median of %d findings a file at warning or above, want at most 3", median)
	}
}
