package analysis_test

import (
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
)

// TestBefore: a rule sees what the Dockerfile could copy on the base, also where it was at another path or had another
// text there.
func TestBefore(t *testing.T) {
	const src = "FROM a\nCOPY nginx.conf /\n"
	for _, c := range []struct {
		name, path, was string
		had             bool
	}{
		{"the same", "Dockerfile", src, true},
		{"another text", "Dockerfile", "FROM b\nCOPY nginx.conf /\n", true},
		{"another path", "Dockerfile.old", src, true},
		{"a text that is not one", "Dockerfile", "FRMO a\n", false},
		{"unknown there", "Dockerfile", "FROM a\nCOPY dist nginx.conf /\n", false},
		{"not read", "gone", src, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var had, has, known bool
			rule := &analysis.Rule{Name: "asks", Severity: analysis.Notice, Run: func(p *analysis.Pass) {
				had, has = p.Before != nil && p.Before.Has("nginx.conf"), p.Context.Has("nginx.conf")
				known = p.Context.Known()
			}}
			before := &buildcontext.Tree{Paths: []string{"nginx.conf", c.path}, Contents: map[string][]byte{}}
			if c.path != "gone" {
				before.Contents[c.path] = []byte(c.was)
			}
			analysis.Run(t.Context(), analysis.Unit{
				Path: "Dockerfile", Src: []byte(src), Rules: []analysis.Active{{Rule: rule, Severity: analysis.Notice}},
				Tree: &buildcontext.Tree{Paths: []string{"Dockerfile"}}, Before: before, BeforePath: c.path,
			})
			if had != c.had || has || known != c.had {
				t.Errorf("had it %v, has it %v, known %v; want %v, false, %[4]v", had, has, known, c.had)
			}
		})
	}
}
