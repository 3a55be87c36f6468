//go:build linux

package daemon

import (
	"archive/tar"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestLayers: a layer adds, replaces, removes, and empties folders.
func TestLayers(t *testing.T) {
	all := Files{}
	for _, names := range [][]string{
		{"a/", "a/b", "a/c", "d/", "d/e", "f", "g/", "g/h"},
		{"a/.wh.b", "d/.wh..wh..opq", "d/x", ".wh.f", "g"},
	} {
		l, err := readLayer(tar.NewReader(bytes.NewReader(archive(t, names))))
		if err != nil {
			t.Fatal(err)
		}
		all.apply(l)
	}
	var got []string
	for name := range all {
		got = append(got, name)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"a", "a/c", "d", "d/x", "g"}, got); diff != "" {
		t.Error(diff)
	}
	if all["a/c"].Hash == all["d/x"].Hash || all["g"].Type != tar.TypeReg {
		t.Errorf("entries are %+v", all)
	}
}

// archive is a tar with entries of these names; a folder's ends in a slash, and a file holds its own name.
func archive(t *testing.T, names []string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range names {
		h := &tar.Header{Name: name, Typeflag: tar.TypeDir, Mode: 0o755}
		if !strings.HasSuffix(name, "/") {
			h.Typeflag, h.Size = tar.TypeReg, int64(len(name))
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestDaemon: a build lists its files and tells which steps ran, its container runs, and nothing is left behind.
func TestDaemon(t *testing.T) {
	program, err := filepath.Abs("../../../../.cache/bin/buildkitd")
	if err != nil {
		t.Fatal(err)
	}
	if missing := Missing(program); missing != "" || os.Getenv("DFBOT_BUILDKIT") == "" {
		t.Skipf("run make buildkit-test as root; %s", missing)
	}
	dir := t.TempDir()
	d, err := Start(t.Context(), program, dir)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	write(t, folder, "Dockerfile", "FROM scratch\nCOPY busybox /busybox\nRUN [\"/busybox\", \"touch\", \"/made\"]\n"+
		"COPY f /f\nCMD [\"/busybox\", \"cat\", \"/f\"]\n")
	busybox, err := os.ReadFile("/bin/busybox")
	if err != nil {
		t.Skip(err)
	}
	write(t, folder, "busybox", string(busybox))
	write(t, folder, "f", "one")
	b := Build{Context: folder, File: "Dockerfile", List: true}
	first := build(t, d, b)
	if _, ok := first.Files["made"]; !ok || cached(first, "RUN") {
		t.Errorf("first build: files %v, steps %+v", first.Files, first.Steps)
	}
	write(t, folder, "f", "two")
	var ran Run
	b.Look = func(ctx context.Context, m *Machine) (err error) {
		ran, err = m.Start(ctx)
		return err
	}
	if second := build(t, d, b); !cached(second, "RUN") || cached(second, "COPY f") {
		t.Errorf("second build: steps %+v", second.Steps)
	}
	if ran != (Run{Output: "two"}) {
		t.Errorf("the container came to %+v", ran)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if mounts, err := os.ReadFile("/proc/self/mounts"); err != nil || strings.Contains(string(mounts), dir) {
		t.Errorf("mounts are left: %v\n%s", err, mounts)
	}
}

func build(t *testing.T, d *Daemon, b Build) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	res, err := d.Build(ctx, b)
	if err != nil {
		t.Fatalf("%v: %+v", err, res.Steps)
	}
	return res
}

// cached reports whether the step with these words came from the cache.
func cached(r Result, words string) bool {
	return slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Cached && strings.Contains(s.Name, words) })
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
