//go:build linux

package forecast

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/layers/scenario"
)

var (
	seed  = flag.Uint64("seed", 1, "of the random builds")
	steps = flag.Int("steps", 2000, "how many definite steps of random builds to compare")
)

// TestRandom builds random Dockerfiles over random files before and after random changes, and compares what came from
// the cache with what was predicted. A pair of which one side cannot be built is left out.
func TestRandom(t *testing.T) {
	r := start(t)
	g := &generator{rand: rand.New(rand.NewPCG(*seed, 0))}
	pairs, failed := 0, 0
	for ; r.definite < *steps && pairs < 4**steps; pairs++ {
		s := g.scenario()
		text := g.text
		if !t.Run(fmt.Sprintf("pair%d", pairs), func(t *testing.T) {
			if !r.compare(t, &s) {
				failed++
			}
			if t.Failed() {
				t.Log(text)
			}
		}) {
			break
		}
	}
	t.Logf("seed %d: %d pairs, %d of them cannot be built, %+v", *seed, pairs, failed, r.counts)
	if r.definite < *steps {
		t.Errorf("only %d definite steps", r.definite)
	}
}

// generator makes scenarios.
type generator struct {
	rand *rand.Rand
	text string // of the last scenario, to be shown

	files  map[string]scenario.File
	stages [][]string // of instructions
	ignore []string
}

func (g *generator) n(n int) int { return g.rand.IntN(n) }

func pick[T any](g *generator, all ...T) T { return all[g.n(len(all))] }

// scenario makes a build and changes it once or twice.
func (g *generator) scenario() scenario.Scenario {
	g.files, g.stages, g.ignore = map[string]scenario.File{}, nil, nil
	for range 4 + g.n(8) {
		g.files[g.name()] = scenario.File{Data: fmt.Sprint(g.n(5)), Executable: g.n(4) == 0}
	}
	for _, must := range []string{"a/x.txt", "b/y.json", "z.json"} {
		g.files[must] = scenario.File{Data: "1"}
	}
	for range g.n(3) {
		g.ignore = append(g.ignore, g.pattern())
	}
	for i := range 1 + g.n(3) {
		stage := []string{g.from(i)}
		for range 2 + g.n(5) {
			stage = append(stage, g.instruction(i))
		}
		g.stages = append(g.stages, stage)
	}
	var s scenario.Scenario
	s.Before = g.side()
	for range 1 + g.n(2) {
		g.change()
	}
	s.After = g.side()
	g.text = fmt.Sprintf("before: %+v\nafter: %+v", s.Before, s.After)
	return s
}

func (g *generator) name() string {
	return path.Join(pick(g, "", "a", "b", "a/sub", "b/c"), pick(g, "x", "y", "z")+pick(g, ".txt", ".json", ".md", ""))
}

func (g *generator) pattern() string {
	return pick(g, "*.md", "**/*.md", "a/sub", "b/c", "!a/sub/x.md", "**/y", "z*", "*/x", "!z.json", "# comment")
}

func (g *generator) from(i int) string {
	base := pick(g, "debian:13", "debian:13", "debian:12")
	if i > 0 && g.n(3) == 0 {
		base = fmt.Sprintf("s%d", g.n(i))
	}
	return fmt.Sprintf("FROM %s AS s%d", base, i)
}

// source is something to copy.
func (g *generator) source() string {
	if g.n(3) == 0 {
		return pick(g, ".", "a", "b", "*.json", "a/*", "*/x*", "b/", "a/sub")
	}
	return pick(g, slices.Sorted(maps.Keys(g.files))...)
}

