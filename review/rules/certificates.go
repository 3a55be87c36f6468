package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// certificates is the package of Debian and Ubuntu without which no program trusts a server. curl, wget, git and many others only recommend it.
const certificates = "ca-certificates"

// usesCertificates reports whether a step behind the command, in its stage or in one that is built on it, may use https with nothing known to
// have brought the certificates.
func usesCertificates(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	if in.Stage == nil {
		return false
	}
	there := bringsCertificates(in.Stage)
	for _, x := range in.Stage.Before(in) {
		for _, cmd := range commands(x) {
			there = afterwards(cmd, there)
		}
	}
	all := commands(in)
	at := slices.Index(all, c)
	for _, cmd := range all[:at+1] {
		there = afterwards(cmd, there)
	}
	if there {
		return false
	}
	if brought, used := certified(in, all[at+1:]); brought || used {
		return used
	}
	return heredocHas(in, "https://") || stageUses(in.Stage, in.Index)
}

// stageUses reports whether the stage uses https behind the instruction at index before it installs the certificates, or a stage built on it does.
func stageUses(s *dockerfile.Stage, index int) bool {
	f := s.From.File()
	for _, in := range s.Instructions() {
		if in.Index <= index {
			continue
		}
		in = target(in)
		named := strings.Contains(f.Text(in.Span), "https://")
		switch in.Name {
		case "RUN":
			if brought, used := certified(in, commands(in)); brought || used {
				return used
			}
			if heredocHas(in, "https://") || in.Script == nil && (named || wordsFetch(in)) {
				return true
			}
		case "COPY", "ADD":
			if heredocHas(in, "https://") {
				return true // a list of apt's sources, or a script
			}
		case "CMD", "ENTRYPOINT", "HEALTHCHECK":
			if named || wordsFetch(in) {
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

// certified goes through commands of a RUN up to the one that brings the certificates, or up to the first that may use them.
func certified(in *dockerfile.Instruction, all []*dockerfile.Command) (brought, used bool) {
	for _, cmd := range all {
		if afterwards(cmd, false) {
			return true, false
		}
		if speaksHTTPS(in, cmd) {
			return false, true
		}
	}
	return false, false
}

// heredocHas reports whether a heredoc of the instruction has the text in it.
func heredocHas(in *dockerfile.Instruction, text string) bool {
	return slices.ContainsFunc(in.Heredocs, func(h dockerfile.Heredoc) bool {
		in.File().Charge(h.Body.Len() / 16)
		return strings.Contains(in.File().Text(h.Body), text)
	})
}

// wordsFetch reports whether a word of the instruction is a program that fetches.
func wordsFetch(in *dockerfile.Instruction) bool {
	return slices.ContainsFunc(in.Words, func(w dockerfile.Word) bool { return fetches(in, w.Text) })
}

// afterwards reports whether the certificates are there behind a command, where there tells it of before: a package manager, or another
// program that installs what it is told, has their name, or one removes them again.
func afterwards(cmd *dockerfile.Command, there bool) bool {
	named := func(w dockerfile.ShellWord) bool {
		rest, ok := strings.CutPrefix(w.Text, certificates)
		return ok && (rest == "" || rest[0] == '=' || rest[0] == ':')
	}
	if !slices.ContainsFunc(cmd.Words, named) {
		return there
	}
	for _, w := range cmd.Words[1:] {
		switch w.Text {
		case "remove", "purge", "autoremove", "autopurge", "-r", "-P", "--remove", "--purge", "del", "erase":
			return false
		case "--only-upgrade":
			return there
		}
	}
	if listed([]string{"echo", "printf", "dpkg", "dpkg-query", "apt-mark", "apt-cache"}, cmd.Name) {
		return there
	}
	return true
}

// httpsPrograms fetch by https unless they are told otherwise, and trust what the system trusts.
var httpsPrograms = setOf("git gh go gem bundle bundler cargo rustup composer mix rebar3 cpan cpanm luarocks opam stack cabal dotnet nuget helm terraform aws gcloud az kubectl " +
	"conda mamba R Rscript julia swift hg svn npm npx yarn pnpm bun deno pip pip3 pipx poetry uv uvx corepack playwright")

// downloaders take a URL. One of http may lead to https.
var downloaders = setOf("curl wget wget2 aria2c http https xh lftp add-apt-repository apt-add-repository")

// speaksHTTPS reports whether the command may use https: it names such a URL, runs a program that does so by itself, or fetches what may be
// elsewhere under https. The program may be a word of another, as in `xargs curl`, or stand in code that it is given.
func speaksHTTPS(in *dockerfile.Instruction, cmd *dockerfile.Command) bool {
	text := in.File().Text(cmd.Span)
	in.File().Charge(len(text) / 16)
	switch {
	case strings.Contains(text, "https://"), cmd.Name == "update-ca-certificates": // which comes with the package
		return true
	case httpsPrograms[cmd.Name]:
		return len(cmd.Words) > 1 && !listed([]string{"config", "init", "lfs", "--version", "version", "env"}, cmd.Words[1].Text)
	case downloaders[cmd.Name]:
		return !strings.Contains(text, "http://localhost") && !strings.Contains(text, "http://127.0.0.1")
	}
	return runners[cmd.Name] && fetches(in, text)
}

// runners start the program that a word names, or run the code that one is.
var runners = setOf("sh bash dash ash zsh su sudo gosu su-exec setpriv runuser chroot xargs env nice time timeout parallel find python python2 python3 perl ruby eval exec")

// fetches reports whether a word of a text in the instruction is a program that fetches.
func fetches(in *dockerfile.Instruction, text string) bool {
	in.File().Charge(len(text))
	return slices.ContainsFunc(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n;&|()`'\"", r) }), func(word string) bool {
		program := path.Base(word)
		return downloaders[program] || httpsPrograms[program]
	})
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
