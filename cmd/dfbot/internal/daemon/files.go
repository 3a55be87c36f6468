//go:build linux

package daemon

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"strings"

	"github.com/containerd/containerd/v2/core/content"
	digest "github.com/opencontainers/go-digest"
	image "github.com/opencontainers/image-spec/specs-go/v1"
)

// Entry is a file, folder or link of an image, but for its times. The content of two files is the same if they have the
// same Hash; a hard link is the file that it leads to.
type Entry struct {
	Type     byte // as in package archive/tar
	Mode     int64
	UID, GID int
	Size     int64
	Hash     string // of the content, hexadecimal
	Link     string // where a symbolic link leads
	Device   [2]int64
}

// Files are the entries of an image by their paths, which have no slash in front.
type Files map[string]Entry

// layer is what a layer adds, and what it takes away: paths whose entries below go, all of them or but for the folder
// itself.
type layer struct {
	adds    Files
	removes []string
	empties []string
}

// layers are those that have been read, by digest.
type layers map[digest.Digest]*layer

// list reads the layers of an image. It remembers those that are in the store of the daemon.
func (d *Daemon) list(ctx context.Context, from content.Store, img digest.Digest) (Files, error) {
	m, err := manifest(ctx, from, img)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	all := Files{}
	for _, at := range m.Layers {
		l := d.layers[at.Digest]
		if l == nil {
			if l, err = read(ctx, from, at); err != nil {
				return nil, err
			}
		}
		if _, err := d.images.Info(ctx, at.Digest); err == nil {
			d.layers[at.Digest] = l
		}
		all.apply(l)
	}
	return all, nil
}

func read(ctx context.Context, from content.Store, at image.Descriptor) (*layer, error) {
	if at.MediaType != image.MediaTypeImageLayer {
		return nil, fmt.Errorf("layer %s is %s, not a plain tar", at.Digest, at.MediaType)
	}
	blob, err := from.ReaderAt(ctx, at)
	if err != nil {
		return nil, err
	}
	l, err := readLayer(tar.NewReader(io.NewSectionReader(blob, 0, blob.Size())))
	return l, errors.Join(err, blob.Close())
}

// What a name in a layer says of the layers below it.
const (
	whiteout = ".wh."
	opaque   = ".wh..wh..opq"
)

func readLayer(r *tar.Reader) (*layer, error) {
	l := &layer{adds: Files{}}
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err == nil {
			err = l.take(h, r)
		}
		if err != nil {
			return nil, err
		}
	}
}

// take takes in an entry of the archive.
func (l *layer) take(h *tar.Header, content io.Reader) (err error) {
	name := strings.Trim(path.Clean(h.Name), "/")
	folder, base := path.Split(name)
	switch {
	case base == opaque:
		l.empties = append(l.empties, path.Clean(folder))
	case strings.HasPrefix(base, whiteout):
		l.removes = append(l.removes, folder+strings.TrimPrefix(base, whiteout))
	case h.Typeflag == tar.TypeLink:
		l.adds[name] = l.adds[strings.Trim(path.Clean(h.Linkname), "/")]
	default:
		l.adds[name], err = entry(h, content)
	}
	return err
}

func entry(h *tar.Header, content io.Reader) (Entry, error) {
	e := Entry{Type: h.Typeflag, Mode: h.Mode, UID: h.Uid, GID: h.Gid, Size: h.Size, Link: h.Linkname,
		Device: [2]int64{h.Devmajor, h.Devminor}}
	if h.Typeflag != tar.TypeReg {
		return e, nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, content); err != nil {
		return e, err
	}
	e.Hash = hex.EncodeToString(sum.Sum(nil))
	return e, nil
}

// apply puts the layer on top.
func (f Files) apply(l *layer) {
	gone := func(name string, itself bool) {
		maps.DeleteFunc(f, func(p string, _ Entry) bool {
			return itself && p == name || strings.HasPrefix(p, name+"/")
		})
	}
	for _, name := range l.removes {
		gone(name, true)
	}
	for _, name := range l.empties {
		gone(name, false)
	}
	for name, e := range l.adds {
		if old, ok := f[name]; ok && old.Type == tar.TypeDir && e.Type != tar.TypeDir {
			gone(name, false)
		}
		f[name] = e
	}
}
