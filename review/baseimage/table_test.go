package baseimage_test

import (
	"testing"
	"time"

	"github.com/dfbot/dfbot/review/baseimage"
)

func TestFamily(t *testing.T) {
	for image, want := range map[string]baseimage.Family{
		"scratch": baseimage.Scratch, "debian:12-slim": baseimage.Debian, "ubuntu": baseimage.Ubuntu,
		"alpine:3.20": baseimage.Alpine, "python:3.12": baseimage.Debian, "python:3.12-slim": baseimage.Debian,
		"python:3.12-alpine3.20": baseimage.Alpine, "node:22-bookworm-slim": baseimage.Debian,
		"maven:3-eclipse-temurin-21": baseimage.Ubuntu, "maven:3-eclipse-temurin-21-alpine": baseimage.Alpine,
		"eclipse-temurin:17-jammy": baseimage.Ubuntu, "eclipse-temurin:21-jre-ubi9-minimal": baseimage.RedHat,
		"golang:1.26-windowsservercore-ltsc2025":             baseimage.Windows,
		"mcr.microsoft.com/windows/servercore:ltsc2022":      baseimage.Windows,
		"mcr.microsoft.com/dotnet/aspnet:8.0":                baseimage.Debian,
		"mcr.microsoft.com/dotnet/aspnet:10.0":               baseimage.Ubuntu,
		"mcr.microsoft.com/dotnet/aspnet:9.0-noble-chiseled": baseimage.Distroless,
		"mcr.microsoft.com/dotnet/sdk:9.0-alpine":            baseimage.Alpine,
		"gcr.io/distroless/static:nonroot":                   baseimage.Distroless,
		"gcr.io/distroless/java17-debian12":                  baseimage.Distroless,
		"cgr.dev/chainguard/go:latest-dev":                   baseimage.Wolfi,
		"cgr.dev/chainguard/static":                          baseimage.Distroless,
		"registry.access.redhat.com/ubi9/ubi-minimal:9.4":    baseimage.RedHat,
		"nvidia/cuda:12.4.1-base-ubi8":                       baseimage.RedHat,
		"nvidia/cuda:12.4.1-devel-ubuntu22.04":               baseimage.Ubuntu,
		"arm64v8/alpine:3.20":                                baseimage.Alpine,
		"public.ecr.aws/docker/library/python:3.12":          baseimage.Debian,
		"buildpack-deps:24.04-curl":                          baseimage.Ubuntu, "buildpack-deps:curl": baseimage.Debian,
		"openjdk:8": baseimage.Debian, "openjdk:17": baseimage.Unknown,
		"mcr.microsoft.com/dotnet/framework/runtime:4.8.1": baseimage.Windows,
		"mcr.microsoft.com/dotnet/framework/aspnet":        baseimage.Windows,
		"microsoft/dotnet-framework:4.7":                   baseimage.Windows, "example/app:1": baseimage.Unknown,
		"alpinist/x": baseimage.Unknown, "base": baseimage.Unknown, "ros:kinetic-ros-base-jessie": baseimage.Debian,
		"ubuntu:kinetic": baseimage.Ubuntu, "mcr.microsoft.com/mirror/docker/library/debian:12": baseimage.Debian,
	} {
		if got := baseimage.Parse(image).Family(); got != want {
			t.Errorf("%s: %v, want %v", image, got, want)
		}
	}
}

func TestUser(t *testing.T) {
	for image, want := range map[string]string{
		"debian": "root", "node:22": "root", "postgres:16": "root", "gcr.io/distroless/base": "root",
		"gcr.io/distroless/base:debug-nonroot": "nonroot", "cgr.dev/chainguard/node": "nonroot",
		"cgr.dev/chainguard/wolfi-base": "root", "jenkins/jenkins:lts": "jenkins", "jenkins/jenkinsfile-runner": "",
		"nginxinc/nginx-unprivileged:1.27": "nginx", "mcr.microsoft.com/dotnet/aspnet:8.0": "root",
		"mcr.microsoft.com/dotnet/aspnet:8.0-jammy-chiseled": "$APP_UID", "memcached": "memcache", "haproxy:2.2": "",
		"spark:3.4.0-scala2.12-java11-ubuntu": "", "example/app": "",
		"registry.access.redhat.com/ubi8/python-39": "1001", "registry.access.redhat.com/ubi8/ubi:8.9": "root",
		"mcr.microsoft.com/windows/servercore:ltsc2022": "", "ghcr.io/astral-sh/uv:python3.12-bookworm-slim": "root",
		"scratch": "root",
	} {
		got, known := baseimage.Parse(image).User()
		if got != want || known != (want != "") {
			t.Errorf("%s: %q %v, want %q", image, got, known, want)
		}
	}
}

