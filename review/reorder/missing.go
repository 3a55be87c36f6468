package reorder

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
)

// Missing is a file of the context that an install needs and that is not in the image when the install runs.
type Missing struct {
	ecosystem.Demand
	Manifest string                  // that demands it, in the context
	After    *dockerfile.Instruction // the COPY or ADD that brings the manifest
	Source   string                  // the file or folder in the context
	Dest     string                  // where the install looks for it, as Workdir gives it
	Reach    Reach
	place    string // of the manifest, as Workdir gives it
}

// Reach is whether a COPY could bring a file.
type Reach uint8

const (
	InContext Reach = iota // the context has it
	Excluded               // an ignore file hides it from the build
	Beside                 // the repository has it outside of the context
)

// Missing lists what the install needs, what the context has, and what no instruction has brought into the image: only
// where nothing else can have brought it.
func (c *Install) Missing(ctx *buildcontext.Context) []Missing {
	if c.unclear || c.In.HasMount("bind") || !ctx.Known() {
		return nil
	}
	manifests := slices.Clone(c.files)
	for _, m := range c.Manager.Manifests {
		manifests = append(manifests, dockerfile.Join(c.Dir, m.Name))
	}
	var all []Missing
	for _, abs := range manifests {
		for _, m := range c.demands(ctx, abs) {
			if m.Reach = c.reach(ctx, m); c.misses(ctx, m) {
				all = append(all, m)
			}
		}
	}
	return all
}

// demands lists what the manifest at the place demands, missing or not.
func (c *Install) demands(ctx *buildcontext.Context, abs string) []Missing {
	manifest, ok := ctx.Brought(c.In, abs)
	if !ok || path.Base(manifest) != path.Base(abs) {
		return nil
	}
	data, _ := ctx.Read(manifest)
	ctx.Charge(readCost * len(data))
	call := ecosystem.Call{Manager: c.Manager, Flags: c.Flags, Scripts: c.Scripts(),
		Project: c.project || c.Manager.Name == "uv" && len(c.row.Words) > 0 && c.row.Words[0] == "sync"}
	if path.Base(abs) == "go.work" && (c.In.Defined("GOWORK") || strings.Contains(c.before(), "GOWORK")) {
		return nil
	}
	dir := path.Dir(manifest)
	var all []Missing
	for _, d := range ecosystem.Demands(Folder{ctx: ctx, Dir: dir}, path.Base(manifest), call) {
		all = append(all, Missing{Demand: d, Manifest: manifest, After: ctx.BroughtBy(c.In, abs),
			Source: path.Join(dir, d.File), Dest: dockerfile.Join(path.Dir(abs), d.File), place: abs})
	}
	return all
}

// readCost is what it costs in units of work to parse a byte of a manifest.
const readCost = 20

// misses reports whether the context has the file, and the image certainly has not.
func (c *Install) misses(ctx *buildcontext.Context, m Missing) bool {
	if m.Reach == unreached || m.Source == "." || !strings.HasPrefix(m.Dest, "/") || path.IsAbs(m.File) {
		return false
	}
	first := m.Dest
	if files := ctx.Match(m.Source); m.Reach == InContext {
		if !strings.HasSuffix(m.File, "/") && len(files) > 1 {
			return false
		}
		first = dockerfile.Join(m.Dest, strings.TrimPrefix(strings.TrimPrefix(files[0], m.Source), "/"))
	}
	if _, brought := ctx.Brought(c.In, first); brought {
		return false
	}
	for in := range c.In.Stage.All() {
		if in.Index < c.In.Index && mayBring(ctx, in, m) {
			return false
		}
	}
	return !m.named(c.before())
}

// unreached is a file that the repository does not have, or perhaps not there.
const unreached Reach = 255

// reach finds out where the file is. It is outside only where no larger context can be meant: one that has it would
// have no manifest for the install.
func (c *Install) reach(ctx *buildcontext.Context, m Missing) Reach {
	switch larger := ctx.Above(); {
	case len(ctx.Match(m.Source)) > 0 && !outOf(m.Source):
		return InContext
	case !outOf(m.Source) && ctx.Exists(m.Source) && m.Source != ".":
		return Excluded
	case !outOf(m.Source) || !ctx.Beside(m.Source):
		return unreached
	case larger.Known():
		if _, manifest := larger.Brought(c.In, m.place); manifest {
			return unreached
		}
	}
	return Beside
}

// named reports whether the code names the file or its folder, and so may make it.
func (m Missing) named(code string) bool {
	file := strings.TrimSuffix(m.File, "/")
	dir := path.Base(path.Dir(file))
	return strings.Contains(code, path.Base(file)) || dir != "." && dir != ".." && strings.Contains(code, dir)
}

// mayBring reports whether the instruction may put the file there, though it is no COPY of it from the context.
func mayBring(ctx *buildcontext.Context, in *dockerfile.Instruction, m Missing) bool {
	switch in.Name {
	case "COPY", "ADD":
		at := ctx.Copy(in).Dest()
		_, over := dockerfile.Below(at, m.Dest)
		_, into := dockerfile.Below(m.Dest, at)
		unclear := func(s buildcontext.Source) bool {
			return !s.Local || !s.Path.Known || in.Name == "ADD" && strings.Contains(s.Path.Text, ".t")
		}
		return in.Flag("parents") != nil || !strings.HasPrefix(at, "/") ||
			(over || into) && slices.ContainsFunc(buildcontext.Sources(in), unclear)
	case "RUN":
		return m.named(in.File().Text(in.Span))
	}
	return false
}

// before is the code of the RUN in front of the install.
func (c *Install) before() string {
	return c.In.File().Text(dockerfile.Span{Start: c.In.Args.Pos(0), End: c.Step.Cmd.Span.Start})
}
