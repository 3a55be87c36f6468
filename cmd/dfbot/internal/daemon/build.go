//go:build linux

package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	policy "github.com/moby/buildkit/sourcepolicy/pb"
	image "github.com/moby/docker-image-spec/specs-go/v1"
	digest "github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"
)

// imageStore is the name that a build has for the images of the daemon's store.
const imageStore = "dfbot.test/images"

// Build is a build of a Dockerfile.
type Build struct {
	Context string            // the folder
	File    string            // the Dockerfile, from the context
	Target  string            // "" for the last stage
	Args    map[string]string // build arguments
	Folders map[string]string // named contexts besides, by name
	// Images are what stands for the images of a registry, by their references with * in them, such as
	// docker.io/library/node:*; no image comes from a registry.
	Images map[string]digest.Digest
	Fresh  bool // every step runs, even one that the cache holds
	Keep   bool // the image stays in the store, for the Images of other builds
	List   bool // Files are listed
	// Look, if it is set, sees the image while the daemon still has it.
	Look func(context.Context, *Machine) error
}

// Result is what a build came to.
type Result struct {
	Image    digest.Digest // of the manifest
	Settings image.DockerOCIImage
	Files    Files // nil unless the build lists them
	Steps    []Step
}

// Step is a vertex of the build graph, such as an instruction or the transfer of the context.
type Step struct {
	Name   string
	Inputs int    // a step without inputs is never reported as cached
	Cached bool   // it did not run
	Error  string // why it failed
	Log    string // what it printed
}

// Build builds. If the build fails, the result still has its steps.
func (d *Daemon) Build(ctx context.Context, b Build) (result Result, err error) {
	opt, err := d.options(b)
	if err != nil {
		return result, err
	}
	out, remove, err := d.output(b)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if out != nil {
		opt.Exports = []client.ExportEntry{{Type: client.ExporterOCI, OutputStore: out,
			Attrs: map[string]string{"tar": "false", "compression": "uncompressed"}}}
	}
	result.Image, err = d.solve(ctx, b, opt, &result)
	if err == nil && b.List {
		result.Files, err = d.list(ctx, out, result.Image)
	}
	return result, err
}

// solve fills in the settings and steps, and returns the digest of the image if it is exported.
func (d *Daemon) solve(ctx context.Context, b Build, opt client.SolveOpt, to *Result) (digest.Digest, error) {
	var settings []byte
	statuses, watched := make(chan *client.SolveStatus), newWatch()
	go watched.all(statuses)
	build := func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		res, err := c.Solve(ctx, gateway.SolveRequest{Frontend: opt.Frontend, FrontendOpt: opt.FrontendAttrs})
		if err != nil {
			return nil, err
		}
		settings = res.Metadata[exptypes.ExporterImageConfigKey]
		return res, b.look(ctx, c, res.Ref, settings)
	}
	response, err := d.client.Build(ctx, opt, "dfbot", build, statuses)
	to.Steps = watched.steps()
	if err == nil {
		err = json.Unmarshal(settings, &to.Settings)
	}
	if err != nil || len(opt.Exports) == 0 {
		return "", err
	}
	return digest.Parse(response.ExporterResponse[exptypes.ExporterImageDigestKey])
}

// look shows the image to the one who builds.
func (b Build) look(ctx context.Context, c gateway.Client, ref gateway.Reference, settings []byte) error {
	if b.Look == nil {
		return nil
	}
	m := &Machine{client: c, image: ref}
	if err := json.Unmarshal(settings, &m.settings); err != nil {
		return err
	}
	return b.Look(ctx, m)
}

// options are the build as BuildKit's client takes it.
func (d *Daemon) options(b Build) (client.SolveOpt, error) {
	opt := client.SolveOpt{
		Frontend: "dockerfile.v0",
		// The command line makes the frontend ignore a syntax directive, whose image is in a registry.
		FrontendAttrs: map[string]string{"filename": b.File, "cmdline": "dockerfile.v0"},
		LocalMounts:   map[string]fsutil.FS{},
		OCIStores:     map[string]content.Store{imageStore: d.images},
		SourcePolicy:  b.policy(),
	}
	if b.Fresh {
		opt.FrontendAttrs["no-cache"] = ""
	}
	if b.Target != "" {
		opt.FrontendAttrs["target"] = b.Target
	}
	for name, value := range b.Args {
		opt.FrontendAttrs["build-arg:"+name] = value
	}
	folders := map[string]string{"context": b.Context, "dockerfile": b.Context}
	for name, folder := range b.Folders {
		folders[name], opt.FrontendAttrs["context:"+name] = folder, "local:"+name
	}
	for name, folder := range folders {
		var err error
		if opt.LocalMounts[name], err = fsutil.NewFS(filepath.Clean(folder)); err != nil {
			return opt, err
		}
	}
	return opt, nil
}

// policy has the images of the store stand for those of registries, and allows no others.
func (b Build) policy() *policy.Policy {
	p := &policy.Policy{}
	for _, ref := range slices.Sorted(maps.Keys(b.Images)) {
		p.Rules = append(p.Rules, standIn(ref, b.Images[ref].String()))
	}
	// The frontend takes the stand-in for an image of a registry, under its new name.
	p.Rules = append(p.Rules, standIn(imageStore+"@*", "${1}"), &policy.Rule{
		Action:   policy.PolicyAction_DENY,
		Selector: &policy.Selector{Identifier: "docker-image://*", MatchType: policy.MatchType_WILDCARD},
	})
	return p
}

// standIn is the rule by which an image of the store stands for those of a registry.
func standIn(ref, own string) *policy.Rule {
	return &policy.Rule{
		Action:   policy.PolicyAction_CONVERT,
		Selector: &policy.Selector{Identifier: "docker-image://" + ref, MatchType: policy.MatchType_WILDCARD},
		Updates: &policy.Update{
			Identifier: fmt.Sprintf("oci-layout://%s@%s", imageStore, own),
			Attrs:      map[string]string{pb.AttrOCILayoutStoreID: imageStore},
		},
	}
}

// watch gathers the steps of a build as they are reported.
type watch struct {
	seen map[digest.Digest]*Step
	in   []digest.Digest // the order in which they came
	done chan struct{}
}

func newWatch() *watch {
	return &watch{seen: map[digest.Digest]*Step{}, done: make(chan struct{})}
}

func (w *watch) all(statuses <-chan *client.SolveStatus) {
	defer close(w.done)
	for status := range statuses {
		for _, v := range status.Vertexes {
			s := w.of(v.Digest)
			s.Name, s.Inputs = v.Name, len(v.Inputs)
			s.Cached = s.Cached || v.Cached
			if v.Error != "" {
				s.Error = v.Error
			}
		}
		for _, l := range status.Logs {
			s := w.of(l.Vertex)
			s.Log += string(bytes.ToValidUTF8(l.Data, nil))
		}
	}
}

func (w *watch) of(d digest.Digest) *Step {
	if w.seen[d] == nil {
		w.seen[d], w.in = &Step{}, append(w.in, d)
	}
	return w.seen[d]
}

// steps waits for the last report.
func (w *watch) steps() (all []Step) {
	<-w.done
	for _, d := range w.in {
		all = append(all, *w.seen[d])
	}
	return all
}

// Failed is the step at which a build failed, if it was one.
func (r Result) Failed() (Step, bool) {
	for _, s := range r.Steps {
		if s.Error != "" {
			return s, true
		}
	}
	return Step{}, false
}