func (g *generator) instruction(stage int) string {
	if stage > 0 && g.n(5) == 0 {
		return fmt.Sprintf("COPY --from=s%d %s /from/", g.n(stage),
			pick(g, "/etc/passwd", "/etc", "/bin/npm", "/etc/name"))
	}
	return pick(g,
		func() string { return fmt.Sprintf("RUN echo %d >/made%d", g.n(3), g.n(3)) },
		func() string { return fmt.Sprintf("RUN echo %d", g.n(4)) },
		func() string { return fmt.Sprintf("COPY %s /c%d/", g.source(), g.n(2)) },
		func() string { return fmt.Sprintf("COPY %s %s /d/", g.source(), g.source()) },
		func() string { return fmt.Sprintf("COPY --link %s /l/", g.source()) },
		func() string {
			return fmt.Sprintf("COPY --parents %s /p/", pick(g, "*/x*", "a/sub", "**/*.json", "a/./*"))
		},
		func() string {
			return fmt.Sprintf("COPY --exclude=%s %s /e/", pick(g, "*.md", "**/x*", "sub"), g.source())
		},
		func() string { return fmt.Sprintf("COPY --chmod=%d %s /m/", pick(g, 644, 755), g.source()) },
		func() string {
			return fmt.Sprintf("COPY --chown=%s %s /o/", pick(g, "node", "1000", "root"), g.source())
		},
		func() string { return fmt.Sprintf("COPY <<EOF /h/%d\n%d\nEOF", g.n(2), g.n(3)) },
		func() string { return fmt.Sprintf("ADD %s /add/", g.source()) },
		func() string { return fmt.Sprintf("ENV V%d=%d", g.n(2), g.n(3)) },
		func() string { return fmt.Sprintf("ARG A%d", g.n(2)) },
		func() string { return fmt.Sprintf("WORKDIR /w%d", g.n(3)) },
		func() string { return fmt.Sprintf("LABEL l=%d", g.n(3)) },
		func() string { return fmt.Sprintf("CMD [\"c%d\"]", g.n(3)) },
		func() string { return fmt.Sprintf("USER %s", pick(g, "root", "0")) },
		func() string {
			return fmt.Sprintf("RUN --mount=type=bind,source=%s,target=/mnt ls /mnt", pick(g, "a", "b", "z.json", "."))
		},
		func() string { return fmt.Sprintf("RUN --mount=type=cache,id=%d,target=/cache true", g.n(3)) },
		func() string { return fmt.Sprintf("RUN <<EOF\necho %d\nEOF", g.n(3)) },
	)()
}

// change changes one thing.
func (g *generator) change() {
	names := slices.Sorted(maps.Keys(g.files))
	name := pick(g, names...)
	stage := g.n(len(g.stages))
	at := 1 + g.n(len(g.stages[stage])-1)
	switch g.n(10) {
	case 0, 1, 2:
		f := g.files[name]
		f.Data += "+"
		g.files[name] = f
	case 3:
		g.files[g.name()] = scenario.File{Data: "new"}
	case 4:
		delete(g.files, name)
	case 5:
		f := g.files[name]
		f.Executable = !f.Executable
		g.files[name] = f
	case 6:
		g.ignore = append(g.ignore, g.pattern())
	case 7:
		g.stages[stage] = slices.Insert(slices.Clone(g.stages[stage]), at, g.instruction(stage))
	case 8:
		g.stages[stage] = slices.Delete(slices.Clone(g.stages[stage]), at, at+1)
		if len(g.stages[stage]) == 1 {
			g.stages[stage] = append(g.stages[stage], "RUN true")
		}
	default:
		s := slices.Clone(g.stages[stage])
		s[at] = g.instruction(stage)
		g.stages[stage] = s
	}
}

// side is the build as it is now.
func (g *generator) side() scenario.Side {
	s := scenario.Side{Files: maps.Clone(g.files), Named: map[string]string{}}
	s.Plan.Args = map[string]string{"A0": fmt.Sprint(g.n(2))}
	var lines []string
	for _, stage := range g.stages {
		lines = append(lines, stage...)
	}
	s.Files["Dockerfile"] = scenario.File{Data: strings.Join(lines, "\n") + "\n"}
	if len(g.ignore) > 0 {
		s.Files[".dockerignore"] = scenario.File{Data: strings.Join(g.ignore, "\n") + "\n"}
	}
	return s
}

// TestGenerator makes the same of the same seed, without the daemon.
func TestGenerator(t *testing.T) {
	one := (&generator{rand: rand.New(rand.NewPCG(7, 0))}).scenario()
	other := (&generator{rand: rand.New(rand.NewPCG(7, 0))}).scenario()
	if fmt.Sprint(one) != fmt.Sprint(other) || fmt.Sprint(one.Before) == fmt.Sprint(one.After) {
		t.Errorf("%+v\n%+v", one, other)
	}
	if os.Getenv("DFBOT_BUILDKIT") == "" {
		t.Log("the builds need make buildkit-test")
	}
}
