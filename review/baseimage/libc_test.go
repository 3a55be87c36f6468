package baseimage_test

import (
	"testing"

	"github.com/dfbot/dfbot/review/baseimage"
)

func TestLibc(t *testing.T) {
	for image, want := range map[string]baseimage.Libc{
		"alpine:3.23":                           {Musl: true, System: "Alpine"},
		"golang:1.26-alpine":                    {Musl: true, System: "Alpine"},
		"debian:bookworm-slim":                  {Glibc: 36, System: "Debian 12 (bookworm)", Code: "bookworm"},
		"rust:1.92-slim":                        {Glibc: 41, System: "Debian 13 (trixie)", Code: "trixie"},
		"rust:1.80":                             {Glibc: 36, System: "Debian 12 (bookworm)", Code: "bookworm"},
		"rust:1.89":                             {System: "a system with glibc"}, // changed while it was maintained
		"rust:1":                                {System: "a system with glibc"},
		"ubuntu:22.04":                          {Glibc: 35, System: "Ubuntu 22.04"},
		"gcr.io/distroless/cc-debian12:nonroot": {Glibc: 36, System: "Debian 12 (bookworm)", Code: "bookworm"},
		"gcr.io/distroless/static-debian12":     {}, "scratch": {}, "example.com/app:1": {},
	} {
		if got, known := baseimage.Parse(image).Libc(); got != want || known != (want != baseimage.Libc{}) {
			t.Errorf("%s: %+v %v, want %+v", image, got, known, want)
		}
	}
}

func TestLanguage(t *testing.T) {
	for image, want := range map[string]string{
		"python:3.13-slim": "3.13", "python:3": "", "gcr.io/distroless/python3-debian12": "3.11",
		"ghcr.io/astral-sh/uv:python3.12-bookworm-slim": "3.12", "debian:12": "",
	} {
		if got := baseimage.Parse(image).Language("Python"); got != want {
			t.Errorf("%s: %q, want %q", image, got, want)
		}
	}
}

func TestDevelopment(t *testing.T) {
	for image, moves := range map[string]bool{
		"debian:sid": true, "debian:sid-20260803-slim": true, "debian:trixie": false, "alpine:edge": true,
		"rustlang/rust:nightly-alpine": true, "rust:1.92": false, "example.com/debian:sid": false,
	} {
		if got := baseimage.Parse(image).Development(); (got != "") != moves {
			t.Errorf("%s: %q", image, got)
		}
	}
}
