package buildkit

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"strings"
	"sync"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	fstypes "github.com/tonistiigi/fsutil/types"
)

// errOffline is what the gateway says to everything that would need a daemon.
var errOffline = errors.New("not to be had without a daemon")

// platform is for which images are thought to be built, whatever this machine is.
var platform = ocispecs.Platform{OS: "linux", Architecture: "amd64"}

// gateway is what BuildKit's frontend takes for its daemon: two files and made-up base images, in
// memory. It reaches no network and no disk.
type gateway struct {
	files map[string][]byte
	named map[string][]byte // the ignore files of named contexts, by name
	opts  map[string]string
}

var _ client.Client = (*gateway)(nil)

// Everything is supported.
var (
	llbCaps     = sync.OnceValue(func() apicaps.CapSet { return pb.Caps.CapSet(pb.Caps.All()) })
	gatewayCaps = sync.OnceValue(func() apicaps.CapSet { return gwpb.Caps.CapSet(gwpb.Caps.All()) })
)

// BuildOpts is what the frontend learns about the build.
func (g *gateway) BuildOpts() client.BuildOpts {
	return client.BuildOpts{
		Opts: maps.Clone(g.opts), SessionID: "none",
		Workers: []client.WorkerInfo{{ID: "none", Platforms: []ocispecs.Platform{platform}}},
		LLBCaps: llbCaps(), Caps: gatewayCaps(),
	}
}

// Solve gives the same two files whatever is asked for, or the ignore file of a named context: the frontend asks for
// nothing else.
func (g *gateway) Solve(_ context.Context, req client.SolveRequest) (*client.Result, error) {
	res := client.NewResult()
	files := g.files
	for _, dt := range req.Definition.GetDef() {
		var op pb.Op
		if err := op.UnmarshalVT(dt); err != nil {
			return nil, err
		}
		name := strings.TrimPrefix(op.GetSource().GetIdentifier(), localScheme)
		if ignore, ok := g.named[name]; ok {
			files = map[string][]byte{}
			if ignore != nil {
				files[dockerui.DefaultDockerignoreName] = ignore
			}
		}
	}
	res.SetRef(&reference{files})
	return res, nil
}

// ResolveImageConfig makes an image up, of the platform that is asked for. Its one layer tells it
// from scratch. It has no digest, so that its name stays as it is.
func (g *gateway) ResolveImageConfig(
	_ context.Context, ref string, opt sourceresolver.Opt,
) (string, digest.Digest, []byte, error) {
	img := dockerspec.DockerOCIImage{}
	img.Platform = platform
	if opt.ImageOpt != nil && opt.ImageOpt.Platform != nil {
		img.Platform = *opt.ImageOpt.Platform
	}
	img.Config.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	img.RootFS = ocispecs.RootFS{Type: "layers", DiffIDs: []digest.Digest{digest.FromString("layer")}}
	config, err := json.Marshal(img)
	return ref, "", config, err
}

func (*gateway) ResolveSourceMetadata(
	context.Context, *pb.SourceOp, sourceresolver.Opt,
) (*sourceresolver.MetaResponse, error) {
	return nil, errOffline
}

func (*gateway) Inputs(context.Context) (map[string]llb.State, error) { return nil, nil }

func (*gateway) NewContainer(context.Context, client.NewContainerRequest) (client.Container, error) {
	return nil, errOffline
}

func (*gateway) Warn(context.Context, digest.Digest, string, client.WarnOpts) error { return nil }

// reference is a folder of a few files.
type reference struct{ files map[string][]byte }

func (*reference) ToState() (llb.State, error) { return llb.Scratch(), nil }

func (*reference) Evaluate(context.Context) error { return nil }

func (r *reference) ReadFile(_ context.Context, req client.ReadRequest) ([]byte, error) {
	data, ok := r.files[req.Filename]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return data, nil
}

func (r *reference) StatFile(_ context.Context, req client.StatRequest) (*fstypes.Stat, error) {
	data, ok := r.files[req.Path]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return &fstypes.Stat{Path: req.Path, Size: int64(len(data))}, nil
}

func (*reference) ReadDir(context.Context, client.ReadDirRequest) ([]*fstypes.Stat, error) {
	return nil, errOffline
}
