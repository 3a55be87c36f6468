//go:build linux

// Package daemon runs BuildKit's own daemon for tests that hold what dfbot says against it. It starts one in a folder
// of its own, builds, tells which steps ran and which came from the cache, lists the files of the image, runs it, and
// stops the daemon so that no process and no mount is left. It must never be part of the product, which builds nothing.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/moby/buildkit/client"
	"golang.org/x/sys/unix"

	"github.com/dfbot/dfbot/review/guard"
)

const (
	startTime = 30 * time.Second
	stopTime  = 30 * time.Second

	mostFile  = 4 << 30           // bytes of a file that the daemon, or a step of a build, may write
	mostState = "4000,8000,10000" // MB: what stays, what is left free on the disk, and what is too much
)

// Daemon is a running BuildKit daemon with a store of images.
type Daemon struct {
	client *client.Client
	cmd    *exec.Cmd
	ended  chan error
	root   string
	log    *os.File
	images content.Store

	mu     sync.Mutex
	layers layers
}

// Missing says what this machine lacks to run the daemon at the path program, or "" if it lacks nothing.
func Missing(program string) string {
	if os.Geteuid() != 0 {
		return "BuildKit's daemon needs root"
	}
	if _, err := exec.LookPath("runc"); err != nil {
		return "runc is not installed"
	}
	if _, err := os.Stat(program); err != nil {
		return "BuildKit's daemon is not there: " + err.Error()
	}
	return ""
}

// Start starts the program as a daemon that keeps its state in dir/daemon, which Close deletes, and images in
// dir/images, which stay for the next daemon. Only one may run in a folder. Builds share the network of this machine.
func Start(ctx context.Context, program, dir string) (*Daemon, error) {
	d := &Daemon{root: filepath.Join(dir, "daemon"), ended: make(chan error, 1), layers: layers{}}
	err := errors.Join(os.RemoveAll(d.root), os.MkdirAll(d.root, 0o700))
	if err == nil {
		d.images, err = local.NewStore(filepath.Join(dir, "images"))
	}
	if err == nil {
		d.log, err = os.Create(filepath.Join(dir, "daemon.log"))
	}
	if err != nil {
		return nil, err
	}
	address := "unix://" + filepath.Join(d.root, "socket")
	if err := d.start(program, address); err != nil {
		return nil, errors.Join(err, d.log.Close())
	}
	if d.client, err = client.New(ctx, address); err == nil {
		err = d.ready(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start BuildKit's daemon: %w; see %s", err, d.log.Name()), d.Close())
	}
	return d, nil
}

// start starts the process in namespaces of its own: however it ends, the system ends with it what it runs, and undoes
// what it has mounted.
func (d *Daemon) start(program, address string) error {
	d.cmd = exec.Command("sh", "-c", `mount -t proc proc /proc && exec "$0" "$@"`, program,
		"--root", d.root, "--addr", address, "--containerd-worker=false", "--oci-worker-binary=runc",
		"--oci-worker-net=host", "--oci-worker-snapshotter=overlayfs",
		"--oci-worker-gc=true", "--oci-worker-gc-keepstorage="+mostState)
	d.cmd.Stdout, d.cmd.Stderr = d.log, d.log
	guard.Prepare(d.cmd)
	d.cmd.SysProcAttr.Cloneflags, d.cmd.SysProcAttr.Unshareflags = syscall.CLONE_NEWPID, syscall.CLONE_NEWNS
	if err := d.cmd.Start(); err != nil {
		return err
	}
	go func() { d.ended <- d.cmd.Wait() }()
	most := unix.Rlimit{Cur: mostFile, Max: mostFile}
	return unix.Prlimit(d.cmd.Process.Pid, unix.RLIMIT_FSIZE, &most, nil)
}

// ready waits until the daemon answers.
func (d *Daemon) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		_, err := d.client.ListWorkers(ctx)
		if err == nil {
			return nil
		}
		select {
		case died := <-d.ended:
			d.ended <- died
			return fmt.Errorf("it ended: %w", died)
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Forget empties the cache of the daemon: the next build runs every step.
func (d *Daemon) Forget(ctx context.Context) error {
	return d.client.Prune(ctx, nil, client.PruneAll)
}

// Close ends the daemon with all that it runs, and deletes its state.
func (d *Daemon) Close() error {
	var errs []error
	if d.client != nil {
		errs = append(errs, d.client.Close())
	}
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		errs = append(errs, err)
	}
	select {
	case <-d.ended:
	case <-time.After(stopTime):
		errs = append(errs, errors.New("BuildKit's daemon did not end by itself"), guard.Kill(d.cmd.Process))
		<-d.ended
	}
	return errors.Join(append(errs, d.log.Close(), os.RemoveAll(d.root))...)
}
