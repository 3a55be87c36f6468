package timings

import (
	"archive/tar"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"

	controlapi "github.com/moby/buildkit/api/services/control"
)

// This file reads a build record, as `docker buildx history export` and Docker Desktop write it into a file that ends
// in .dockerbuild: a compressed archive with an OCI layout. The index leads to a manifest for each build, and one of
// its layers is what BuildKit reported: messages of the type moby.buildkit.v1.StatusResponse, each after its length in
// four bytes, the lowest first.

// statusType is the media type of that layer.
const statusType = "application/vnd.buildkit.status.v0"

// Bounds of a record.
const (
	maxBlob   = 64 << 20 // bytes of a file in it that is looked at
	maxBuilds = 1000
)

// descriptor names a file of the layout.
type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
}

// manifest is an index or a manifest.
type manifest struct {
	Manifests []descriptor `json:"manifests"`
	Layers    []descriptor `json:"layers"`
}

func (t *Timings) record(r io.Reader) error {
	files, err := unpack(r)
	if err != nil {
		return fmt.Errorf("unpack the build record: %w", err)
	}
	index, ok := files["index.json"]
	if !ok {
		return errors.New("it is compressed, but no build record")
	}
	queue := [][]byte{index}
	for i := 0; i < len(queue) && i < maxBuilds; i++ {
		var m manifest
		if err := json.Unmarshal(queue[i], &m); err != nil {
			return fmt.Errorf("read the build record: %w", err)
		}
		for _, d := range m.Manifests {
			if data, ok := files[d.Digest]; ok {
				queue = append(queue, data)
			}
		}
		if err := t.layers(m, files); err != nil {
			return fmt.Errorf("read the build record: %w", err)
		}
	}
	return nil
}

// layers reads the layers of a manifest that BuildKit's reports are in.
func (t *Timings) layers(m manifest, files map[string][]byte) error {
	for _, d := range m.Layers {
		if d.MediaType == statusType {
			if err := t.status(files[d.Digest]); err != nil {
				return err
			}
		}
	}
	return nil
}

// unpack returns the index and the other files of an OCI layout, by their digests.
func unpack(r io.Reader) (map[string][]byte, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	archive := tar.NewReader(io.LimitReader(z, maxFile))
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		name, is := place(h.Name)
		if !is || h.Typeflag != tar.TypeReg || h.Size > maxBlob {
			continue
		}
		if files[name], err = io.ReadAll(archive); err != nil {
			return nil, err
		}
	}
}

// place is the digest of a file of an OCI layout, or index.json. It reports false for other files.
func place(name string) (string, bool) {
	name = path.Clean(name)
	if dir := path.Dir(name); path.Dir(dir) == "blobs" {
		return path.Base(dir) + ":" + path.Base(name), true
	}
	return name, name == "index.json"
}

// errCut reports a message that is not whole.
var errCut = errors.New("what BuildKit reported is cut off")

// status reads what BuildKit reported of one build.
func (t *Timings) status(data []byte) error {
	b := newBuild()
	for len(data) > 0 {
		if len(data) < 4 {
			return errCut
		}
		n := binary.LittleEndian.Uint32(data)
		if data = data[4:]; uint64(n) > uint64(len(data)) {
			return errCut
		}
		var s controlapi.StatusResponse
		if err := s.UnmarshalVT(data[:n]); err != nil {
			return err
		}
		data = data[n:]
		for _, v := range s.Vertexes {
			b.vertex(reportedBy(v))
		}
	}
	return b.end(t)
}

// reportedBy is a step as a message has it.
func reportedBy(v *controlapi.Vertex) vertex {
	to := vertex{Digest: v.Digest, Name: v.Name, Cached: v.Cached, Error: v.Error}
	if v.Started != nil {
		from := v.Started.AsTime()
		to.Started = &from
	}
	if v.Completed != nil {
		end := v.Completed.AsTime()
		to.Completed = &end
	}
	return to
}
