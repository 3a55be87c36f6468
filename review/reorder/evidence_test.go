package reorder_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/reorder"
)

// TestAssumes: a plain build has a safe patch. Whatever more decides what the install reads, and is not understood,
// makes the patch unsafe, and the patch names it.
func TestAssumes(t *testing.T) {
	const plain = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
	files := map[string]string{
		".dockerignore": "node_modules\n", "server.js": "x", "certs/ca.pem": "x", "tracing.js": "x",
		"production/x.js":   "x",
		"package.json":      `{"dependencies":{"express":"4"}}`,
		"package-lock.json": `{"lockfileVersion":3,"packages":{}}`,
	}
	in := func(line string) string { return strings.Replace(plain, "COPY", line+"\nCOPY", 1) }
	run := func(command string) string { return strings.Replace(plain, "npm ci", command, 1) }
	for _, c := range []struct{ name, src, want string }{
		{"plain", plain, ""},
		{"an unknown base", strings.Replace(plain, "node:22", "corp/node:22", 1),
			"the base image `corp/node:22` sets nothing"},
		{"a base from an argument", "ARG BASE\n" + strings.Replace(plain, "node:22", "$BASE", 1), "the base image"},
		{"a base with triggers", strings.Replace(plain, "node:22", "node:8-onbuild", 1),
			"the base image `node:8-onbuild`"},
		{"a base that is a stage", "FROM node:22 AS a\nENV X=/app/certs/ca.pem\n" +
			strings.Replace(plain, "node:22", "a", 1), "`X` names nothing"},
		{"harmless variables",
			in("ENV NODE_ENV=production PORT=8080\nENV API=https://h/certs\nARG VERSION=1.2.3\n" +
				"ENV PATH=/opt/x/bin:$PATH"), ""},
		{"a path below", in("ENV NODE_EXTRA_CA_CERTS=/app/certs/ca.pem"), "`NODE_EXTRA_CA_CERTS` names nothing"},
		{"a path below, in words", in(`ENV NODE_OPTIONS="--require /app/tracing.js"`), "`NODE_OPTIONS` names nothing"},
		{"a relative path", in("ENV NODE_OPTIONS=--require=./tracing.js"), "`NODE_OPTIONS` names nothing"},
		{"the name of a file", in("ENV ANY=tracing.js"), "`ANY` names nothing"},
		{"a path below that is not there", in("ENV PATH=/app/node_modules/.bin:$PATH"), ""},
		{"the folder itself", in("ENV HOME=/app"), "`HOME` names nothing"},
		{"an argument without value", in("ARG TOKEN"), "`TOKEN` names nothing"},
		{"a value that is unknown", in("ARG A\nENV B=$A"), "`B` names nothing"},
		{"packages first", in("RUN apt-get update && apt-get install -y --no-install-recommends git"), ""},
		{"an unknown program first", in("RUN curl -fsSL https://x/setup | sh"), "sets nothing up"},
		{"a setting first", in("RUN npm config set cafile /app/certs/ca.pem"), "sets nothing up"},
		{"a setting that names a file", in("RUN npm config set globalconfig tracing.js"), "sets nothing up"},
		{"a redirection first", in("RUN echo cafile=/app/certs/ca.pem > /etc/npmrc"), "sets nothing up"},
		{"settings that are copied", in("COPY npmrc /root/.npmrc"), "brings no settings"},
		{"a program that is copied", in("COPY --from=corp/tools /x /usr/local/bin/"), ""},
		{"more before it than is read", in(strings.Repeat("LABEL a=b\n", 151)), "none of the 153 instructions"},
		{"another shell", in(`SHELL ["/bin/bash", "-c"]`), "the shell that `SHELL` sets"},
		{"an assignment", run("NODE_EXTRA_CA_CERTS=certs/ca.pem npm ci"), "`NODE_EXTRA_CA_CERTS` names nothing"},
		{"a harmless assignment", run("NODE_ENV=development npm ci"), ""},
		{"known flags", run("npm ci --no-audit --omit=dev --registry https://r/"), ""},
		{"an unknown flag", run("npm ci --newest"), "`--newest` does not make"},
		{"a flag's value", run("npm ci --cache certs"), "`--cache` does not make"},
		{"a wrapper", run("env A=1 npm ci"), "as it is written"},
		{"an install that writes its lock", run("npm install"), "leaves `package-lock.json` as it is"},
		{"one that does not", run("npm install --no-package-lock"), ""},
		{"the home directory", strings.ReplaceAll(plain, "/app", "/root"), "home directory"},
		{"the whole system", strings.Replace(plain, "COPY . .", "COPY . /\nWORKDIR /", 1),
			"nothing that is copied to `/`"},
		{"a system's folder", strings.ReplaceAll(plain, "/app", "/etc/apt"), "nothing that is copied to `/etc/apt`"},
		{"a usual folder", strings.ReplaceAll(plain, "/app", "/usr/src/app"), ""},
	} {
		t.Run(c.name, func(t *testing.T) { assumes(t, c.src, files, c.want) })
	}
}

