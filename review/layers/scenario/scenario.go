// Package scenario is for tests: builds before and after a change, as text. It must never be part of the product.
package scenario

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/layers"
)

// Scenario is two builds. Its text is a txtar archive with the files before/... and those that are others after/...,
// each with a Dockerfile, and perhaps with these lines above, each for both sides or with "before " or "after " in
// front of it for one:
//
//	target: STAGE
//	arg: NAME=VALUE
//	named: NAME=FOLDER
//	mode: PATH (it is executable)
//	link: PATH TARGET
//	gone: PATH (only with "after ")
type Scenario struct {
	Before, After Side
	Want          []string // lines of the file want
}

// Side is one build.
type Side struct {
	Files map[string]File // by their paths from the build context
	Plan  buildkit.Plan
	Named map[string]string // the folders of named contexts, by name
}

// File is a file or a symlink.
type File struct {
	Data       string
	Executable bool
	Link       string // what a symlink leads to; "" for a file
}

// Parse reads a scenario.
func Parse(data []byte) (s Scenario, err error) {
	a := txtar.Parse(data)
	s.Before, s.After = newSide(), newSide()
	for _, f := range a.Files {
		switch side, p, _ := strings.Cut(f.Name, "/"); side {
		case "want":
			s.Want = strings.Split(strings.TrimSpace(string(f.Data)), "\n")
		case "before":
			s.Before.Files[p] = File{Data: string(f.Data)}
			if _, own := s.After.Files[p]; !own {
				s.After.Files[p] = File{Data: string(f.Data)}
			}
		case "after":
			s.After.Files[p] = File{Data: string(f.Data)}
		default:
			return s, fmt.Errorf("%s is on no side", f.Name)
		}
	}
	for line := range strings.Lines(string(a.Comment)) {
		s.line(strings.TrimSpace(line))
	}
	return s, nil
}

func newSide() Side {
	return Side{Files: map[string]File{}, Plan: buildkit.Plan{Args: map[string]string{}}, Named: map[string]string{}}
}

// line reads one line above the files.
func (s *Scenario) line(line string) {
	sides := []*Side{&s.Before, &s.After}
	if rest, ok := strings.CutPrefix(line, "before "); ok {
		sides, line = sides[:1], rest
	} else if rest, ok := strings.CutPrefix(line, "after "); ok {
		sides, line = sides[1:], rest
	}
	key, value, _ := strings.Cut(line, ": ")
	for _, side := range sides {
		side.set(key, value)
	}
}

func (s *Side) set(key, value string) {
	first, second, _ := strings.Cut(value, " ")
	name, given, _ := strings.Cut(value, "=")
	switch key {
	case "target":
		s.Plan.Target = value
	case "arg":
		s.Plan.Args[name] = given
	case "named":
		s.Named[name] = given
	case "mode":
		f := s.Files[value]
		f.Executable = true
		s.Files[value] = f
	case "link":
		s.Files[first] = File{Link: second}
	case "gone":
		delete(s.Files, value)
	}
}

// Builds are both sides as layers sees them.
func (s *Scenario) Builds(ctx context.Context, checks *buildkit.Checks) (before, after *layers.Build, err error) {
	if before, err = s.Before.build(ctx, checks); err == nil {
		after, err = s.After.build(ctx, checks)
	}
	return before, after, err
}

// build is the side as layers sees it. The checks make the graph.
func (s *Side) build(ctx context.Context, checks *buildkit.Checks) (*layers.Build, error) {
	plan := s.Plan
	plan.Named = map[string][]byte{}
	all := map[string]*layers.Files{layers.MainContext: s.files("")}
	for name, dir := range s.Named {
		plan.Named[name] = s.ignore(dir + "/")
		all[name] = s.files(dir + "/")
	}
	f, err := dockerfile.Parse("Dockerfile", []byte(s.Files["Dockerfile"].Data))
	if err != nil {
		return nil, err
	}
	graph, err := checks.Graph(ctx, nil, f, s.ignore(""), plan)
	if err != nil {
		return nil, err
	}
	return &layers.Build{Graph: graph, Files: all}, nil
}

func (s *Side) ignore(prefix string) []byte {
	f, ok := s.Files[prefix+".dockerignore"]
	if !ok {
		return nil
	}
	return []byte(f.Data)
}

func (s *Side) files(prefix string) *layers.Files {
	f := &layers.Files{}
	for _, p := range slices.Sorted(maps.Keys(s.Files)) {
		if rest, ok := strings.CutPrefix(p, prefix); ok {
			f.Paths = append(f.Paths, rest)
		}
	}
	f.ID = func(p string) string {
		of := s.Files[prefix+p]
		sum := sha256.Sum256(fmt.Appendf(nil, "%v\x00%s\x00%s", of.Executable, of.Link, of.Data))
		return hex.EncodeToString(sum[:])
	}
	f.Link = func(p string) (string, bool) {
		of := s.Files[prefix+p]
		return of.Link, of.Link != ""
	}
	return f
}

// Write puts the files of the side into a folder, in place of all that is there.
func (s *Side) Write(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for p, f := range s.Files {
		if err := f.write(filepath.Join(dir, filepath.FromSlash(p))); err != nil {
			return err
		}
	}
	return nil
}

func (f File) write(at string) error {
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	if f.Link != "" {
		return os.Symlink(f.Link, at)
	}
	mode := os.FileMode(0o644)
	if f.Executable {
		mode = 0o755
	}
	return os.WriteFile(at, []byte(f.Data), mode)
}

// Lines words what is predicted, a line for each step: the answer, the name, and the causes.
func Lines(all []layers.Forecast) []string {
	var lines []string
	for _, f := range all {
		var b bytes.Buffer
		fmt.Fprintf(&b, "%s %s", f.Answer, f.Step.Name)
		for i, c := range f.Causes {
			if i == 0 {
				b.WriteString(" <- ")
			} else {
				b.WriteString(", ")
			}
			switch {
			case c.Why != layers.AFile:
				fmt.Fprintf(&b, "%v in line %d", c.Why, c.Step.First)
			case c.Folder != layers.MainContext:
				b.WriteString(c.Folder + ":" + c.Path)
			default:
				b.WriteString(c.Path)
			}
		}
		lines = append(lines, b.String())
	}
	return lines
}
