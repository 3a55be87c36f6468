//go:build linux

package pairs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	digest "github.com/opencontainers/go-digest"

	"github.com/dfbot/dfbot/cmd/dfbot/internal/daemon"
)

// standsFor says which images of registries a base of ours stands for.
var standsFor = map[string][]string{
	"debian": {"docker.io/library/debian:*", "docker.io/library/ubuntu:*", "docker.io/library/buildpack-deps:*"},
	"alpine": {"docker.io/library/alpine:*", "docker.io/library/busybox:*"},
	"node":   {"docker.io/library/node:*"},
	"python": {"docker.io/library/python:*"},
	"golang": {"docker.io/library/golang:*"},
	"ruby":   {"docker.io/library/ruby:*"},
	"php":    {"docker.io/library/php:*", "docker.io/library/composer:*"},
	"rust":   {"docker.io/library/rust:*"},
	"java":   {"docker.io/library/maven:*", "docker.io/library/gradle:*", "docker.io/library/eclipse-temurin:*"},
	"fedora": {"docker.io/library/fedora:*", "docker.io/library/rockylinux:*", "docker.io/library/almalinux:*",
		"docker.io/library/centos:*", "registry.access.redhat.com/*", "registry.fedoraproject.org/*"},
	"opensuse": {"docker.io/opensuse/*", "registry.opensuse.org/*", "registry.suse.com/*"},
}

// ownPrefix is where the recipes of bases find each other.
const ownPrefix = "docker.io/dfbot/"

// madeBase is an image of ours that has been made.
type madeBase struct {
	Recipe string // its hash, with that of what it is made from
	Image  digest.Digest
}

// bases makes the images for which there is a recipe in testdata/bases, but for those that are there already. What
// cannot be made is left out, and the builds on it say so. The images are by references, with * in them.
func bases(t *testing.T, d *daemon.Daemon, folder string) map[string]digest.Digest {
	t.Helper()
	m := &maker{t: t, d: d, made: map[string]madeBase{}, book: filepath.Join(folder, "images.json"),
		folders: map[string]string{"machine": filepath.Join(folder, "machine"), "goroot": goroot(t)},
		now:     map[string]madeBase{}, failed: map[string]error{}}
	if data, err := os.ReadFile(m.book); err == nil {
		if err := json.Unmarshal(data, &m.made); err != nil {
			t.Fatal(err)
		}
	}
	all, made := map[string]digest.Digest{}, []digest.Digest{}
	for _, file := range glob(t, "testdata/bases/*.Dockerfile") {
		name := strings.TrimSuffix(filepath.Base(file), ".Dockerfile")
		b, err := m.make(name)
		if err != nil {
			t.Logf("no base %s: %v", name, err)
			continue
		}
		for _, ref := range standsFor[name] {
			all[ref] = b.Image
		}
		made = append(made, b.Image)
	}
	if err := d.Retain(t.Context(), made...); err != nil {
		t.Error(err)
	}
	return all
}

func goroot(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// maker makes bases.
type maker struct {
	t       *testing.T
	d       *daemon.Daemon
	book    string              // the file in which the bases are listed
	made    map[string]madeBase // by name, by this run or an earlier one
	now     map[string]madeBase // known to be up to date
	failed  map[string]error
	folders map[string]string
}

var madeFrom = regexp.MustCompile(`(?m)(?:^FROM |--from=)dfbot/(\w+)`)

func (m *maker) make(name string) (madeBase, error) {
	if b, ok := m.now[name]; ok || m.failed[name] != nil {
		return b, m.failed[name]
	}
	file := name + ".Dockerfile"
	recipe, err := os.ReadFile(filepath.Join("testdata/bases", file))
	if err != nil {
		return madeBase{}, err
	}
	sum := sha256.New()
	sum.Write(recipe)
	refs := map[string]digest.Digest{}
	for _, from := range madeFrom.FindAllSubmatch(recipe, -1) {
		below, err := m.make(string(from[1]))
		if err != nil {
			return madeBase{}, err
		}
		sum.Write([]byte(below.Recipe))
		refs[ownPrefix+string(from[1])+":latest"] = below.Image
	}
	b := madeBase{Recipe: hex.EncodeToString(sum.Sum(nil))}
	if old, ok := m.made[name]; ok && old.Recipe == b.Recipe {
		m.now[name] = old
		return old, nil
	}
	ctx, cancel := context.WithTimeout(m.t.Context(), 3*buildTime)
	defer cancel()
	res, err := m.d.Build(ctx, daemon.Build{
		Context: "testdata/bases", File: file, Folders: m.folders, Images: refs, Keep: true})
	if err != nil {
		m.failed[name] = fmt.Errorf("%s: %s", name, reason(res, err))
		return madeBase{}, m.failed[name]
	}
	b.Image = res.Image
	m.made[name], m.now[name] = b, b
	data, err := json.MarshalIndent(m.made, "", "\t")
	if err != nil {
		return madeBase{}, err
	}
	return b, os.WriteFile(m.book, data, 0o600)
}
