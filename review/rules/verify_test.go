package rules_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/rules"
	"github.com/dfbot/dfbot/review/verify"
	"golang.org/x/tools/txtar"
)

// eachFix calls visit for each fix of the rules' examples, on its own.
func eachFix(t *testing.T, visit func(name string, before, after *dockerfile.File, fix *analysis.CombinedFix)) {
	files, err := filepath.Glob("*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, path := range files {
		rule := rules.ByName(strings.TrimSuffix(path, ".txtar"))
		ar, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if rule.Definitions || rule.Program != "" {
			continue
		}
		for _, ex := range examples(ar) {
			res := judged(unit(rule, ex))
			for _, d := range res.Diagnostics {
				if d.Rule != rule || !d.Fixable(analysis.Unsafe) {
					continue
				}
				fix := res.Combine([]analysis.Diagnostic{d})
				after, err := dockerfile.Parse(ex.file, fix.After)
				if err != nil {
					t.Fatal(err)
				}
				visit(rule.Name+"/"+ex.name, res.Parse(), after, fix)
			}
		}
	}
}

// TestFixesKeepTheirContract holds each fix of the examples to its contract, by BuildKit's graphs.
func TestFixesKeepTheirContract(t *testing.T) {
	v := verify.Verifier{Checks: dockerChecks}
	kinds, none := map[verify.Kind]int{}, 0
	eachFix(t, func(name string, before, after *dockerfile.File, fix *analysis.CombinedFix) {
		breaches, kind, err := v.Check(t.Context(), before, after, verify.Of(before, after, fix))
		switch {
		case errors.Is(err, verify.ErrNoGraph):
			none++
			t.Log(name, err)
		case err != nil:
			t.Errorf("%s: %v", name, err)
		default:
			kinds[kind]++
		}
		for _, b := range breaches {
			t.Errorf("%s: %s\n%s\nbecomes\n%s", name, b, before.Src, after.Src)
		}
	})
	t.Logf("%v, without a graph %d", kinds, none)
}
