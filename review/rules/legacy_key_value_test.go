package rules_test

import (
	"os"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/rules"
)

// TestLegacyKeyValueKeepsValues: with an equals sign every variable has the value that it had
// without, in these forms and in all real files.
func TestLegacyKeyValueKeepsValues(t *testing.T) {
	files := map[string][]byte{}
	for _, v := range []string{
		`a`, `a b`, `a  b`, `"a b"`, `"a" b`, `'a b' c`, `a\ b`, `a\ b c`, `a\\ b`, `a\"b c`, `"a\" b" c`, `$X y`,
		`"$X" y`, `'$X' y`, `${X:-a b}`, `a=b c`, `=a`, `a \` + "\n" + ` b`,
		`\` + "\n" + `a \` + "\n" + `# note` + "\n" + `b`, "a\tb", `"a \` + "\n" + `b" c`, "a #b", `a'b'c d`,
	} {
		files[v] = []byte("FROM debian:12\nARG X=x\nENV K " + v + "\n")
	}
	if os.Getenv("DFBOT_CORPUS") != "" {
		for name, src := range corpus(t) {
			files[name] = src
		}
	}
	rule := []analysis.Active{{Rule: rules.ByName("legacy-key-value"), Severity: analysis.Notice}}
	for name, src := range files {
		before, err := dockerfile.Parse("Dockerfile", src)
		if err != nil {
			continue
		}
		u := analysis.Unit{Path: "Dockerfile", Src: src, Rules: rule}
		res := judged(u)
		after, _ := res.FixAll(analysis.Safe, nil)
		fixed, err := dockerfile.Parse("Dockerfile", after)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, in := range before.Instructions() {
			for j, p := range in.Pairs {
				q := fixed.Instructions()[i].Pairs[j]
				if was, is := in.Expand(p.Value), fixed.Instructions()[i].Expand(q.Value); was.Text != is.Text ||
					was.Known != is.Known || was.Default != is.Default || p.Key != q.Key ||
					len(in.Pairs) != len(fixed.Instructions()[i].Pairs) {
					t.Errorf("%s: %s is %q, was %q", name, p.Key, is.Text, was.Text)
				}
			}
		}
	}
}
