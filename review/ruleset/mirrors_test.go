package ruleset_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/app/git"
	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/builds"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ruleset"
)

// TestMirrors reports for how many Dockerfiles of real repositories a build states the context, what states it, and how
// often the context that dfbot would take without is another one. DFBOT_MIRRORS names the folder of the repositories,
// each in OWNER+NAME/repo.
func TestMirrors(t *testing.T) {
	mirrors := os.Getenv("DFBOT_MIRRORS")
	if mirrors == "" {
		t.Skip("DFBOT_MIRRORS is not set")
	}
	names, err := filepath.Glob(filepath.Join(mirrors, "*", "repo"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no repository: %v", err)
	}
	all := map[string]int{}
	for _, name := range names {
		before := maps.Clone(all)
		newMirror(t, name).count(t, all)
		t.Logf("%s: %d Dockerfiles, %d stated, guessed right %d, wrong %d", filepath.Base(filepath.Dir(name)),
			all["Dockerfiles"]-before["Dockerfiles"], all["stated"]-before["stated"],
			all["guess: right"]-before["guess: right"], all["guess: wrong"]-before["guess: wrong"])
	}
	for _, what := range slices.Sorted(maps.Keys(all)) {
		t.Logf("| %s | %d |", what, all[what])
	}
	t.Logf("in %d repositories", len(names))
}

// mirror is the newest commit of a repository.
type mirror struct {
	git   git.Repo
	blobs map[string]string // by path
	sizes map[string]int
	paths []string
	read  map[string][]byte
}

func newMirror(t *testing.T, name string) *mirror {
	repo := git.Made(name)
	m := &mirror{git: repo, blobs: map[string]string{}, sizes: map[string]int{}, read: map[string][]byte{}}
	out, err := repo.Output(t.Context(), nil, "ls-tree", "-r", "-l", "-z", "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	for entry := range bytes.SplitSeq(out, []byte{0}) {
		about, path, _ := strings.Cut(string(entry), "\t")
		fields := strings.Fields(about)
		if len(fields) != 4 || fields[1] != "blob" || fields[0] == "120000" {
			continue
		}
		m.paths = append(m.paths, path)
		m.blobs[path] = fields[2]
		m.sizes[path], _ = strconv.Atoi(fields[3])
	}
	slices.Sort(m.paths)
	return m
}

// contents reads a file; nil where it is not in the snapshot.
func (m *mirror) contents(t *testing.T, path string) []byte {
	if _, ok := m.read[path]; !ok {
		m.read[path], _ = m.git.Output(t.Context(), nil, "cat-file", "blob", m.blobs[path])
	}
	return m.read[path]
}

// count adds what is found in the repository.
func (m *mirror) count(t *testing.T, all map[string]int) {
	var dockerfiles []string
	for _, p := range m.paths {
		if (config.Repo{}).IsDockerfile(p) {
			dockerfiles = append(dockerfiles, p)
		}
	}
	tree := ruleset.Tree{Paths: m.paths, Blob: func(p string) (string, int) { return m.blobs[p], m.sizes[p] }}
	files, _ := tree.Files(dockerfiles)
	read := map[string][]byte{}
	for _, f := range files {
		read[f.Path] = m.contents(t, f.Path)
	}
	with := &buildcontext.Tree{Paths: m.paths, Contents: read}
	without := &buildcontext.Tree{Paths: m.paths, Contents: read}
	found := ruleset.State(nil, with, config.Repo{}, "")
	for _, p := range dockerfiles {
		f, err := dockerfile.Parse(p, m.contents(t, p))
		if err != nil {
			all["not Dockerfiles"]++
			continue
		}
		all["Dockerfiles"]++
		m.compare(t, p, found, buildcontext.New(with, f), buildcontext.New(without, f), all)
	}
}

// compare counts one Dockerfile.
func (m *mirror) compare(t *testing.T, p string, found []builds.Build, stated, guess *buildcontext.Context,
	all map[string]int) {
	if !stated.Stated() {
		all["not stated"]++
		switch {
		case guess.Settled():
			all["not stated: one folder fits"]++
		case guess.Known():
			all["not stated: several fit"]++
		default:
			all["not stated: none fits"]++
		}
		return
	}
	all["stated"]++
	kinds := map[builds.Kind]builds.Build{}
	for _, b := range found {
		if _, there := kinds[b.Origin.Kind]; b.Dockerfile == p && !b.Elsewhere && !there {
			kinds[b.Origin.Kind] = b
		}
	}
	for kind := range kinds {
		all[fmt.Sprint("stated by ", kind)]++
	}
	if !stated.Settled() {
		all["stated: several contexts"]++
	}
	verdict := "guess: right"
	switch {
	case !guess.Known():
		verdict = "guess: none"
	case guess.Dir != stated.Dir:
		verdict = "guess: wrong"
	}
	all[verdict]++
	if verdict != "guess: right" {
		by := slices.Collect(maps.Values(kinds))[0].Origin
		t.Logf("%s: %q by %s:%d, guess %q (known %v)", p, stated.Dir, by.Path, by.Line, guess.Dir, guess.Known())
	}
}
