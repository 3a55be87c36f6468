package baseimage

import "strings"

// Dash reports whether /bin/sh in the image is certainly dash, and the image has no SHELL of its own that chooses
// another shell. Debian and Ubuntu have had dash as sh since 2009 (https://wiki.debian.org/Shell).
func (r Ref) Dash() bool {
	if !r.Family().Apt() {
		return false
	}
	return shellKept[r.Library()] || strings.HasPrefix(r.place(), "mcr.microsoft.com/dotnet/") ||
		r.place() == "nvidia/cuda"
}

// shellKept are official images, the variants on Debian and Ubuntu of them, whose Dockerfiles have no SHELL
// (https://github.com/docker-library, 2026).
var shellKept = setOf(`
	buildpack-deps debian eclipse-temurin elixir erlang gcc golang gradle httpd mariadb maven memcached mongo mysql nginx
	node openjdk perl php postgres pypy python rabbitmq redis ruby rust tomcat ubuntu valkey`)

// NoPipefail reports whether sh is certainly a dash without the option pipefail: that of Debian up to 13, and of Ubuntu
// up to 25.10, which have dash 0.5.12 or older (https://tracker.debian.org/pkg/dash).
func (r Ref) NoPipefail() bool {
	if !r.Dash() {
		return false
	}
	for _, word := range strings.Split(r.Tag, "-") {
		if unreleased[word] {
			return false
		}
	}
	if r.Family() == Debian {
		return true
	}
	for _, release := range r.Releases() {
		if release.Product == "Ubuntu" {
			return release.Version < "26"
		}
	}
	return false
}

// unreleased are words of tags that name a Debian without a release yet.
var unreleased = setOf("sid unstable testing experimental rc-buggy rc forky duke")
