package snapshot

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dfbot/dfbot/app/git"
	"github.com/dfbot/dfbot/app/git/gittest"
	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/forecast"
)

func TestMain(m *testing.M) {
	buildkit.Child()
	os.Exit(m.Run())
}

// repository makes one by a script, and opens it.
func repository(t *testing.T, script string) git.Repo {
	t.Helper()
	dir := t.TempDir()
	if err := gittest.Script(dir, "git init -q -b main\n"+script); err != nil {
		t.Fatal(err)
	}
	repo, err := git.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

// TestMerges: the newest come first, a branch counts where it was merged, and the first commit does not count.
func TestMerges(t *testing.T) {
	repo := repository(t, `
export GIT_AUTHOR_DATE=2026-01-01T00:00:00Z GIT_COMMITTER_DATE=2026-01-01T00:00:00Z
mkdir d && echo 1 > d/a && echo 1 > b && git add . && git commit -q -m first
export GIT_COMMITTER_DATE=2026-01-02T00:00:00Z
git checkout -q -b side && echo 1 > d/new && git rm -q b && git add . && git commit -q -m branch
git checkout -q main && git merge -q --no-ff -m merged side
export GIT_COMMITTER_DATE=2026-01-03T00:00:00Z
git commit -q --allow-empty -m nothing`)
	for _, c := range []struct {
		r    Range
		want string
	}{
		{Range{Last: 9}, "0 of 2 nothing [] [] []\n1 of 2 merged [b d/new] [b d/] [d/ d/new]\n"},
		{Range{Last: 1}, "0 of 1 nothing [] [] []\n"},
		{Range{Last: 9, Since: time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)}, "0 of 1 nothing [] [] []\n"},
		{Range{Last: 9, Since: time.Date(2026, 2, 2, 0, 0, 0, 0, time.UTC)}, ""},
	} {
		var got strings.Builder
		err := Merges(t.Context(), repo, c.r, func(i, of int, m *Merge) error {
			fmt.Fprintf(&got, "%d of %d %s %v %v %v\n", i, of, m.Subject, m.Changed, m.Before.Paths, m.After.Paths)
			if m.Before.ID("d/a") == "" || m.Before.ID("d/a") != m.After.ID("d/a") {
				t.Error("a file that is the same has no ID, or another one")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got.String()); diff != "" {
			t.Errorf("%+v: %s", c.r, diff)
		}
	}
}

// sources are instructions that take files in many ways.
var sources = []string{"COPY . .", "COPY a .", "COPY a/b /x/", "COPY */p .", "COPY a/* .", "COPY --parents */q .",
	"COPY --exclude=*/p a /y", "ADD p q ./", "RUN --mount=type=bind,source=b,target=/b true", "COPY */a/ /z/",
	"COPY link/q .", "COPY b*/q /only"}

// ignores are ignore files.
var ignores = []string{"", ".git\n", ".git\na\n!a/b\n", ".git\n**/p\n", "*\n!b\n", ".git\nb/\n!b/a/q\n"}

// TestMergesForecast: over random histories, a prediction from the files that a Merge lists is the one from all files.
func TestMergesForecast(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	checks := buildkit.New(buildkit.Options{})
	defer checks.Close()
	steps := 0
	for range 3 {
		repo := repository(t, randomHistory(r))
		ctx := context.Background()
		o := &forecast.Forecaster{Checks: checks}
		err := Merges(ctx, repo, Range{Last: 100}, func(_, _ int, m *Merge) error {
			before, err := Open(ctx, repo, m.Hash+"^")
			if err != nil {
				return err
			}
			defer before.Close()
			after, err := Open(ctx, repo, m.Hash)
			if err != nil {
				return err
			}
			defer after.Close()
			b := forecast.Build{Dockerfile: "Dockerfile"}
			want, err := o.Compare(ctx, &before.Tree, &after.Tree, b, b)
			if err != nil {
				return err
			}
			got, err := o.Compare(ctx, m.Before, m.After, b, b)
			if err != nil {
				return err
			}
			for i, s := range want.Steps {
				steps++
				if got.Steps[i].Answer != s.Answer {
					t.Errorf("%s: %s is %s by the files that changed, and %s by all; changed: %v", m.Hash, s.Step.Name,
						got.Steps[i].Answer, s.Answer, m.Changed)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d steps", steps)
}

// randomHistory is a script of commits that write, move and delete files of a few names.
func randomHistory(r *rand.Rand) string {
	var b strings.Builder
	dockerfile := "# syntax=docker/dockerfile:1-labs\nFROM scratch\nWORKDIR /w\n"
	for i, at := range r.Perm(len(sources))[:7] {
		dockerfile += fmt.Sprintf("FROM scratch AS s%d\n%s\n", i, sources[at])
	}
	dockerfile += "FROM scratch\n"
	for i := range 7 {
		dockerfile += fmt.Sprintf("COPY --from=s%d / /%d\n", i, i)
	}
	fmt.Fprintf(&b, "cat > Dockerfile <<'E'\n%sE\nln -s b link\n", dockerfile)
	fmt.Fprintf(&b, "printf %%s '%s' > .dockerignore\n", ignores[r.IntN(len(ignores))])
	name := func() string {
		p := []string{"a", "b", "bb"}[r.IntN(3)]
		for range r.IntN(3) {
			p = filepath.ToSlash(filepath.Join(p, []string{"a", "b"}[r.IntN(2)]))
		}
		return p + "/" + []string{"p", "q"}[r.IntN(2)]
	}
	for range 15 {
		for range 1 + r.IntN(3) {
			p, q := name(), name()
			switch r.IntN(4) {
			case 0:
				fmt.Fprintf(&b, "rm -rf %s\n", p)
			case 1:
				fmt.Fprintf(&b, "if [ -f %s ]; then mkdir -p $(dirname %s); mv -f %s %s || true; fi\n", p, q, p, q)
			default:
				fmt.Fprintf(&b, "mkdir -p $(dirname %s) && echo %d > %s\n", p, r.IntN(2), p)
			}
		}
		b.WriteString("git add -A . && git commit -q --allow-empty -m x\n")
	}
	return b.String()
}
