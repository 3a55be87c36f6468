// Package baseimage holds what is known of base images without asking a registry: the
// distribution, the user, the programs and variables that an image of that name has. It must
// never guess: it says nothing about an image that it does not know.
package baseimage

import "strings"

// Ref is a parsed image reference
// (https://github.com/distribution/reference/blob/main/reference.go).
type Ref struct {
	Registry string // docker.io where the reference names none
	Name     string // repository without registry; library/ is left out for official images
	Tag      string // "" if there is none
	Digest   string // with its algorithm; "" if there is none
}

// Parse parses an image reference. It does not check whether it is valid.
func Parse(image string) Ref {
	var r Ref
	image, r.Digest, _ = strings.Cut(image, "@")
	if i := strings.LastIndex(image, ":"); i > strings.LastIndex(image, "/") {
		image, r.Tag = image[:i], image[i+1:]
	}
	r.Registry, r.Name = "docker.io", image
	if head, rest, ok := strings.Cut(image, "/"); ok && (strings.ContainsAny(head, ".:") || head == "localhost") {
		r.Registry, r.Name = head, rest
	}
	if r.Registry == "index.docker.io" {
		r.Registry = "docker.io"
	}
	if r.Registry == "docker.io" {
		r.Name = strings.TrimPrefix(r.Name, "library/")
	}
	return r
}

// Official reports whether the image is one of Docker's official images.
func (r Ref) Official() bool { return r.Registry == "docker.io" && !strings.Contains(r.Name, "/") }
