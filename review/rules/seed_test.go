package rules_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/rules"
)

// lesson is a Dockerfile as people write it who have not yet read how to, and as they write it
// afterwards: the way from one to the other is all fixes of dfbot, in as many passes as they take.
type lesson struct {
	name    string
	context map[string]string // what is beside the Dockerfile
	before  string
	after   string   // "" where no fix is made: the same as before
	sketch  string   // what a display-only fix of `before` shows; "" for none
	off     []string // rules of the lesson that are off by default
	stays   []string // rules that still speak of `after` at warning or above, each with its reason beside it
}

// thatDay is one on which the versions were maintained that the lessons name.
var thatDay = time.Date(2024, time.June, 1, 0, 0, 0, 0, time.UTC)

var (
	python = map[string]string{"requirements.txt": "flask\n", "app.py": "print()\n"}
	node   = map[string]string{"package.json": `{"dependencies": {"express": "4"}}`,
		"package-lock.json": `{"lockfileVersion": 3}`, "server.js": "1\n"}
	golang = map[string]string{"go.mod": "module example.com/x\n\ngo 1.22\n\nrequire example.com/y v1.0.0\n",
		"go.sum":             "example.com/y v1.0.0 h1:x\n",
		"cmd/server/main.go": "package main\n"}
)

// lessons follow "Art of Writing a Dockerfile", the document that dfbot comes from, from its first example to its last.
// What it shows as good is one of the lessons as well: without a fix it must stay as it is, and silent but for what
// `stays` says.
var lessons = []lesson{
	{
		name: "what changes least comes first", context: python,
		before: `FROM python:3.12-slim
COPY . /app
WORKDIR /app
RUN pip install -r requirements.txt
`,
		after: `FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
`,
	},
	{
		name: "what differs with every build comes last", context: python,
		before: `FROM python:3.12-slim
ARG GIT_SHA
LABEL org.opencontainers.image.revision=$GIT_SHA
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
`,
		after: `FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
ARG GIT_SHA
LABEL org.opencontainers.image.revision=$GIT_SHA
COPY . .
`,
	},
	{
		name: "after COPY there are no comments, after the shell's commands there are", context: python,
		before: `FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt . # the list
RUN pip install --no-cache-dir -r requirements.txt # from the list
COPY . . # the rest
`,
		after: `FROM python:3.12-slim
WORKDIR /app
# the list
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt # from the list
# the rest
COPY . .
`,
	},
	{
		name: "WORKDIR makes the folder and goes there", context: map[string]string{"run.sh": "x\n"},
		before: `FROM debian:12-slim
RUN mkdir -p /srv/app && cd /srv/app
COPY run.sh /srv/app/
`,
		after: `FROM debian:12-slim
WORKDIR /srv/app
COPY run.sh /srv/app/
`,
	},
	{
		name:    "a cd that a command follows stays: later paths may count on the folder of today",
		context: map[string]string{"run.sh": "x\n"},
		before: `FROM debian:12-slim
RUN mkdir -p /srv/app && cd /srv/app && touch made
COPY run.sh conf/
`,
		stays: []string{"relative-copy-without-workdir"}, // of the COPY, which goes to / whatever the cd says
	},
	{
		name: "ADD is for archives and URLs", context: map[string]string{"run.sh": "x\n", "tool.tar.gz": "x\n"},
		before: `FROM debian:12-slim
ADD run.sh /usr/local/bin/
ADD tool.tar.gz /opt/
`,
		after: `FROM debian:12-slim
COPY run.sh /usr/local/bin/
ADD tool.tar.gz /opt/
`,
	},
	{
		name: "what belongs together is one layer",
		before: `FROM debian:12-slim
RUN apt-get update
RUN apt-get install -y curl
RUN rm -rf /var/lib/apt/lists/*
`,
		after: `FROM debian:12-slim
RUN apt-get update && \
    apt-get install -y --no-install-recommends curl && \
    rm -rf /var/lib/apt/lists/*
`,
	},
	{
		name: "an argument of FROM is not one of the stage",
		before: `ARG ALPINE=3.20
FROM node:20-alpine${ALPINE}
ENV NODE_ENV=production
ENV PORT=3000
RUN echo "on Alpine $ALPINE" > /etc/motd
`,
		after: `ARG ALPINE=3.20
FROM node:20-alpine${ALPINE}
ENV NODE_ENV=production
ENV PORT=3000
ARG ALPINE
RUN echo "on Alpine $ALPINE" > /etc/motd
`,
	},
	{
		name: "EXPOSE names a port of the container",
		before: `FROM nginx:1.27-alpine
EXPOSE 8080:80
`,
		after: `FROM nginx:1.27-alpine
EXPOSE 80
`,
	},
	{
		name: "CMD in exec form gets the signals", context: python,
		before: `FROM python:3.12-slim
WORKDIR /app
COPY app.py .
USER 1000
CMD python3 app.py
`,
		after: `FROM python:3.12-slim
WORKDIR /app
COPY app.py .
USER 1000
CMD ["python3", "app.py"]
`,
	},
	{
		name: "ENTRYPOINT is the program, CMD its arguments",
		before: `FROM nginx:1.27-alpine
ENTRYPOINT nginx
CMD ["-g", "daemon off;"]
`,
		after: `FROM nginx:1.27-alpine
ENTRYPOINT ["nginx"]
CMD ["-g", "daemon off;"]
`,
	},
	{
		name: "only one CMD counts",
		before: `FROM nginx:1.27-alpine
CMD ["nginx", "-t"]
CMD ["nginx", "-g", "daemon off;"]
`,
		after: `FROM nginx:1.27-alpine
CMD ["nginx", "-g", "daemon off;"]
`,
	},
	{
		name: "what is written to a volume comes before it",
		before: `FROM debian:12-slim
VOLUME /data
RUN echo 1 > /data/version
`,
		after: `FROM debian:12-slim
RUN echo 1 > /data/version
VOLUME /data
`,
	},
	{
		name: "labels have the keys that others look for",
		before: `FROM debian:12-slim
LABEL org.opencontainers.image.author="someone"
`,
		after: `FROM debian:12-slim
LABEL org.opencontainers.image.authors="someone"
`,
	},
	{
		name: "the compiler stays in its stage", context: golang,
		before: `FROM golang:1.22-alpine
WORKDIR /app
COPY . .
RUN go build -o /server ./cmd/server
EXPOSE 8080
USER 65534
ENTRYPOINT ["/server"]
`,
		after: `FROM golang:1.22-alpine
WORKDIR /app
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go build -o /server ./cmd/server
EXPOSE 8080
USER 65534
ENTRYPOINT ["/server"]
`,
		sketch: `FROM golang:1.22-alpine AS build
`,
		stays: []string{"toolchain-in-final-stage"}, // a second stage is for the author to write: dfbot shows it
	},
	{
		name: "a program on scratch brings all that it needs", context: golang,
		before: `FROM golang:1.22 AS builder
WORKDIR /app
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go build -o /server ./cmd/server

FROM scratch
COPY --from=builder /server /server
EXPOSE 8080
ENTRYPOINT ["/server"]
`,
		after: `FROM golang:1.22 AS builder
WORKDIR /app
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -o /server ./cmd/server

FROM scratch
COPY --from=builder /server /server
EXPOSE 8080
ENTRYPOINT ["/server"]
`,
		stays: []string{"root-user"}, // scratch is root as well
	},
	{
		name: "two stages for an interpreter, and npm's flag of today", context: node,
		before: `FROM node:20-alpine AS deps
WORKDIR /app
COPY package*.json ./
RUN npm ci --only=production

FROM node:20-alpine AS runtime
WORKDIR /app
COPY --from=deps /app/node_modules ./node_modules
COPY . .
USER node # no longer root
EXPOSE 3000
CMD ["node", "server.js"]
`,
		after: `FROM node:20-alpine AS deps
WORKDIR /app
COPY package*.json ./
RUN npm ci --omit=dev

FROM node:20-alpine AS runtime
WORKDIR /app
COPY --from=deps /app/node_modules ./node_modules
COPY . .
# no longer root
USER node
EXPOSE 3000
CMD ["node", "server.js"]
`,
	},
	{
		name: "a user of its own owns what is copied", context: python,
		before: `FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
RUN groupadd -r appuser && useradd -r -g appuser appuser && chown -R appuser:appuser /app
USER appuser
CMD ["python3", "app.py"]
`,
		after: `FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
RUN groupadd -r appuser && useradd -r -g appuser appuser
COPY --chown=appuser:appuser . .
USER appuser
CMD ["python3", "app.py"]
`,
	},
	{
		name: "nobody is root", context: python,
		before: `FROM python:3.12-slim
WORKDIR /app
COPY app.py .
EXPOSE 8000
CMD ["python3", "app.py"]
`,
		sketch: `USER app
`,
		stays: []string{"root-user"}, // what the program may write, only the author knows: dfbot shows how
	},
	{
		name: "a secret is mounted",
		before: `FROM python:3.12-slim
ARG PIP_TOKEN
RUN pip install --no-cache-dir --extra-index-url "https://${PIP_TOKEN}@pypi.example.com/simple/" ours
`,
		after: `FROM python:3.12-slim
RUN --mount=type=secret,id=PIP_TOKEN,env=PIP_TOKEN ` +
			`pip install --no-cache-dir --extra-index-url "https://${PIP_TOKEN}@pypi.example.com/simple/" ours
`,
	},
	{
		name: "a mounted secret is no secret of the image",
		before: `# syntax=docker/dockerfile:1
FROM python:3.12-slim
RUN --mount=type=secret,id=pip_token \
    pip install --no-cache-dir --extra-index-url \
    "https://$(cat /run/secrets/pip_token)@pypi.example.com/simple/" \
    ours
`,
	},
	{
		name: "credentials are not copied",
		context: map[string]string{".env": "API_TOKEN=0b9ce2f1d3a84c56\n",
			"id_ed25519": "-----BEGIN OPENSSH PRIVATE KEY-----\n"},
		before: `FROM debian:12-slim
COPY .env /srv/
COPY id_ed25519 /root/.ssh/
`,
		// only the author knows how the program gets them instead
		stays: []string{"secret-file-copied", "secret-file-copied"},
	},
	{
		name: "a tag that names a version",
		before: `FROM node:latest
`,
		after: `FROM node:26
`, // what the tag is known to have meant; a digest would have to be asked for
	},
	{name: "a version is enough", before: "FROM node:20.12-alpine\n"},
	{name: "a digest is more", before: "FROM node:20.12-alpine@sha256:" + strings.Repeat("0123456789abcdef", 4) + "\n"},
	{
		name:    "the context leaves out what no one copies on purpose",
		context: map[string]string{"package.json": "{}", "node_modules/x/index.js": "1\n", "server.js": "1\n"},
		before: `FROM node:20-alpine
WORKDIR /app
COPY . .
`,
		off:   []string{"missing-dockerignore"},
		stays: []string{"missing-dockerignore"}, // its block goes into another file
	},
	{
		name: "all of it", context: map[string]string{"requirements.txt": "fastapi\nuvicorn\n", "app/main.py": "1\n"},
		before: `# syntax=docker/dockerfile:1
FROM python:3.12-slim AS base
LABEL org.opencontainers.image.authors="api@example.com"
LABEL org.opencontainers.image.source="https://github.com/example/api"
ARG APP_VERSION=dev
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PORT=8000
WORKDIR /app
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --no-cache-dir -r requirements.txt
COPY . .
RUN groupadd -r api && useradd -r -g api api && \
    chown -R api:api /app
USER api
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD python3 -c "import urllib.request; urllib.request.urlopen('http://localhost:8000/health')"
CMD ["python3", "-m", "uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"]
`,
		after: `# syntax=docker/dockerfile:1
FROM python:3.12-slim AS base
LABEL org.opencontainers.image.authors="api@example.com"
LABEL org.opencontainers.image.source="https://github.com/example/api"
ARG APP_VERSION=dev
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PORT=8000
WORKDIR /app
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install -r requirements.txt
RUN groupadd -r api && useradd -r -g api api
COPY --chown=api:api . .
USER api
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD python3 -c "import urllib.request; urllib.request.urlopen('http://localhost:8000/health')"
CMD ["python3", "-m", "uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"]
`,
	},
}