func TestDropsPrivileges(t *testing.T) {
	for image, want := range map[string]bool{
		"postgres:16": true, "nginx:alpine": true, "php:8.3-fpm": true, "php:8.3-apache": true, "php:8.3-cli": false,
		"node": false, "linuxserver/plex": true, "lscr.io/linuxserver/plex": true, "docker:dind": true,
		"example/postgres": false,
	} {
		if got := baseimage.Parse(image).DropsPrivileges(); got != want {
			t.Errorf("%s: %v", image, got)
		}
	}
}

func TestMakesUsers(t *testing.T) {
	for image, want := range map[string]bool{
		"centos:7": true, "fedora:42": true, "rockylinux/rockylinux:9": true, "rockylinux:9-minimal": false,
		"amazonlinux:2023": false, "registry.access.redhat.com/ubi9/ubi": false, "redhat/ubi9-minimal": false,
		"eclipse-temurin:21-ubi9-minimal": false, "amazoncorretto:21-al2023": false,
		"mcr.microsoft.com/azurelinux/base/core:3.0": false, "quay.io/centos/centos:stream10": true,
	} {
		if got := baseimage.Parse(image).MakesUsers(); got != want {
			t.Errorf("%s: %v", image, got)
		}
	}
}

func TestReleases(t *testing.T) {
	for image, want := range map[string]string{
		"python:3.7-slim-buster": "Python 3.7, Debian 10", "python:3": "",
		"python:2-alpine3.11": "Python 2.7, Alpine 3.11", "debian:stretch-slim": "Debian 9", "debian:9.13": "Debian 9",
		"debian:stable": "", "debian:bullseye-20231120-slim": "Debian 11", "ubuntu:18.04": "Ubuntu 18.04",
		"ubuntu:bionic-20230101": "Ubuntu 18.04", "ubuntu": "", "alpine:3.12.1": "Alpine 3.12", "alpine:edge": "",
		"node:14.21.3-buster": "Node.js 14, Debian 10", "node:carbon": "Node.js 8", "node:0.10": "Node.js 0.10",
		"node:lts": "", "golang:1.12beta1-stretch": "Go 1.12, Debian 9", "golang:1": "", "php:7-fpm": "PHP 7.4",
		"php:7.2-apache": "PHP 7.2", "postgres:9.6-alpine": "PostgreSQL 9.6", "postgres:12.3": "PostgreSQL 12",
		"mcr.microsoft.com/dotnet/core/sdk:3.1": ".NET 3.1", "microsoft/dotnet:2.1-aspnetcore-runtime": ".NET 2.1",
		"centos": "CentOS 8", "centos:7.9.2009": "CentOS 7", "centos:centos6": "CentOS 6",
		"openjdk:8-jre-alpine": "the image openjdk ", "openjdk:22-ea": "", "eclipse-temurin:19": "Java 19",
		"eclipse-temurin:17": "", "nvidia/cuda:10.2-devel-ubuntu18.04": "Ubuntu 18.04",
		"tiangolo/uvicorn-gunicorn:python3.6-alpine3.8": "Python 3.6, Alpine 3.8", "example/python:3.6": "",
		"arm32v7/debian:jessie": "Debian 8", "amazonlinux:2": "Amazon Linux 2", "mysql:5": "MySQL 5.7",
		"buildpack-deps:20.04-curl": "Ubuntu 20.04", "buildpack-deps:focal": "Ubuntu 20.04", "buildpack-deps:curl": "",
		"quay.io/centos/centos:stream8": "CentOS Stream 8", "ubuntu:lunar": "Ubuntu 23.04",
		"ros:kinetic-ros-base-xenial": "Ubuntu 16.04", "osrf/ros:lunar-desktop-stretch": "Debian 9", "ros:kinetic": "",
		"mcr.microsoft.com/dotnet/aspire-dashboard:9.0":                  "",
		"mcr.microsoft.com/dotnet/nightly/sdk:9.0-alpine":                ".NET 9.0",
		"mcr.microsoft.com/mirror/docker/library/python:3.7-slim-buster": "Python 3.7, Debian 10",
		"mcr.microsoft.com/python:3.7":                                   "",
	} {
		got := ""
		for _, r := range baseimage.Parse(image).Releases() {
			if got != "" {
				got += ", "
			}
			got += r.Product + " " + r.Version
		}
		if got != want {
			t.Errorf("%s: %q, want %q", image, got, want)
		}
	}
}

