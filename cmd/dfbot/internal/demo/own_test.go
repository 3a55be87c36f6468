package demo

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/git/gittest"
)

// ownRepo makes a git repository by a shell script.
func ownRepo(t *testing.T, script string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "my shop")
	must(t, os.Mkdir(dir, 0o755))
	must(t, gittest.Script(dir, "git init -q -b main .\n"+script))
	return dir
}

const branches = `
printf 'FROM debian:12\n' > Dockerfile; git add .; git commit -qm one
git checkout -qb images
printf 'FROM debian:12\nRUN apt-get update && apt-get install -y curl\nCMD cron -f\n' > Dockerfile; chmod +x Dockerfile
git commit -qam 'Install curl'
echo x > notes; git add .; git commit -qm 'Take notes'
`

// fingerprint is a hash over every name, mode, time and byte below a folder.
func fingerprint(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintln(h, path, info.Mode(), info.ModTime().UnixNano(), info.Size())
		if !info.Mode().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		h.Write(data)
		return err
	}))
	return fmt.Sprintf("%x", h.Sum(nil))
}

// TestOwn reviews someone's own repository and applies what is suggested; nothing in its folder changes, not even a
// time.
func TestOwn(t *testing.T) {
	dir := ownRepo(t, branches)
	before := fingerprint(t, dir)
	w := opened(t, Options{Own: &Own{Path: filepath.Join(dir, ".git", "..")}})
	var out bytes.Buffer
	must(t, NewPrinter(w, &out, false).Print())
	got := strings.ReplaceAll(out.String(), filepath.Dir(dir), "/home/eve")
	golden(t, "own.txt", got)
	trouble, err := w.Trouble()
	must(t, err)
	if len(trouble) > 0 {
		t.Error(trouble)
	}
	must(t, w.ApplyAll())
	show(t, w)
	summary, err := w.Summary()
	must(t, err)
	if len(summary) != 1 || summary[0] != "check run dfbot: success, No findings" {
		t.Errorf("with everything applied the check run says %q", summary)
	}
	state, err := w.pull.State()
	must(t, err)
	if mode := modeOf(state, "Dockerfile"); mode != "100755" {
		t.Errorf("the mode of Dockerfile has become %s", mode)
	}
	w.Close()
	if after := fingerprint(t, dir); after != before {
		t.Error("the repository has changed")
	}
}

// TestApplyPatches applies two patches for one executable file, both outside of the diff.
func TestApplyPatches(t *testing.T) {
	const script = `
list() { printf 'RUN apt-get update && apt-get install -y'; printf ' \\\n  %s' a b c d e f g ${1-}; printf '\n\n\n\n\n\n'; }
show() { echo 'FROM debian:12'; list ${1-}; list ${1-}; }
show > Dockerfile; chmod +x Dockerfile; git add .; git commit -qm one
git checkout -qb more; show h > Dockerfile; git commit -qam two
`
	repo := ownRepo(t, script)
	w := opened(t, Options{Own: &Own{Path: repo}})
	state, err := w.pull.State()
	must(t, err)
	if n := len(patchesIn(w.latestRun(state.Head).Summary)); n != 2 {
		t.Fatalf("%d patches, want 2", n)
	}
	must(t, w.ApplyPatches())
	show(t, w)
	summary, err := w.Summary()
	must(t, err)
	if len(summary) != 1 || summary[0] != "check run dfbot: success, No findings" {
		t.Errorf("with the patches applied the check run says %q", summary)
	}
	state, err = w.pull.State()
	must(t, err)
	if mode := modeOf(state, "Dockerfile"); mode != "100755" {
		t.Errorf("the mode of Dockerfile has become %s", mode)
	}
	if err := w.ApplyPatches(); err == nil {
		t.Error("patches are applied where there are none")
	}
}

