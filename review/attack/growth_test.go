package attack_test

import (
	"context"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/attack"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/rules"
	"github.com/dfbot/dfbot/review/ruleset"
	"github.com/dfbot/dfbot/review/work"
)

// units is what the rules charge for a shape of the size, in a tree of so many files. Proofs are left out: theirs is a
// budget of its own.
func units(t *testing.T, s attack.Shape, size, files int) int {
	t.Helper()
	tree := &buildcontext.Tree{Contents: map[string][]byte{}}
	if s.Tree {
		tree.Paths = attack.Tree(files)
	}
	u := ruleset.Unit(config.Repo{}, rules.All, "", nil)
	u.Tree, u.Budget = tree, work.New(context.Background(), 1<<40)
	for p, text := range s.Make(size) {
		tree.Paths = append(tree.Paths, p)
		if strings.HasSuffix(p, "Dockerfile") {
			u.Path, u.Src = p, []byte(text)
		} else {
			tree.Contents[p] = []byte(text)
		}
	}
	u.Wants = analysis.NoFixes
	if _, err := analysis.Run(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	return u.Budget.Used()
}

// TestGrowth: what the rules charge grows with the Dockerfile, and with the tree, and not with the product of the two
// or with the square of one. Units are counted, so the figures are the same on every machine.
func TestGrowth(t *testing.T) {
	for _, name := range strings.Fields(`
		add_wild copies_ignored copies_missing copies_wild copy_class copy_dots copy_many copy_npm dockerignore
		from_builds ignore_class install_files near_arg stages_unused_copy stage_chain trim_pattern unknown_flags
		volumes volumes_later volumes_of_one workdir_adds_up workdir_stages`) {
		t.Run(name, func(t *testing.T) {
			s := attack.Named(name)
			once, twice, fourfold := units(t, s, 8<<10, 2000), units(t, s, 16<<10, 2000), units(t, s, 32<<10, 2000)
			if once == 0 || twice > 5*once/2 || fourfold > 5*twice/2 {
				t.Errorf("8 KiB, 16 KiB and 32 KiB are charged with %d, %d and %d units", once, twice, fourfold)
			}
			if larger := units(t, s, 8<<10, 8000); larger > 5*once {
				t.Errorf("a tree of 2,000 files is charged with %d units, one of 8,000 with %d", once, larger)
			}
		})
	}
}
