package dockerfile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/dockerfile"
)

const mirror = "registry.corp:5000/docker/dockerfile"

// TestFrontends: the frontend decides what is built, so only Docker's own on Docker Hub passes for Docker's, and the
// mirrors that the configuration names.
func TestFrontends(t *testing.T) {
	digest := "@sha256:" + strings.Repeat("0a", 32)
	own := []string{
		"docker/dockerfile", "docker/dockerfile:1", "docker/dockerfile:1.7-labs",
		"docker.io/docker/dockerfile:1" + digest, "index.docker.io/docker/dockerfile" + digest,
		"docker/dockerfile-upstream:master", "docker.io/docker/dockerfile-upstream:master", mirror, mirror + ":1",
		mirror + ":1" + digest,
	}
	other := []string{
		"evil.example/x/dockerfile:1", "evil/dockerfile:1", "dockerfile", "library/dockerfile",
		"docker.io/dockerfile:1", "docker/dockerfilex:1", "registry.corp/docker/dockerfile:1",
		"registry.corp:5000/docker/dockerfile-upstream", "registry.corp:5000/docker/dockerfile/x",
		"evil.example/docker/dockerfile:1", "docker.io.evil.example/docker/dockerfile:1",
		"evil.example/docker.io/docker/dockerfile:1", "docker.io:443/docker/dockerfile:1",
		"localhost/docker/dockerfile", "Docker/dockerfile", "docker/../evil/dockerfile", "docker//dockerfile",
		"docker/dockerfile:1/x", "docker/dockerfile:", "docker/dockerfile@", "docker/dockerfile@sha256:12",
		"docker/dockerfile:1\tevil", "https://docker/dockerfile",
	}
	for _, image := range own {
		if err := parseWith("# syntax=" + image + "\nFROM debian:13\n"); err != nil {
			t.Errorf("%s: %v", image, err)
		}
	}
	for _, image := range other {
		if !foreign(parseWith("# syntax=" + image + "\nFROM debian:13\n")) {
			t.Errorf("%s passes for Docker's own", image)
		}
	}
}

// TestSyntaxDirective: what BuildKit takes for a syntax directive is one here, and nothing else.
func TestSyntaxDirective(t *testing.T) {
	const from = "FROM debian:13\n"
	for _, c := range []struct {
		src     string
		foreign bool
	}{
		{"# syntax = evil/x\n" + from, true},
		{"#syntax=evil/x\n" + from, true},
		{"# SynTax=evil/x\n" + from, true},
		{"#\tsyntax=evil/x\r\n" + from, true},
		{"# syntax=evil/x docker/dockerfile:1\n" + from, true},
		{"# syntax=docker/dockerfile:1 evil/x\n" + from, false},
		{"\xef\xbb\xbf# syntax=evil/x\n" + from, true},
		{"#!/usr/bin/env docker\n# syntax=evil/x\n" + from, true},
		{"# escape=`\n# syntax=evil/x\n" + from, true},
		{"# check=skip=all\n# syntax=evil/x\n" + from, true},
		{"//syntax=evil/x\n" + from, true},
		{"// syntax = evil/x\n" + from, true},
		{"#!/bin/x\n//syntax=evil/x\n" + from, true},
		{`{"syntax": "evil/x"}` + "\n", true},
		{"# syntax=docker/dockerfile:1\n# syntax=evil/x\n" + from, false}, // refused by BuildKit, which is said as such
		{"# a comment\n# syntax=evil/x\n" + from, false},
		{"\n# syntax=evil/x\n" + from, false},
		{from + "# syntax=evil/x\n", false},
		{"ARG BUILDKIT_SYNTAX=evil/x\n" + from, false}, // heeded on the command line only
		{from + "ARG BUILDKIT_SYNTAX=evil/x\nENV BUILDKIT_SYNTAX=evil/x\n", false},
	} {
		if got := foreign(parseWith(c.src)); got != c.foreign {
			t.Errorf("%q: for another frontend %v, want %v", c.src, got, c.foreign)
		}
	}
}

// TestReparseFrontend: a mirror stays one when the file is parsed again.
func TestReparseFrontend(t *testing.T) {
	src := "# syntax=" + mirror + ":1\nFROM debian:13\nRUN a\n"
	f, err := dockerfile.Parse("Dockerfile", []byte(src), mirror)
	if err != nil {
		t.Fatal(err)
	}
	for _, after := range []string{strings.Replace(src, "13", "12", 1), strings.Replace(src, "RUN a", "RUN b", 1)} {
		if f, err = f.Reparse([]byte(after)); err != nil {
			t.Fatal(err)
		}
	}
}

func parseWith(src string) error {
	_, err := dockerfile.Parse("Dockerfile", []byte(src), mirror)
	return err
}

func foreign(err error) bool {
	var e *dockerfile.Error
	return errors.As(err, &e) && e.Foreign
}
