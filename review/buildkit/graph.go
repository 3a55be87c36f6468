package buildkit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/layers"
	"github.com/dfbot/dfbot/review/turns"
)

// Plan is what a build is besides its Dockerfile and ignore file.
type Plan struct {
	Target string            // "" for the last stage
	Args   map[string]string // build arguments
	// Named are the ignore files of the named contexts that are folders, by name; nil where there is none.
	Named map[string][]byte
}

// Graph returns the graph that BuildKit makes of a Dockerfile, without images from a registry: a base image is what its
// name says, and one whose name needs an argument that the plan does not give is a stand-in. ignore is the text of the
// ignore file that counts, nil without one. Where BuildKit would refuse the Dockerfile, the graph says why it stopped.
// The error says that it could not be asked.
func (c *Checks) Graph(
	ctx context.Context, who *turns.Asker, f *dockerfile.File, ignore []byte, plan Plan,
) (*layers.Graph, error) {
	if gap, ok := oversize(f); !ok {
		return &layers.Graph{Stopped: gap.String()}, nil
	}
	a, err := c.run(ctx, who, request{Dockerfile: f.Src, Ignore: ignore, Plan: &plan, Args: placeholders(f)})
	switch {
	case err != nil:
		return nil, err
	case a.Crashed != "":
		return nil, errors.New("BuildKit crashes on it: " + a.Crashed)
	case a.Graph == nil:
		return nil, errors.New("there is no graph in the answer")
	}
	return a.Graph, nil
}

// localScheme begins the identifier of what a client sends.
const localScheme = "local://"

// graph makes the graph in this process, without any guard.
func graph(ctx context.Context, req request) *layers.Graph {
	made := graphWith(ctx, req, nil)
	if made.Stopped != "" && len(req.Args) > 0 {
		return graphWith(ctx, req, req.Args)
	}
	return made
}

// graphWith makes the graph with values for arguments that the plan does not give.
func graphWith(ctx context.Context, req request, args map[string]string) *layers.Graph {
	g := &gateway{
		files: map[string][]byte{dockerui.DefaultDockerfileName: req.Dockerfile},
		named: req.Plan.Named,
		// No check is asked for, or a directive could make a finding an error.
		opts: map[string]string{"target": req.Plan.Target, "build-arg:BUILDKIT_DOCKERFILE_CHECK": "skip=all"},
	}
	if req.Ignore != nil {
		g.files[dockerui.DefaultDockerignoreName] = req.Ignore
	}
	for _, all := range []map[string]string{args, req.Plan.Args} {
		for name, value := range all {
			g.opts["build-arg:"+name] = value
		}
	}
	for name := range req.Plan.Named {
		g.opts["context:"+name] = "local:" + name
	}
	made, err := convert(ctx, g)
	if err != nil {
		return stoppedBy(err)
	}
	return made
}

// stoppedBy is the graph that is not made.
func stoppedBy(err error) *layers.Graph {
	stopped := &layers.Graph{Stopped: clip(err.Error())}
	var at *parser.LocationError
	if errors.As(err, &at) && len(at.Locations) > 0 && len(at.Locations[0]) > 0 {
		stopped.StoppedLine = at.Locations[0][0].Start.Line
	}
	return stopped
}

// convert is what BuildKit's own frontend does with a Dockerfile, up to the point where the daemon would build it.
func convert(ctx context.Context, g *gateway) (*layers.Graph, error) {
	src, opt, err := entrypoint(ctx, g)
	if err != nil {
		return nil, err
	}
	opt.TargetPlatform = &platform
	res, err := dockerfile2llb.Dockerfile2LLB(ctx, src, opt)
	if err != nil {
		return nil, err
	}
	def, err := res.State.Marshal(ctx)
	if err != nil {
		return nil, err
	}
	made, err := stepsOf(def)
	if err == nil {
		image := *res.Image
		image.History, image.Created = nil, nil
		made.Image, err = json.Marshal(image)
	}
	return made, err
}

// stepsOf reads the vertices of a definition. The last one of those only marks the result.
func stepsOf(def *llb.Definition) (*layers.Graph, error) {
	made, at := &layers.Graph{}, map[string]int{}
	for _, dt := range def.Def[:max(0, len(def.Def)-1)] {
		var op pb.Op
		if err := op.UnmarshalVT(dt); err != nil {
			return nil, err
		}
		id := digest.FromBytes(dt)
		s := layers.Step{Name: def.Metadata[id].Description["llb.customname"], Digest: id.Encoded()}
		s.Stage = stageOf(s.Name)
		s.First, s.Last = linesOf(def.Source.GetLocations()[string(id)])
		for _, in := range op.Inputs {
			s.Inputs = append(s.Inputs, layers.Input{Step: at[in.Digest]})
		}
		if err := describe(&s, &op); err != nil {
			return nil, err
		}
		at[string(id)] = len(made.Steps)
		made.Steps = append(made.Steps, s)
	}
	return made, nil
}

// stageOf is the stage in a name such as "[build 2/5] RUN make".
func stageOf(name string) string {
	inside, _, found := strings.Cut(strings.TrimPrefix(name, "["), "] ")
	if !found || !strings.HasPrefix(name, "[") {
		return ""
	}
	words := strings.Fields(inside)
	if len(words) < 2 || !strings.Contains(words[len(words)-1], "/") {
		return ""
	}
	return words[len(words)-2]
}

// linesOf are the first and the last line of the places; 0 where there are none.
func linesOf(all *pb.Locations) (first, last int) {
	for _, l := range all.GetLocations() {
		for _, r := range l.GetRanges() {
			if n := int(r.Start.GetLine()); first == 0 || n < first {
				first = n
			}
			last = max(last, int(r.End.GetLine()))
		}
	}
	return first, last
}