func TestEnded(t *testing.T) {
	r := baseimage.Parse("debian:11").Releases()[0]
	last, next := time.Date(2026, 8, 31, 23, 0, 0, 0, time.UTC), time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	if r.Ended(last) || !r.Ended(next) || r.Ended(time.Time{}) {
		t.Errorf("ended on its last day %v, on the next %v, on no day %v", r.Ended(last), r.Ended(next),
			r.Ended(time.Time{}))
	}
	if r.EndedBefore(next, 30*24*time.Hour) || !r.EndedBefore(next.AddDate(0, 2, 0), 30*24*time.Hour) {
		t.Error("a month is not counted right")
	}
}

// TestNext holds the table to itself: what it sends people to must be in it, and maintained when it
// was made.
func TestNext(t *testing.T) {
	made, _ := time.Parse(time.DateOnly, baseimage.AsOf)
	for _, image := range []string{"debian", "ubuntu", "alpine", "node", "python", "ruby", "golang", "php", "postgres",
		"mysql", "mariadb", "fedora"} {
		tag := baseimage.Parse(image).Current()
		rs := baseimage.Parse(image + ":" + tag).Releases()
		if len(rs) != 1 || rs[0].Ended(made) {
			t.Errorf("%s:%s: %+v", image, tag, rs)
		}
	}
}

func TestToolchain(t *testing.T) {
	for image, want := range map[string]string{
		"golang:1.26-alpine": "Go", "rust:1": "Rust", "maven:3": "Java", "eclipse-temurin:21": "Java",
		"eclipse-temurin:21-jre": "", "mcr.microsoft.com/dotnet/sdk:8.0": ".NET",
		"mcr.microsoft.com/dotnet/aspnet:8.0": "", "gcc:14": "C", "node:22": "Node", "debian": "",
	} {
		if got := baseimage.Parse(image).Toolchain(); got != want {
			t.Errorf("%s: %q, want %q", image, got, want)
		}
	}
}

func TestBulky(t *testing.T) {
	for image, want := range map[string]string{
		"python:3.12": "3.12-slim", "python:3.12-bookworm": "3.12-slim-bookworm",
		"node:22-bookworm": "22-bookworm-slim", "python:bookworm": "slim-bookworm", "node:bookworm": "bookworm-slim",
		"ruby:2.6-stretch": "2.6-slim-stretch", "rust:1.77": "1.77-slim", "perl:5.42-trixie": "5.42-slim-trixie",
		"debian:12": "", "node:22-slim": "", "node:22-alpine": "", "python:latest": "slim", "golang:1.26": "",
		"python:3.12-windowsservercore": "",
	} {
		if got, _ := baseimage.Parse(image).Bulky(); got != want {
			t.Errorf("%s: %q, want %q", image, got, want)
		}
	}
}

func TestSets(t *testing.T) {
	for _, c := range []struct {
		image, name string
		yes, known  bool
	}{
		{"node:22", "NODE_VERSION", true, true}, {"node:22", "VERSION", false, false},
		{"debian:12", "VERSION", false, true}, {"debian:12", "PATH", true, true}, {"scratch", "PATH", false, true},
		{"example/app", "VERSION", false, false},
	} {
		if yes, known := baseimage.Parse(c.image).Sets(c.name); yes != c.yes || known != c.known {
			t.Errorf("%s %s: %v %v", c.image, c.name, yes, known)
		}
	}
}

func TestWithoutEntrypoint(t *testing.T) {
	for image, want := range map[string]bool{
		"python:3.13": true, "debian": true, "docker.io/library/golang:1.27": true, "node:24": false, "postgres": false,
		"gcr.io/distroless/nodejs22-debian12": false, "corp/python": false,
	} {
		if got := baseimage.Parse(image).WithoutEntrypoint(); got != want {
			t.Errorf("%s: %v", image, got)
		}
	}
}

func TestNoPipefail(t *testing.T) {
	for image, want := range map[string]bool{
		"debian:trixie-slim": true, "debian": true, "python:3.13": true, "node:24-bookworm": true, "ubuntu:24.04": true,
		"mcr.microsoft.com/dotnet/sdk:9.0": true, "eclipse-temurin:21-jre-noble": true, "ubuntu:focal": true,
		"nvidia/cuda:12.4.1-devel-ubuntu22.04": true, "ubuntu": false, "ubuntu:26.04": false, "debian:sid-slim": false,
		"node:24-alpine": false, "fedora": false, "eclipse-temurin:21": false, "jupyter/base-notebook": false,
		"postgres:16": true, "example/debian": false,
	} {
		if got := baseimage.Parse(image).NoPipefail(); got != want {
			t.Errorf("%s: %v", image, got)
		}
	}
}
