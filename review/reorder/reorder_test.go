package reorder_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/reorder"
	"github.com/dfbot/dfbot/review/shell"
)

func parse(t *testing.T, src string) *dockerfile.File {
	t.Helper()
	f, err := dockerfile.Parse("Dockerfile", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestInstalls shows what is an install of the project's dependencies, and what it is known to be given.
func TestInstalls(t *testing.T) {
	for src, want := range map[string]string{
		"pip install -r requirements.txt":         "pip in /app",
		"pip install flask":                       "",
		"pip install -e .":                        "",
		"python3 -m pip install -r a.txt":         "pip in /app",
		"cd web && npm ci":                        "npm in /app/web locked",
		"npm install express":                     "",
		"npm --prefix web ci":                     "npm in /app/web locked --prefix",
		"npm ci && npm run build":                 "npm in /app locked",
		"set -o errexit; npm ci":                  "npm in /app locked",
		"npm ci; npm run build":                   "npm in /app locked not a chain",
		"go mod download":                         "go in /app",
		"corepack pnpm install --filter web":      "",
		"corepack pnpm install --prod":            "pnpm in /app --prod",
		"bundle config set path x && bundle":      "bundler in /app",
		"uv sync --no-dev":                        "uv in /app --no-dev",
		"uv pip install -r requirements.txt":      "uv in /app -r",
		"composer install --working-dir=/src":     "composer in /src --working-dir",
		"apt-get install -y curl":                 "",
		"npm ci --loglevel warn --ignore-scripts": "npm in /app locked --loglevel --ignore-scripts",
	} {
		f := parse(t, "FROM debian\nWORKDIR /app\nRUN "+src+"\n")
		all := f.Instructions()
		found, _, plain := reorder.Installs(all[len(all)-1])
		var got []string
		for _, i := range found {
			got = append(got, i.Manager.Name+" in "+i.Dir)
			if i.Locked {
				got = append(got, "locked")
			}
			if i.Manager.Name != "pip" {
				got = append(got, i.Flags...)
			}
		}
		if !plain {
			got = append(got, "not a chain")
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s\n got %s\nwant %s", src, text, want)
		}
	}
}

// TestIndependent shows which commands leave the sources in /app alone for certain.
func TestIndependent(t *testing.T) {
	for src, want := range map[string]bool{
		"apt-get install -y curl":       true,
		"apt-get install -y ./tool.deb": false,
		"apt-get install -y $PACKAGES":  false,
		"mkdir -p /var/data":            true,
		"mkdir -p /app/data":            false,
		"mkdir -p data":                 false,
		"chmod -R 755 /opt":             true,
		"chmod -R 755 /":                false,
		"npm install -g pnpm":           true,
		"npm install pnpm":              false,
		"pip install -U pip":            true,
		"pip install -rdev.txt":         false,
		"pip install .":                 false,
		"make":                          false,
		"echo hello":                    true,
		"echo hello > /app/x":           false,
	} {
		all := parse(t, "FROM debian\nRUN "+src+"\n").Instructions()
		steps, _ := shell.Chain(all[1])
		if got := reorder.Independent(steps[0], []string{"/app"}); got != want {
			t.Errorf("%s: %v", src, got)
		}
	}
}

// TestFind shows the mistake and the plan for it, or what is in the way of one.
func TestFind(t *testing.T) {
	files := []string{"package.json", "package-lock.json", "server.js", "lib/a.js"}
	for src, want := range map[string]string{
		"COPY . .\nRUN npm ci":                          "COPY . . -> package.json package-lock.json first",
		"COPY package*.json ./\nRUN npm ci\nCOPY . .":   "",
		"COPY lib lib\nCOPY package.json .\nRUN npm ci": "COPY lib lib -> there is no lock file",
		"COPY . .\nRUN make\nRUN npm ci":                "COPY . . -> %s comes between the two and may use the sources",
		"COPY . .\nRUN npm ci $FLAGS":                   "COPY . . -> its arguments depend on variables",
		"COPY . .\nRUN pip install flask":               "",
		"COPY . .\nRUN npm ci || true":                  "",
	} {
		f := parse(t, "FROM node:22\nWORKDIR /app\n"+src+"\n")
		contents := map[string][]byte{"Dockerfile": nil}
		for _, name := range files {
			contents[name] = []byte("{}")
		}
		tree := &buildcontext.Tree{Paths: slices.Sorted(maps.Keys(contents)), Contents: contents}
		ctx := buildcontext.New(tree, f)
		got := ""
		for _, o := range slices.Concat(reorder.Find(ctx, f, buildcontext.Sources)...) {
			got = o.Lead().OneLine() + " -> "
			if plan, no := o.Plan(); no != nil {
				got += no.Because.Format
			} else {
				var moved []string
				for _, name := range files {
					if strings.Contains(plan.Fix().Edits[0].New+plan.Fix().Edits[len(plan.Fix().Edits)-1].New, name) {
						moved = append(moved, name)
					}
				}
				got += strings.Join(moved, " ") + " first"
			}
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", src, got, want)
		}
	}
}

// TestDownloads: a build downloads only where nothing has before, in its stage or in those that it is built from.
func TestDownloads(t *testing.T) {
	f := parse(t, `FROM golang:1.26 AS base
RUN go mod download
FROM base AS build
RUN go build ./...
FROM golang:1.26 AS other
RUN go build ./...
RUN go build ./cmd
RUN npm ci && echo done
RUN echo nothing
`)
	var got []int
	for _, in := range f.Instructions() {
		if reorder.Downloads(f)[in] {
			first, _ := in.Lines()
			got = append(got, first)
		}
	}
	if want := []int{2, 6, 8}; !slices.Equal(got, want) {
		t.Errorf("lines %v, want %v", got, want)
	}
}
