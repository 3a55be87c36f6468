package baseimage_test

import (
	"testing"

	"github.com/dfbot/dfbot/review/baseimage"
)

func TestCommand(t *testing.T) {
	for _, c := range []struct {
		image, name string
		has, known  bool
	}{
		{"debian:13-slim", "curl", false, true}, {"debian:13-slim", "apt-get", false, false},
		{"debian:8", "ps", false, false}, {"debian:12", "adduser", false, false}, {"debian:13", "adduser", false, true},
		{"debian", "apt-key", false, true}, {"debian:sid", "curl", false, false},
		{"debian:bookworm", "gpg", false, true},
		{"ubuntu:24.04", "sudo", false, true}, {"ubuntu:24.04", "ps", false, false},
		{"ubuntu:14.04", "ping", false, false},
		{"alpine:3.22", "bash", false, true}, {"alpine", "pip3", false, true}, {"alpine:3.9", "pip3", false, false},
		{"alpine:3.22", "wget", false, false}, {"busybox", "bash", false, true},
		{"node:24", "curl", false, false}, {"node:24-slim", "curl", false, true}, {"node:24-slim", "node", true, true},
		{"node:8-slim", "curl", false, false}, {"node:lts-alpine", "git", false, true},
		{"python:3.13-slim", "adduser", false, true}, {"python:3.13.1-slim", "adduser", false, false},
		{"python:3.13-slim", "python3", true, true}, {"python:3.13", "git", false, false},
		{"golang:1.26-alpine", "git", false, true}, {"golang:1.26", "make", false, false},
		{"golang:tip-alpine", "git", false, false}, {"php:8.4-fpm", "curl", true, true},
		{"php:8.4-fpm-alpine", "make", false, true}, {"nginx:1.29", "curl", false, false},
		{"nginx:1.29-alpine", "git", false, true}, {"redis:8", "gosu", false, false},
		{"eclipse-temurin:21-jre", "curl", false, false}, {"eclipse-temurin:21-jre", "git", false, true},
		{"mcr.microsoft.com/dotnet/aspnet:8.0", "curl", false, true},
		{"mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled", "curl", false, true},
		{"mcr.microsoft.com/dotnet/sdk:10.0", "curl", false, false},
		{"gcr.io/distroless/static:nonroot", "curl", false, true},
		{"gcr.io/distroless/static:debug", "sh", false, false},
		{"gcr.io/distroless/java17-debian12", "java", false, false}, {"scratch", "curl", false, true},
		{"scratch", "hook", false, false}, {"fedora:42", "git", false, true}, {"fedora:42", "useradd", false, false},
		{"amazonlinux:2023", "useradd", false, true}, {"registry.access.redhat.com/ubi9/ubi", "useradd", false, false},
		{"registry.access.redhat.com/ubi9/ubi-minimal:9.6", "useradd", false, true},
		{"example/app", "curl", false, false},
		{"maven:3", "curl", false, false}, {"caddy:2-builder", "git", false, false},
	} {
		if has, known := baseimage.Parse(c.image).Command(c.name); has != c.has || known != c.known {
			t.Errorf("%s %s: %v %v", c.image, c.name, has, known)
		}
	}
}

func TestMayBring(t *testing.T) {
	for _, c := range []struct {
		family       baseimage.Family
		pkg, program string
		want         bool
	}{
		{baseimage.Debian, "curl", "curl", true}, {baseimage.Debian, "git", "curl", false},
		{baseimage.Debian, "build-essential", "make", true}, {baseimage.Debian, "libpq-dev", "curl", false},
		{baseimage.Debian, "procps", "ps", true}, {baseimage.Debian, "nodejs", "npm", true},
		{baseimage.Debian, "example", "curl", true},
		{baseimage.Ubuntu, "fonts-noto", "git", false}, {baseimage.Alpine, "build-base", "gcc", true},
		{baseimage.Alpine, "shadow", "useradd", true}, {baseimage.Alpine, "musl-dev", "bash", false},
		{baseimage.Alpine, "example", "bash", true}, {baseimage.RedHat, "git", "make", true},
	} {
		if got := c.family.MayBring(c.pkg, c.program); got != c.want {
			t.Errorf("%s for %s: %v", c.pkg, c.program, got)
		}
	}
}

func TestPackage(t *testing.T) {
	for program, want := range map[string][3]string{
		"useradd": {"", "shadow", "shadow-utils"}, "gpg": {"gnupg", "gnupg", ""}, "ps": {"procps", "", ""},
		"g++": {"g++", "g++", "gcc-c++"}, "example": {},
	} {
		got := [3]string{baseimage.Debian.Package(program), baseimage.Alpine.Package(program),
			baseimage.RedHat.Package(program)}
		if got != want {
			t.Errorf("%s: %v", program, got)
		}
	}
}

func TestLacksUser(t *testing.T) {
	for _, c := range []struct {
		image, name string
		user, group bool
	}{
		{"debian:13", "heron", true, true}, {"debian:13", "nobody", false, true},
		{"debian:13", "www-data", false, false},
		{"alpine:3.22", "nobody", false, false}, {"alpine:3.22", "www-data", true, false},
		{"php:8.4-fpm-alpine", "www-data", false, false}, {"node:24-slim", "node", false, false},
		{"nginx:1.29", "nginx", false, false}, {"scratch", "heron", true, true}, {"scratch", "root", false, false},
		{"mcr.microsoft.com/dotnet/aspnet:10.0", "app", false, false}, {"example/app", "heron", false, false},
		{"fedora:42", "heron", false, false}, {"debian:sid", "heron", false, false},
	} {
		r := baseimage.Parse(c.image)
		if user, group := r.LacksUser(c.name), r.LacksGroup(c.name); user != c.user || group != c.group {
			t.Errorf("%s %s: %v %v", c.image, c.name, user, group)
		}
	}
}

func TestManagesPython(t *testing.T) {
	for image, want := range map[string]bool{
		"debian:12": true, "debian:bookworm-slim": true, "debian": true, "debian:11": false, "ubuntu:24.04": true,
		"ubuntu": true, "ubuntu:22.04": false, "alpine:3.22": true, "alpine:3.18": false, "python:3.13": false,
		"node:24-bookworm": true, "node:24": false, "example/app": false,
	} {
		if got := baseimage.Parse(image).ManagesPython(); got != want {
			t.Errorf("%s: %v", image, got)
		}
	}
}
