package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// certificates is the package of Debian and Ubuntu without which no program trusts a server. curl, wget, git and many others only recommend it.
const certificates = "ca-certificates"

// usesCertificates reports whether a step behind the command, in its stage or in one that is built on it, may use https with nothing known to
// have brought the certificates.
func usesCertificates(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	if in.Stage == nil || bringsCertificates(in.Stage) {
		return false
	}
	for _, x := range in.Stage.Before(in) {
		if installsCertificates(x, nil) {
			return false
		}
	}
	all := commands(in)
	at := slices.Index(all, c)
	for _, cmd := range all[:at+1] {
		if namesCertificates(cmd) {
			return false
		}
	}
	for _, cmd := range all[at+1:] {
		if namesCertificates(cmd) {
			return false
		}
		if speaksHTTPS(in, cmd) {
			return true
		}
	}
	return stageUses(in.Stage, in.Index)
}

// stageUses reports whether the stage uses https behind the instruction at index before it installs the certificates, or a stage built on it does.
func stageUses(s *dockerfile.Stage, index int) bool {
	f := s.From.File()
	for _, in := range s.Instructions() {
		if in.Index <= index {
			continue
		}
		in = target(in)
		switch in.Name {
		case "RUN":
			used := false
			if installsCertificates(in, &used) {
				return used
			}
			if used || in.Script == nil && strings.Contains(f.Text(in.Span), "https://") {
				return true
			}
		case "CMD", "ENTRYPOINT", "HEALTHCHECK":
			if strings.Contains(f.Text(in.Span), "https://") {
				return true
			}
		}
	}
	for _, other := range f.Stages() {
		if other.Parent == s && stageUses(other, other.From.Index) {
			return true
		}
	}
	return false
}

// installsCertificates reports whether a RUN installs the certificates; before, where it is asked for, tells whether a command before that
// uses https, or any where none installs them.
func installsCertificates(in *dockerfile.Instruction, before *bool) bool {
	for _, cmd := range commands(in) {
		if namesCertificates(cmd) {
			return true
		}
		if before != nil && speaksHTTPS(in, cmd) {
			*before = true
		}
	}
	return false
}

// namesCertificates reports whether the command names the package, to a package manager or another program that installs it.
func namesCertificates(cmd *dockerfile.Command) bool {
	return slices.ContainsFunc(cmd.Words, func(w dockerfile.ShellWord) bool {
		name, _, _ := strings.Cut(w.Text, "=")
		return name == certificates
	})
}

// httpsPrograms fetch by https unless they are told otherwise, and trust what the system trusts.
var httpsPrograms = setOf("git gh go gem bundle bundler cargo rustup composer mix rebar3 cpan cpanm luarocks opam stack cabal dotnet nuget helm terraform aws gcloud az kubectl " +
	"conda mamba R Rscript julia swift hg svn npm npx yarn pnpm bun deno pip pip3 poetry uv")

// downloaders take a URL.
var downloaders = setOf("curl wget wget2 aria2c http https xh lftp add-apt-repository apt-add-repository")

// speaksHTTPS reports whether the command may use https: it names such a URL, runs a program that does so by itself, or fetches what a
// variable names.
func speaksHTTPS(in *dockerfile.Instruction, cmd *dockerfile.Command) bool {
	text := in.File().Text(cmd.Span)
	switch {
	case strings.Contains(text, "https://"):
		return true
	case httpsPrograms[cmd.Name]:
		return len(cmd.Words) > 1 && !listed([]string{"config", "init", "lfs", "--version", "version", "env"}, cmd.Words[1].Text)
	}
	return downloaders[cmd.Name] && !strings.Contains(text, "http://")
}

// withCertificates are the official images, and their variants that lack the certificates.
var withCertificates = map[string]string{
	"buildpack-deps": "", "eclipse-temurin": "", "golang": "", "gradle": "", "maven": "", "node": "slim", "php": "", "python": "", "ruby": "", "rust": "",
}

// bringsCertificates reports whether the stage's base image is known to have them.
func bringsCertificates(s *dockerfile.Stage) bool {
	ref, ok := rootImage(s)
	if !ok {
		return false
	}
	without, listed := withCertificates[ref.Library()]
	return listed && (without == "" || !strings.Contains(ref.Tag, without))
}
