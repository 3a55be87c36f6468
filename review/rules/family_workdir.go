package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// atRoot reports whether the stage's base image certainly leaves the working directory at /.
func atRoot(s *dockerfile.Stage) bool {
	image := s.Root().Image
	if !image.Known {
		return false
	}
	ref := baseimage.Parse(image.Text)
	return image.Text == "scratch" || ref.Official() && slices.Contains(withoutWorkdir, ref.Name)
}

// withoutWorkdir are official images whose Dockerfiles set no WORKDIR in any variant
// (https://github.com/docker-library/official-images).
var withoutWorkdir = strings.Fields(`almalinux alpine amazoncorretto amazonlinux archlinux bash buildpack-deps busybox
	centos debian eclipse-temurin elixir erlang fedora gcc mariadb mysql nginx node openjdk oraclelinux postgres python
	rockylinux ruby rust swift ubuntu`)