// describe says what an operation does by itself, and how it takes its inputs: as its CacheMap in BuildKit's
// solver/llbsolver/ops.
func describe(s *layers.Step, op *pb.Op) error {
	var own any
	switch o := op.Op.(type) {
	case *pb.Op_Source:
		own = describeSource(s, o.Source)
	case *pb.Op_Exec:
		own = describeExec(s, o.Exec)
		s.Does = partsOfExec(own.(*pb.ExecOp))
		s.Command = strings.Join(o.Exec.Meta.Args, "\x00")
	case *pb.Op_File:
		own = describeFile(s, o.File)
		s.Does = partsOfFile(o.File)
	case *pb.Op_Merge:
		s.Kind, own = layers.Merge, o.Merge
	default:
		s.Kind = layers.Other
		bare := op.CloneVT()
		bare.Inputs = nil
		own = bare
	}
	dt, err := json.Marshal([]any{s.Kind, own, op.Platform})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(dt)
	s.Own = hex.EncodeToString(sum[:])
	return nil
}

// describeSource leaves out of a folder what only says how it is sent.
func describeSource(s *layers.Step, op *pb.SourceOp) any {
	if name, ok := strings.CutPrefix(op.Identifier, localScheme); ok {
		s.Kind, s.Folder = layers.Context, name
		_ = json.Unmarshal([]byte(op.Attrs[pb.AttrExcludePatterns]), &s.Excludes) // BuildKit has just written it
		return name
	}
	s.Kind, s.From = layers.Source, op.Identifier
	return []any{op.Identifier, op.Attrs}
}

// describeExec leaves out what BuildKit does not look at, and says which mounts count by their contents.
func describeExec(s *layers.Step, op *pb.ExecOp) any {
	s.Kind = layers.Exec
	o := op.CloneVT()
	for _, h := range o.Meta.ExtraHosts {
		h.IP = ""
	}
	o.Meta.ProxyEnv = nil
	for _, m := range o.Mounts {
		mount(s, m)
		m.Selector = ""
		if m.CacheOpt != nil && !plainCache(m) {
			m.CacheOpt.ID, m.CacheOpt.Sharing = "", 0
		}
	}
	for i, in := range s.Inputs {
		if slices.ContainsFunc(in.Takes, func(t layers.Selector) bool { return t.Path == "/" }) {
			s.Inputs[i].Takes = nil
		}
	}
	if len(o.Mounts) == 1 && plainRoot(o.Mounts[0]) {
		o.Mounts = nil
	}
	return o
}

// mount says what a mount takes of an input. Of several mounts of one input, the last says how it counts.
func mount(s *layers.Step, m *pb.Mount) {
	switch m.MountType {
	case pb.MountType_SECRET, pb.MountType_SSH, pb.MountType_TMPFS:
		return
	}
	if m.Input < 0 || int(m.Input) >= len(s.Inputs) {
		return
	}
	in, from := &s.Inputs[m.Input], path.Join("/", m.Selector)
	in.Takes = append(in.Takes, layers.Selector{Path: from, Follow: true})
	in.Content = m.Dest != pb.RootMount && m.ContentCache != pb.MountContentCache_OFF &&
		(m.Output == int64(pb.SkipOutput) || m.Readonly || from == pb.RootMount)
}

// plainCache reports whether the cache mount is one of which the id counts.
func plainCache(m *pb.Mount) bool {
	_, rest, namespace := strings.Cut(m.CacheOpt.ID, "/")
	return m.CacheOpt.Sharing == 0 && (m.CacheOpt.ID == m.Dest || namespace && rest == m.Dest)
}

func plainRoot(m *pb.Mount) bool {
	return m.Dest == "/" && !m.Readonly && m.MountType == pb.MountType_BIND && m.CacheOpt == nil && m.SSHOpt == nil &&
		m.SecretOpt == nil && m.ResultID == ""
}

// describeFile says what COPY takes of its inputs. What an action changes counts by its key.
func describeFile(s *layers.Step, op *pb.FileOp) any {
	s.Kind = layers.File
	o := op.CloneVT()
	changed := map[int64]bool{}
	for _, a := range o.Actions {
		changed[a.Input] = true
		if c := a.GetCopy(); c != nil && a.SecondaryInput >= 0 && int(a.SecondaryInput) < len(s.Inputs) {
			takes(s, a.SecondaryInput, layers.Selector{Path: c.Src, Follow: c.FollowSymlink,
				Wildcard: c.AllowWildcard && layers.HasWildcards(c.Src), Include: c.IncludePatterns,
				Exclude: c.ExcludePatterns})
			c.Src = path.Base(c.Src)
		}
		owner := cmp.Or(a.GetCopy().GetOwner(), a.GetMkdir().GetOwner(), a.GetMkfile().GetOwner(),
			a.GetSymlink().GetOwner())
		if user := owner.GetUser().GetByName(); user != nil {
			takes(s, user.Input, layers.Selector{Path: "/etc/passwd", Follow: true})
		}
		if group := owner.GetGroup().GetByName(); group != nil {
			takes(s, group.Input, layers.Selector{Path: "/etc/group", Follow: true})
		}
	}
	for i := range s.Inputs {
		in := &s.Inputs[i]
		if in.Content = len(in.Takes) > 0 && !changed[int64(i)]; !in.Content {
			in.Takes = nil
		}
	}
	return o
}

// takes notes what is taken of an input.
func takes(s *layers.Step, input int64, what layers.Selector) {
	if input >= 0 && int(input) < len(s.Inputs) {
		s.Inputs[input].Takes = append(s.Inputs[input].Takes, what)
	}
}