// TestOwnToday judges one's own repository for the day that it is given, and for none without it.
func TestOwnToday(t *testing.T) {
	script := `echo x > README; git add .; git commit -qm one; git checkout -qb images
printf 'FROM debian:9\nUSER 1000\n' > Dockerfile; git add .; git commit -qm two`
	for _, today := range []func() time.Time{nil, func() time.Time {
		return time.Date(2026, time.November, 23, 0, 0, 0,
			0, time.UTC)
	}} {
		w := opened(t, Options{Own: &Own{Path: ownRepo(t, script)}, Today: today})
		summary, err := w.Summary()
		must(t, err)
		if said := strings.Contains(strings.Join(summary, "\n"), "end-of-life-image"); said != (today != nil) {
			t.Errorf("a day is given: %t; an image that is out of date is found: %t", today != nil, said)
		}
	}
}

// TestOwnWithoutDockerfile is a pull request that dfbot has nothing to do with: it says so on the check run.
func TestOwnWithoutDockerfile(t *testing.T) {
	w := opened(t, Options{Own: &Own{Path: ownRepo(t, branches), Base: "images~1", Head: "images"}})
	summary, err := w.Summary()
	must(t, err)
	if len(summary) != 1 || summary[0] != "check run dfbot: skipped, No image build affected" {
		t.Errorf("the check run says %q", summary)
	}
	trouble, err := w.Trouble()
	must(t, err)
	if len(trouble) > 0 {
		t.Error(trouble)
	}
}

// TestOwnDefaults says which states are compared when none, or only one, is named.
func TestOwnDefaults(t *testing.T) {
	tests := []struct{ name, script, base, head, wantBase, wantHead string }{
		{"checked out against main", branches, "", "", "main", "images"},
		{"what origin says", branches +
			`git update-ref refs/remotes/origin/trunk main; git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/trunk; git branch trunk main`, "", "", "trunk", "images"},
		{"only origin has it", branches +
			`git update-ref refs/remotes/origin/trunk main; git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/trunk`, "", "", "trunk", "images"},
		{"ahead of origin's own", branches +
			`git checkout -q main; git update-ref refs/remotes/origin/main main; git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/main; git merge -q images`, "", "", "main-base", "main"},
		{"detached", branches + `git checkout -q --detach`, "", "", "main", "commit-"},
		{"a remote branch", branches + `git update-ref refs/remotes/origin/far images`, "main", "far", "main", "far"},
		{"commits", branches, "main", "images~1", "main", "commit-"},
		{"a tag", branches + `git tag v1 images~1`, "v1", "images", "v1", "images"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := (&Own{Path: ownRepo(t, tt.script), Base: tt.base, Head: tt.head}).compare(t.Context())
			must(t, err)
			if c.Base != tt.wantBase || !strings.HasPrefix(c.Head, tt.wantHead) {
				t.Errorf("%s into %s, want %s into %s", c.Head, c.Base, tt.wantHead, tt.wantBase)
			}
		})
	}
}

// TestOwnTrouble says what is wrong in words that help.
func TestOwnTrouble(t *testing.T) {
	repo, empty := ownRepo(t, branches), ownRepo(t, "")
	unrelated := ownRepo(t, branches+"git checkout -q --orphan other; git commit -qm other")
	file := filepath.Join(repo, "Dockerfile")
	tests := []struct {
		name string
		own  Own
		want string
	}{
		{"not there", Own{Path: filepath.Join(repo, "nothing")}, "no such file"},
		{"a file", Own{Path: file}, "is not a folder"},
		{"no repository", Own{Path: t.TempDir()}, "is not a git repository"},
		{"SHA-256", Own{Path: ownRepo(t, "rm -rf .git; git init -q -b main --object-format=sha256 .")},
			"its object format is sha256"},
		{"no commit", Own{Path: empty}, "has no commits yet"},
		{"unknown head", Own{Path: repo, Head: "nope"}, `there is no branch, tag or commit "nope"`},
		{"unknown base", Own{Path: repo, Base: "nope"}, "the newest branches are"},
		{"an option", Own{Path: repo, Head: "--output=/tmp/x"}, "there is no branch"},
		{"the same", Own{Path: repo, Base: "images", Head: "images"}, "are the same commit"},
		{"behind", Own{Path: repo, Base: "images", Head: "main"}, "main has no commits that are not in images"},
		{"unrelated", Own{Path: unrelated, Head: "other"}, "have no common commit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(t.Context(), Options{Own: &tt.own})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
		})
	}
}
