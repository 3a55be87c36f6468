package config_test

import (
	"strings"
	"testing"

	"github.com/dfbot/dfbot/config"
)

func TestIsDockerfile(t *testing.T) {
	yes := `
		Dockerfile dockerfile Containerfile
		app/Dockerfile deep/down/in/it/Dockerfile
		Dockerfile.dev Dockerfile.alpine-3.20 Dockerfile.native-micro Dockerfile.linux.arm64
		Dockerfile.txt Dockerfile.go Dockerfile.py
		base.Dockerfile python3.11-slim.dockerfile template.Dockerfile vendor.Dockerfile
		Containerfile.dev Containerfile-ubi9 Containerfile_x
		vendors/Dockerfile Dockerfile-dev a/Dockerfile_test
	`
	no := `
		docker-compose.yml README.md Makefile main.go
		MyDockerfile Dockerfiles dockerfile.dev DOCKERFILE Dockerfile-dev.md Dockerfile/README
		ContainerfileParser.java Containerfiles containerfile
		Dockerfile.j2 Dockerfile.jinja2 Dockerfile.tmpl Dockerfile.tpl Dockerfile.template Dockerfile.erb
		Dockerfile.mustache Dockerfile.in Dockerfile.m4 Dockerfile.ejs Dockerfile.J2
		Dockerfile.template.alpine app.tmpl.Dockerfile Containerfile.in
		Dockerfile.dockerignore app/dev.Dockerfile.dockerignore Dockerfile.containerignore .dockerignore
		Dockerfile~ Dockerfile.bak Dockerfile.orig Dockerfile.rej Dockerfile.swp .Dockerfile.swp #Dockerfile#
		Dockerfile.md Dockerfile.rst Dockerfile.sh Dockerfile.yml Dockerfile.json Dockerfile.patch
		node_modules/x/Dockerfile a/vendor/b/Dockerfile third_party/Dockerfile .git/Dockerfile
		/Dockerfile ./Dockerfile ../Dockerfile a/../Dockerfile a//Dockerfile Dockerfile/
	`
	var r config.Repo
	for path := range strings.FieldsSeq(yes) {
		if !r.IsDockerfile(path) {
			t.Errorf("%s is not a Dockerfile", path)
		}
	}
	for path := range strings.FieldsSeq(no) {
		if r.IsDockerfile(path) {
			t.Errorf("%s is one", path)
		}
	}
	if r.IsDockerfile("") {
		t.Error("an empty path is one")
	}
}

func TestIsDockerfileByGlob(t *testing.T) {
	r := config.Repo{Files: config.Files{
		Include: []string{"docker/**", "**/*.df", "vendor/ours/**", "*-dev", "[!x]/odd"},
		Exclude: []string{"test/**", "docker/private/*", "Dockerfile.old-*"},
	}}
	for path, want := range map[string]bool{
		"docker/web":                     true,
		"docker/a/b/c":                   true,
		"x.df":                           true,
		"a/b/x.df":                       true,
		"vendor/ours/Dockerfile":         true,
		"vendor/theirs/Dockerfile":       false,
		"Dockerfile-dev":                 true,
		"a/Dockerfile-dev":               true, // though * stays inside a folder
		"y/odd":                          true,
		"x/odd":                          false,
		"Dockerfile":                     true,
		"test/Dockerfile":                false,
		"test/a/x.df":                    false, // exclude wins
		"docker/private/web":             false,
		"Dockerfile.old-1":               false,
		"docker/web.j2":                  false, // never, however wide the include
		"docker/README.md":               false,
		"docker/entrypoint.sh":           false,
		"docker/web.dockerignore":        false,
		"docker/web~":                    false,
		"node_modules/docker/Dockerfile": false,
	} {
		if got := r.IsDockerfile(path); got != want {
			t.Errorf("IsDockerfile(%q) = %t", path, got)
		}
	}
}
