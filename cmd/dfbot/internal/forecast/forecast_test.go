//go:build linux

// Package forecast holds what review/layers predicts against BuildKit's own daemon. It has tests only, and must never
// build anything but the project's own test data and what the tests make up.
package forecast

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/dfbot/dfbot/cmd/dfbot/internal/daemon"
	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/layers"
	"github.com/dfbot/dfbot/review/layers/scenario"
)

const (
	root      = "../../../.." // of the module
	program   = root + "/.cache/bin/buildkitd"
	buildTime = time.Minute
)

func TestMain(m *testing.M) {
	buildkit.Child()
	os.Exit(m.Run())
}

// rig is a daemon with two base images that differ, and BuildKit as a library.
type rig struct {
	*daemon.Daemon
	images map[string]digest.Digest
	checks *buildkit.Checks
	counts
}

// counts are of the steps that were compared.
type counts struct{ definite, wrong, maybeRan, maybeCached int }

func start(t *testing.T) *rig {
	path, err := filepath.Abs(program)
	if err != nil {
		t.Fatal(err)
	}
	if missing := daemon.Missing(path); missing != "" || os.Getenv("DFBOT_BUILDKIT") == "" {
		t.Skipf("run make buildkit-test as root; %s", missing)
	}
	busybox, err := os.ReadFile("/bin/busybox")
	if err != nil {
		t.Skip(err)
	}
	d, err := daemon.Start(t.Context(), path, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Daemon: d, images: map[string]digest.Digest{}, checks: buildkit.New(buildkit.Options{})}
	t.Cleanup(func() {
		r.checks.Close()
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	for name, refs := range map[string][]string{
		"one":   {"docker.io/library/debian:13", "docker.io/library/node:*", "docker.io/library/nginx:*"},
		"other": {"docker.io/library/debian:12"},
	} {
		made := r.base(t, name, busybox)
		for _, ref := range refs {
			r.images[ref] = made
		}
	}
	return r
}

// base makes a base image of BusyBox and of a program that stands for package managers.
func (r *rig) base(t *testing.T, name string, busybox []byte) digest.Digest {
	dir := t.TempDir()
	side := scenario.Side{Files: map[string]scenario.File{
		"Dockerfile": {Data: "FROM scratch\nCOPY busybox /bin/busybox\n" +
			"RUN [\"/bin/busybox\", \"--install\", \"-s\", \"/bin\"]\nCOPY npm /bin/\nCOPY passwd group name /etc/\n"},
		"busybox": {Data: string(busybox), Executable: true},
		"npm":     {Data: "#!/bin/sh\nmkdir -p dist\necho \"$@\" >dist/made\n", Executable: true},
		"passwd":  {Data: "root:x:0:0::/:/bin/sh\nnode:x:1000:1000::/:/bin/sh\n"},
		"group":   {Data: "root:x:0:\nnode:x:1000:\n"},
		"name":    {Data: name},
	}}
	if err := side.Write(dir); err != nil {
		t.Fatal(err)
	}
	res, err := r.build(t.Context(), daemon.Build{Context: dir, File: "Dockerfile", Keep: true})
	if err != nil {
		t.Fatal(err)
	}
	return res.Image
}

func (r *rig) build(ctx context.Context, b daemon.Build) (daemon.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, buildTime)
	defer cancel()
	return r.Build(ctx, b)
}

// side builds one side of a scenario in the folder; what fails is in the result.
func (r *rig) side(t *testing.T, dir string, s *scenario.Side) (daemon.Result, error) {
	t.Helper()
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	b := daemon.Build{Context: dir, File: "Dockerfile", Target: s.Plan.Target, Args: s.Plan.Args, Images: r.images,
		Folders: map[string]string{}}
	for name, folder := range s.Named {
		b.Folders[name] = filepath.Join(dir, folder)
	}
	return r.build(t.Context(), b)
}

// TestScenarios builds each scenario of review/layers before and after its change, and compares what came from the
// cache with what was predicted.
func TestScenarios(t *testing.T) {
	r := start(t)
	files, err := filepath.Glob(root + "/review/layers/testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			s, err := scenario.Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			if !r.compare(t, &s) {
				t.Error("it cannot be built")
			}
		})
	}
	t.Logf("%d scenarios: %+v", len(files), r.counts)
	if len(files) < 60 || r.definite < 150 {
		t.Errorf("%d scenarios with %d definite steps say too little", len(files), r.definite)
	}
}

// compare builds both sides, with an empty cache at first, and reports whether they can be built.
func (r *rig) compare(t *testing.T, s *scenario.Scenario) bool {
	t.Helper()
	before, after, err := s.Builds(t.Context(), r.checks)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "context")
	if res, err := r.side(t, dir, &s.Before); err != nil {
		failed, _ := res.Failed()
		t.Logf("before: %v: %s", err, failed.Log)
		return false
	}
	res, err := r.side(t, dir, &s.After)
	if err != nil {
		failed, _ := res.Failed()
		t.Logf("after: %v: %s", err, failed.Log)
		return false
	}
	ran := map[string][]daemon.Step{}
	for _, step := range res.Steps {
		ran[step.Name] = append(ran[step.Name], step)
	}
	for _, f := range layers.Predict(nil, before, after) {
		if len(ran[f.Step.Name]) != 1 {
			if len(ran[f.Step.Name]) == 0 {
				t.Errorf("the daemon has no step %q: %v", f.Step.Name, ran)
			}
			continue // two steps have this name
		}
		switch step := ran[f.Step.Name][0]; {
		case step.Inputs == 0:
		case f.Answer == layers.Maybe && step.Cached:
			r.maybeCached++
		case f.Answer == layers.Maybe:
			r.maybeRan++
		default:
			r.definite++
			if step.Cached != (f.Answer == layers.Cached) {
				r.wrong++
				t.Errorf("%s: predicted %s, but cached is %v", f.Step.Name, f.Answer, step.Cached)
			}
		}
	}
	return true
}
