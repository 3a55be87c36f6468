package baseimage_test

import (
	"testing"

	"github.com/dfbot/dfbot/review/baseimage"
)

func TestParse(t *testing.T) {
	for image, want := range map[string]baseimage.Ref{
		"debian":                           {Registry: "docker.io", Name: "debian"},
		"debian:12":                        {Registry: "docker.io", Name: "debian", Tag: "12"},
		"docker.io/library/debian:12":      {Registry: "docker.io", Name: "debian", Tag: "12"},
		"a/b@sha256:00":                    {Registry: "docker.io", Name: "a/b", Digest: "sha256:00"},
		"ghcr.io/a/b:c@sha256:00":          {Registry: "ghcr.io", Name: "a/b", Tag: "c", Digest: "sha256:00"},
		"localhost:5000/x":                 {Registry: "localhost:5000", Name: "x"},
		"localhost/x:1":                    {Registry: "localhost", Name: "x", Tag: "1"},
		"mcr.microsoft.com/dotnet/sdk:8.0": {Registry: "mcr.microsoft.com", Name: "dotnet/sdk", Tag: "8.0"},
	} {
		if got := baseimage.Parse(image); got != want {
			t.Errorf("%s: %+v, want %+v", image, got, want)
		}
	}
}
