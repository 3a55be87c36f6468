package rules_test

import (
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
)

// TestPackageFixesTogether: what several rules say of one file becomes one patch, which gives the
// file that an expert would write.
func TestPackageFixesTogether(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"three layers", `FROM debian:12
# for the health check
RUN apt-get update
RUN apt-get install -y curl
RUN rm -rf /var/lib/apt/lists/*
`, `FROM debian:12
# for the health check
RUN apt-get update && \
    apt-get install -y --no-install-recommends curl && \
    rm -rf /var/lib/apt/lists/*
`},
		{"apt brings -y along", `FROM debian:12-slim
RUN apt install curl
`, `FROM debian:12-slim
RUN apt-get install -y --no-install-recommends curl
`},
		{"apt, three RUNs, no -y", `FROM debian:12
RUN apt update
RUN apt install curl
RUN rm -rf /var/lib/apt/lists/*
`, `FROM debian:12
RUN apt-get update && \
    apt-get install -y --no-install-recommends curl && \
    rm -rf /var/lib/apt/lists/*
`},
		{"lists that no step removes", `FROM debian:12
RUN apt-get update
RUN apt-get install curl
`, `FROM debian:12
RUN apt-get update && \
    apt-get install -y --no-install-recommends curl && \
    rm -rf /var/lib/apt/lists/*
`},
		{"apk in three RUNs", `FROM alpine:3.20
RUN apk update
RUN apk add curl
RUN rm -rf /var/cache/apk/*
`, `FROM alpine:3.20
RUN apk add --no-cache curl
RUN rm -rf /var/cache/apk/*
`},
		{"dnf without -y or clean", `FROM fedora:42
RUN dnf install gcc
`, `FROM fedora:42
RUN dnf install -y gcc && \
    dnf clean all
`},
		{"a list of packages over lines", `FROM ubuntu:24.04
RUN apt-get update \
  && apt-get install -y --no-install-recommends \
    cmake \
    clang \
    ninja-build \
  && rm -rf /var/lib/apt/lists/*
`, `FROM ubuntu:24.04
RUN apt-get update \
  && apt-get install -y --no-install-recommends \
    cmake \
    clang \
    ninja-build \
  && rm -rf /var/lib/apt/lists/*
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := judged(unitOf("Dockerfile", []byte(c.src), nil))
			after, _ := res.FixAll(analysis.Unsafe, nil)
			if string(after) != c.want {
				t.Errorf("%s\nwant:\n%s", after, c.want)
			}
		})
	}
}

// TestPackageFixesShareOnePatch: fixture 03 of the corpus and three RUNs that belong together are one comment.
func TestPackageFixesShareOnePatch(t *testing.T) {
	res := judged(unitOf("Dockerfile", []byte("FROM debian:12\nRUN apt update\nRUN apt install curl\nRUN rm -rf "+
		"/var/lib/apt/lists/*\n"), nil))
	groups := res.Groups(res.Diagnostics)
	n := 0
	for _, g := range groups {
		if g.Fix == nil {
			continue
		}
		n++
		if len(g.Fix.LeftOut) > 0 {
			t.Errorf("left out: %s", g.Fix.LeftOut[0].Message)
		}
	}
	if n != 1 {
		t.Errorf("%d patches, want 1", n)
	}
}
