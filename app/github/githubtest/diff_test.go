package githubtest

import (
	"fmt"
	"testing"
)

func TestMoveLines(t *testing.T) {
	w := newWorld(t, Options{})
	const old = "1\n2\n3\n4\n5\n6\n"
	for _, c := range []struct {
		now         string
		first, last int
		want        string
	}{
		{old, 3, 4, "3 true"},
		{"0\n" + old, 3, 4, "4 true"},
		{"2\n3\n4\n5\n6\n", 3, 4, "2 true"},
		{"1\n2\nnew\n3\n4\n5\n6\n", 3, 4, "4 true"},
		{"1\n2\n3\nnew\n4\n5\n6\n", 3, 4, "0 false"},
		{"1\n2\n3\n4\nnew\n5\n6\n", 3, 4, "3 true"},
		{"1\n2\n3\nfour\n5\n6\n", 3, 4, "0 false"},
		{"1\n3\n4\n5\n6\n", 3, 4, "2 true"},
		{"1\n2\n4\n5\n6\n", 3, 4, "0 false"},
		{"1\n2\n3\n4\n6\n", 3, 4, "3 true"},
		{"zero\none\n2\n3\n4\n5\nsix", 3, 4, "4 true"},
		{"", 3, 4, "0 false"},
	} {
		_, err := w.repo.Commit("lines", Commit{Files: map[string]string{"old": old, "now": c.now}})
		w.must(err)
		a, err := w.repo.store.objects.read(w.repo.tip("lines") + ":old")
		w.must(err)
		b, err := w.repo.store.objects.read(w.repo.tip("lines") + ":now")
		w.must(err)
		line, ok, err := w.repo.store.moveLines(a.sha, b.sha, c.first, c.last)
		w.must(err)
		if got := fmt.Sprint(line, ok); got != c.want {
			t.Errorf("lines %d-%d in %q: %s, want %s", c.first, c.last, c.now, got, c.want)
		}
	}
}

func TestPatchPositions(t *testing.T) {
	hunks := parsePatch("@@ -1,3 +1,4 @@ head\n a\n-b\n+B\n+BB\n c\n@@ -10 +11 @@\n-x\n\\ No newline at end of " +
		"file\n+y\n\\ No newline at end of file")
	for _, c := range []struct {
		side     string
		line     int
		position int
	}{{"RIGHT", 1, 1}, {"LEFT", 2, 2}, {"RIGHT", 2, 3}, {"RIGHT", 4, 5}, {"LEFT", 3, 5}, {"LEFT", 10, 7},
		{"RIGHT", 11, 9}, {"RIGHT", 5, 0}, {"LEFT", 11, 0}} {
		position := 0
		if i, row := locate(hunks, c.side, c.line); i >= 0 {
			position = hunks[i].lines[row].position
		}
		if position != c.position {
			t.Errorf("%s %d: position %d, want %d", c.side, c.line, position, c.position)
		}
	}
}

func TestOddPaths(t *testing.T) {
	w := newWorld(t, Options{})
	for _, path := range []string{`a "b"`, "tab\there", "new\nline", "é/ü", `back\slash`, "#?%25 x"} {
		sha, err := w.repo.Commit("odd", Commit{Files: map[string]string{path: "x"}})
		w.must(err)
		if _, err := w.repo.store.entry(sha, path); err != nil {
			t.Errorf("%q: %v", path, err)
		}
	}
	p, err := w.repo.OpenPull(PullOptions{Head: "odd"})
	w.must(err)
	files, _, err := w.gh.PullRequests.ListFiles(w.ctx, "octo", "shop", p.Number, nil)
	w.must(err)
	if len(files) != 6 {
		t.Errorf("%d files", len(files))
	}
	for _, f := range files {
		if f.GetPatch() != "@@ -0,0 +1 @@\n+x\n\\ No newline at end of file" {
			t.Errorf("%q: patch %q", f.GetFilename(), f.GetPatch())
		}
	}
}
