package buildcontext_test

import (
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// left is what BuildKit leaves of the paths, by its own matcher and in its own order: each folder is asked before what
// is in it. The error is that of a pattern which BuildKit refuses.
func left(ignore string, paths []string) ([]string, error) {
	lines, err := ignorefile.ReadAll(strings.NewReader(ignore))
	if err != nil {
		return nil, err
	}
	m, err := patternmatcher.New(lines)
	if err != nil {
		return nil, err
	}
	infos := map[string]patternmatcher.MatchInfo{}
	var ask func(p string) (bool, patternmatcher.MatchInfo, error)
	ask = func(p string) (bool, patternmatcher.MatchInfo, error) {
		var above patternmatcher.MatchInfo
		if dir := path.Dir(p); dir != "." {
			known, ok := infos[dir]
			if !ok {
				var err error
				if _, known, err = ask(dir); err != nil {
					return false, known, err
				}
				infos[dir] = known
			}
			above = known
		}
		return m.MatchesUsingParentResults(p, above)
	}
	var out []string
	for _, p := range paths {
		hidden, _, err := ask(p)
		if err != nil {
			return nil, err
		}
		if !hidden {
			out = append(out, p)
		}
	}
	return out, nil
}

// compareIgnore checks that an ignore file hides what it hides from BuildKit.
func compareIgnore(t *testing.T, ignore string, paths []string) {
	t.Helper()
	all := slices.Compact(slices.Sorted(slices.Values(append(paths, "Dockerfile"))))
	tree := &buildcontext.Tree{Paths: all, Contents: map[string][]byte{".dockerignore": []byte(ignore)}}
	ctx := contextOf(t, "Dockerfile", "FROM a\nCOPY . /\n", tree)
	want, err := left(ignore, all)
	switch got := ctx.Match("."); {
	case !ctx.Known() && (err != nil || ctx.Limit() == buildcontext.IgnoreLimit):
	case !ctx.Known():
		t.Fatalf("%q: unknown, though BuildKit takes it", ignore)
	case err != nil:
		// A pattern that BuildKit would refuse was never asked.
	case !slices.Equal(got, want):
		t.Fatalf("%q leaves %q, want %q", ignore, got, want)
	}
	for _, p := range all {
		if ctx.Known() && !strings.Contains(p, `\`) && ctx.Has(p) == ctx.Ignored(p) {
			t.Fatalf("%q: %q is in the context and ignored, or neither", ignore, p)
		}
	}
}

// TestIgnoreLikeBuildKit tries patterns and paths made of few pieces, so that they often match.
func TestIgnoreLikeBuildKit(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 7))
	pick := func(pieces []string, most int) string {
		var b strings.Builder
		for range 1 + random.IntN(most) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		return b.String()
	}
	names := []string{"a", "b", "ab", "é", "日", ".", "x.go", "/", "/", "/", "-", "\xff", "\n", "\uFFFD", "(", "{", "^",
		"[", "]", `\`, "a/b"}
	parts := []string{"a", "b", "ab", "*", "?", "**", "/", "/", "/**/", "**/", "é", ".", "x.go", "*.go", "[ab]",
		"[a-cx]", "[0-9_]", "[^a]", `\a`, `\*`, "^", "{", "}", "|", "(", "$", "+", "\uFEFF", "\uFFFD", "-"}
	plain := parts[:17] // what is not matched by a regular expression
	for i := range 40_000 {
		var paths []string
		for range 8 {
			paths = append(paths, strings.Trim(path.Clean(pick(names, 6)), "/."))
		}
		paths = slices.DeleteFunc(paths,
			func(p string) bool { return p == "" || strings.HasPrefix(p, "../") || strings.Contains(p, "//") })
		from := plain
		if i%3 == 0 {
			from = parts
		}
		ignore := ""
		for range 1 + random.IntN(4) {
			ignore += []string{"", "", "!"}[random.IntN(3)] + pick(from, 5) + "\n"
		}
		compareIgnore(t, ignore, paths)
	}
}

func FuzzIgnoreLikeBuildKit(f *testing.F) {
	f.Add("**/a*\n!b/**\n", "a/b\nb/ab")
	f.Add("a**b\n!/x\n[a-c]?\n", "a/x/b\nx\nbb")
	f.Add("**.go\na/**\n***\n!**\n", "x.go\na/b/c")
	f.Fuzz(func(t *testing.T, ignore, paths string) {
		if strings.ContainsRune(ignore, 0) || !utf8.ValidString(ignore) || len(ignore)+len(paths) > 1000 {
			return
		}
		var all []string
		for _, p := range strings.Split(paths, "\n") {
			if p = strings.TrimPrefix(path.Clean("/"+p), "/"); p != "" {
				all = append(all, p)
			}
		}
		compareIgnore(t, ignore, all)
	})
}