// TestSeedDocument: each bad example of that document becomes its good one, and the good ones
// are left in peace.
func TestSeedDocument(t *testing.T) {
	for _, l := range lessons {
		t.Run(l.name, func(t *testing.T) {
			res := judged(l.unit(t, l.before))
			if sketch := sketched(t, res); l.sketch != "" && !strings.Contains(sketch, l.sketch) {
				t.Errorf("the sketch is\n%s\nwant in it:\n%s", sketch, l.sketch)
			}
			want := l.after
			if want == "" {
				want = l.before
			}
			after, _ := res.FixAll(analysis.Unsafe, nil)
			if string(after) != want {
				t.Errorf("after all fixes:\n%s\nwant:\n%s", after, want)
			}
			var still []string
			for _, d := range judged(l.unit(t, want)).Diagnostics {
				if d.Severity >= analysis.Warning {
					still = append(still, d.Rule.Name)
				}
			}
			if !slices.Equal(still, l.stays) {
				t.Errorf("still said: %q, want %q", still, l.stays)
			}
		})
	}
}

// unit is the lesson's Dockerfile in its context.
func (l lesson) unit(t *testing.T, src string) analysis.Unit {
	tree := &buildcontext.Tree{Paths: []string{"Dockerfile"}, Contents: map[string][]byte{"Dockerfile": []byte(src)}}
	for _, p := range slices.Sorted(maps.Keys(l.context)) {
		tree.Paths = append(tree.Paths, p)
		tree.Contents[p] = []byte(l.context[p])
	}
	u := unitOf("Dockerfile", []byte(src), tree)
	u.Today = thatDay
	for _, name := range l.off {
		for i := range u.Rules {
			if u.Rules[i].Rule == rules.ByName(name) {
				u.Rules[i].Severity = analysis.Warning
			}
		}
	}
	u.Programs = []analysis.Program{dockerChecks.Check}
	return u
}

// sketched is what the display-only fixes make of the file, one after the other.
func sketched(t *testing.T, res analysis.Result) string {
	var all string
	for _, d := range res.Diagnostics {
		if !d.Sketched() {
			continue
		}
		after, err := analysis.Apply(res.Unit.Src, d.Fix.Edits)
		if err != nil {
			t.Errorf("sketch of %s: %v", d.Rule.Name, err)
		}
		all += string(after)
	}
	return all
}
