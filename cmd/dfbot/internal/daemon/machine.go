//go:build linux

package daemon

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	gatewaypb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	image "github.com/moby/docker-image-spec/specs-go/v1"
)

// Run is what a command came to.
type Run struct {
	Output string // of both streams
	Status int    // the exit code; -1 while it still ran at its deadline
}

// Machine is a built image in which commands can run.
type Machine struct {
	client   gateway.Client
	image    gateway.Reference
	settings image.DockerOCIImage
}

// Start runs the command that the image is configured with, in a container of its own without a network, until it ends
// or the context does.
func (m *Machine) Start(ctx context.Context) (Run, error) {
	container, err := m.client.NewContainer(ctx, gateway.NewContainerRequest{
		Mounts:  []gateway.Mount{{Dest: "/", MountType: pb.MountType_BIND, Ref: m.image}},
		NetMode: pb.NetMode_NONE,
	})
	if err != nil {
		return Run{}, err
	}
	defer container.Release(context.WithoutCancel(ctx))
	var out output
	c := m.settings.Config
	process, err := container.Start(ctx, gateway.StartRequest{Args: slices.Concat(c.Entrypoint, c.Cmd), Env: c.Env,
		User: c.User, Cwd: cmp.Or(c.WorkingDir, "/"), Stdout: &out, Stderr: &out})
	if err != nil {
		return Run{}, err
	}
	status, err := ended(ctx, process)
	return Run{Output: out.String(), Status: status}, err
}

// ended waits for the process and returns its exit code; -1 if the context ends it.
func ended(ctx context.Context, process gateway.ContainerProcess) (int, error) {
	err := process.Wait()
	var exit *gatewaypb.ExitError
	switch {
	case ctx.Err() != nil:
		return -1, nil
	case errors.As(err, &exit):
		return int(exit.ExitCode), nil
	}
	return 0, err
}

// output is written by two streams at once.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) Close() error { return nil }

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
