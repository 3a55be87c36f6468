package buildkit

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/subrequests/lint"
	"github.com/moby/buildkit/solver/pb"

	"github.com/dfbot/dfbot/review/layers"
)

// request is one Dockerfile to be checked.
type request struct {
	Dockerfile []byte
	Ignore     []byte            // of the ignore file that counts; nil where there is none
	Args       map[string]string // build arguments, for a second try where BuildKit gives up without
	Plan       *Plan             // asks for the graph, and not for the checks
}

// Warning is what one of Docker's checks has to say.
type Warning struct {
	Check  string // such as StageNameCasing
	Detail string // what it has found; holds words of the Dockerfile
	Line   int    // 1-based, of the instruction
}

// answer is what the checks say of a request.
type answer struct {
	Warnings []Warning // by line, check and detail
	// Stopped is why BuildKit went no further: it would refuse to build the Dockerfile, or cannot
	// say without its base image. The checks then cover only part of the file.
	Stopped     string
	StoppedLine int // 1-based; 0 where BuildKit names none
	Graph       *layers.Graph
	// Crashed is the panic that it ended in; there is nothing else then.
	Crashed string
	// Last says that the child does not serve again.
	Last bool
}

const (
	maxWarnings = 1000 // of one Dockerfile; further ones are left out
	maxDetail   = 1000 // bytes of a Detail or of Stopped
)

// check runs Docker's checks in this process, without any guard.
func check(ctx context.Context, req request) (a answer) {
	defer func() {
		if v := recover(); v != nil {
			a = answer{Crashed: clip(fmt.Sprint(v))}
		}
	}()
	if req.Plan != nil {
		return answer{Graph: graph(ctx, req)}
	}
	a = checkWith(ctx, req, nil)
	if a.Stopped != "" && len(req.Args) > 0 {
		a = checkWith(ctx, req, req.Args).without(slices.Collect(maps.Values(req.Args)))
	}
	return a
}

// checkWith runs the checks with build arguments. All rules are switched on, whatever the
// Dockerfile's own check directive says.
func checkWith(ctx context.Context, req request, args map[string]string) answer {
	g := &gateway{
		files: map[string][]byte{dockerui.DefaultDockerfileName: req.Dockerfile},
		opts:  map[string]string{"build-arg:BUILDKIT_DOCKERFILE_CHECK": "experimental=all"},
	}
	if req.Ignore != nil {
		g.files[dockerui.DefaultDockerignoreName] = req.Ignore
	}
	for name, value := range args {
		g.opts["build-arg:"+name] = value
	}
	res, err := upstream(ctx, g)
	if err != nil {
		return answer{Stopped: clip(err.Error())}
	}
	return answerOf(res)
}

// upstream is the linter as BuildKit's own frontend calls it.
func upstream(ctx context.Context, g *gateway) (*lint.LintResults, error) {
	src, opt, err := entrypoint(ctx, g)
	if err != nil {
		return nil, err
	}
	return dockerfile2llb.DockerfileLint(ctx, src, opt)
}

// entrypoint is the Dockerfile, and how it is converted.
func entrypoint(ctx context.Context, g *gateway) (src []byte, opt dockerfile2llb.ConvertOpt, err error) {
	bc, err := dockerui.NewClient(g)
	if err != nil {
		return nil, opt, err
	}
	file, err := bc.ReadEntrypoint(ctx, "Dockerfile")
	if err != nil {
		return nil, opt, err
	}
	return file.Data, dockerfile2llb.ConvertOpt{
		Config: bc.Config, Client: bc, SourceMap: file.SourceMap, MetaResolver: g,
	}, nil
}

// answerOf brings what the linter says into an order: its own is that of a map.
func answerOf(res *lint.LintResults) answer {
	var a answer
	for _, w := range res.Warnings {
		a.Warnings = append(a.Warnings, Warning{w.RuleName, clip(w.Detail), firstLine(w.Location)})
	}
	slices.SortFunc(a.Warnings, func(x, y Warning) int {
		return cmp.Or(cmp.Compare(x.Line, y.Line), strings.Compare(x.Check, y.Check),
			strings.Compare(x.Detail, y.Detail))
	})
	a.Warnings = a.Warnings[:min(len(a.Warnings), maxWarnings)]
	if res.Error != nil {
		a.Stopped = clip(res.Error.Message)
		a.StoppedLine = firstLine(&res.Error.Location)
	}
	return a
}

// firstLine is the first line of a place; 0 where there is none.
func firstLine(at *pb.Location) (first int) {
	for _, r := range at.GetRanges() {
		if n := int(r.Start.GetLine()); first == 0 || n < first {
			first = n
		}
	}
	return first
}

// without drops the warnings in which one of the values turns up: they exist only because of it.
func (a answer) without(values []string) answer {
	a.Warnings = slices.DeleteFunc(a.Warnings, func(w Warning) bool {
		return slices.ContainsFunc(values, func(v string) bool { return strings.Contains(w.Detail, v) })
	})
	return a
}

func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), maxDetail)], "\uFFFD") }
