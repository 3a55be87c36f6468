//go:build linux

package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"
	digest "github.com/opencontainers/go-digest"
	image "github.com/opencontainers/image-spec/specs-go/v1"
)

// output is where the image of a build goes, and what deletes it there; nil if it goes nowhere.
func (d *Daemon) output(b Build) (out content.Store, remove func() error, err error) {
	switch {
	case b.Keep:
		return d.images, func() error { return nil }, nil
	case !b.List:
		return nil, func() error { return nil }, nil
	}
	dir, err := os.MkdirTemp(d.root, "image")
	if err != nil {
		return nil, nil, err
	}
	above, err := local.NewStore(dir)
	return &upper{above, d.images}, func() error { return os.RemoveAll(dir) }, err
}

// Retain deletes from the store what is not in these images.
func (d *Daemon) Retain(ctx context.Context, images ...digest.Digest) error {
	wanted := map[digest.Digest]bool{}
	for _, img := range images {
		m, err := manifest(ctx, d.images, img)
		if err != nil {
			return err
		}
		wanted[img], wanted[m.Config.Digest] = true, true
		for _, l := range m.Layers {
			wanted[l.Digest] = true
		}
	}
	var rest []digest.Digest
	err := d.images.Walk(ctx, func(blob content.Info) error {
		if !wanted[blob.Digest] {
			rest = append(rest, blob.Digest)
		}
		return nil
	})
	for _, blob := range rest {
		err = errors.Join(err, d.images.Delete(ctx, blob))
	}
	return err
}

func manifest(ctx context.Context, from content.Store, img digest.Digest) (m image.Manifest, err error) {
	data, err := content.ReadBlob(ctx, from, image.Descriptor{Digest: img})
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(data, &m)
}

// upper is a store that takes only what the one below does not have: an image is written without the layers of its
// base.
type upper struct {
	content.Store
	below content.Store
}

// Writer opens a blob to write.
func (u *upper) Writer(ctx context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	var want content.WriterOpts
	for _, opt := range opts {
		if err := opt(&want); err != nil {
			return nil, err
		}
	}
	if _, err := u.below.Info(ctx, want.Desc.Digest); err == nil {
		return u.below.Writer(ctx, opts...) // which says that it is there
	}
	return u.Store.Writer(ctx, opts...)
}

// Info describes a blob of either.
func (u *upper) Info(ctx context.Context, d digest.Digest) (content.Info, error) {
	if info, err := u.Store.Info(ctx, d); err == nil {
		return info, nil
	}
	return u.below.Info(ctx, d)
}

// ReaderAt reads a blob of either.
func (u *upper) ReaderAt(ctx context.Context, at image.Descriptor) (content.ReaderAt, error) {
	if r, err := u.Store.ReaderAt(ctx, at); err == nil {
		return r, nil
	}
	return u.below.ReaderAt(ctx, at)
}