// assumes holds what the patch for the first order of the file assumes against what it should; none is safe.
func assumes(t *testing.T, src string, files map[string]string, want string) {
	t.Helper()
	tree := &buildcontext.Tree{Contents: map[string][]byte{}}
	for name, text := range files {
		tree.Paths = append(tree.Paths, name)
		tree.Contents[name] = []byte(text)
	}
	tree.Paths = append(tree.Paths, "Dockerfile", "npmrc")
	slices.Sort(tree.Paths)
	f := parse(t, src)
	orders := reorder.Find(buildcontext.New(tree, f), f, buildcontext.Sources)
	if len(orders) != 1 {
		t.Fatalf("%d orders", len(orders))
	}
	plan, no := orders[0][0].Plan()
	if no != nil {
		t.Fatal(no.Because)
	}
	fix := plan.Fix()
	check := fix.Check().String()
	if (fix.Applicability == analysis.Safe) != (want == "") || !strings.Contains(check, want) {
		t.Errorf("%s: %q, want %q", fix.Applicability, check, want)
	}
}

// TestAssumesLocks: an install that keeps its lock because of a flag, a variable or a setting writes none anew; one
// that looks into a working copy's folder says so.
func TestAssumesLocks(t *testing.T) {
	ruby := map[string]string{"Gemfile": "source 'https://rubygems.org'\ngem 'rails'\n", "test/a.rb": "x",
		"Gemfile.lock": "GEM\n  remote: https://rubygems.org/\n"}
	php := map[string]string{"composer.json": "{}", "composer.lock": `{"packages":[]}`, "a.php": "x",
		".dockerignore": "vendor\n"}
	with := func(files map[string]string, name, text string) map[string]string {
		files = maps.Clone(files)
		files[name] = text
		return files
	}
	const gems, composed = "FROM ruby:3.4\nWORKDIR /app\nCOPY . .\nRUN bundle install\n",
		"FROM composer:2\nWORKDIR /app\nCOPY . .\nRUN composer install --no-dev\n"
	in := func(line string) string { return strings.Replace(gems, "COPY", line+"\nCOPY", 1) }
	for _, c := range []struct {
		name, src, want string
		files           map[string]string
	}{
		{"none", gems, "leaves `Gemfile.lock` as it is", ruby},
		{"a variable", in("ENV BUNDLE_DEPLOYMENT=1 BUNDLE_WITHOUT=development:test"), "", ruby},
		{"a variable that says no", in("ENV BUNDLE_FROZEN=false"), "leaves `Gemfile.lock` as it is", ruby},
		{"a setting", in("RUN bundle config set frozen true && bundle config set without 'development test'"), "",
			ruby},
		{"a setting in the same RUN", strings.Replace(gems, "bundle", "bundle config set --global frozen true && "+
			"bundle", 1), "", ruby},
		{"another setting", in("RUN bundle config set path true"), "leaves `Gemfile.lock` as it is", ruby},
		{"a flag", strings.Replace(gems, "install", "install --deployment", 1), "", ruby},
		{"a working copy", composed, "a working copy with `.git` in it", php},
		{"a working copy without it", composed, "", with(php, ".dockerignore", "vendor\n.git\n")},
		{"a plugin", composed, "the plugin `symfony/flex`", with(with(php, ".dockerignore", "vendor\n.git\n"),
			"composer.lock", `{"packages":[{"name":"symfony/flex","type":"composer-plugin"}]}`)},
		{"a plugin that is off", strings.Replace(composed, "--no-dev", "--no-plugins", 1), "",
			with(with(php, ".dockerignore", "vendor\n.git\n"), "composer.lock",
				`{"packages":[{"name":"symfony/flex","type":"composer-plugin"}]}`)},
	} {
		t.Run(c.name, func(t *testing.T) { assumes(t, c.src, c.files, c.want) })
	}
}

// TestAssumesOfSystem: packages of the system go before the sources safely only where no variable, flag or earlier step
// may have the package manager read a file among them.
func TestAssumesOfSystem(t *testing.T) {
	const plain = "FROM debian:13\nWORKDIR /app\nCOPY . .\nRUN apt-get update && apt-get install -y jq\n"
	in := func(line string) string { return strings.Replace(plain, "WORKDIR", line+"\nWORKDIR", 1) }
	run := func(command string) string {
		return strings.Replace(plain, "apt-get update && apt-get install -y jq", command, 1)
	}
	files := map[string]string{"apt.conf": "x", "a.js": "x"}
	for _, c := range []struct{ name, src, want string }{
		{"none", plain, ""},
		{"usual flags", run("apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qqy " +
			"--no-install-recommends -t trixie-backports jq"), ""},
		{"a variable", in("ENV APT_CONFIG=/app/apt.conf"), "`APT_CONFIG` names nothing"},
		{"a variable for another file", in("ENV APT_CONFIG=/etc/apt.conf"), ""},
		{"an earlier step", in("RUN echo 'deb file:/app ./' >>/etc/apt/sources.list"), "sets nothing up"},
		{"an earlier copy", in("COPY apt.conf /etc/apt/apt.conf.d/x"), "brings no settings"},
		{"an assignment", run("APT_CONFIG=apt.conf apt-get install -y jq"), "`APT_CONFIG` names nothing"},
		{"an assignment in another command", run("APT_CONFIG=apt.conf apt-get update && apt-get install -y jq"),
			"`APT_CONFIG` names nothing"},
		{"a flag with a file", run("apt-get -c apt.conf install -y jq"), "`-c` does not make `apt-get`"},
		{"a setting with a file", run("apt-get -o Dir::Etc::SourceList=apt.conf install -y jq"),
			"`-o` does not make `apt-get`"},
		{"an unknown flag", run("apt-get --solver=x install -y jq"), "`--solver` does not make `apt-get`"},
		{"another shell", in("SHELL [\"/app/sh\", \"-c\"]"), "`SHELL`"},
	} {
		t.Run(c.name, func(t *testing.T) { assumes(t, c.src, files, c.want) })
	}
}
