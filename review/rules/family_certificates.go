package rules

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

// certificates is the package of Debian and Ubuntu without which no program trusts a server. curl, wget, git and many
// others only recommend it.
const certificates = "ca-certificates"

// certificateUse knows of each step of a file whether a later one may use https with nothing known to have brought
// the certificates. It is worked out once for all of them.
type certificateUse struct {
	had   map[*dockerfile.Instruction]bool         // the certificates are there before it
	kept  map[*dockerfile.Stage]bool               // they are there at its end
	turns map[*dockerfile.Stage][]turn             // of the stage's own instructions
	below map[*dockerfile.Stage]bool               // a stage that is built on this one uses https before it has them
	after map[*dockerfile.Command]certificateState // of the commands of the last RUN that was asked for
	texts bool                                     // a heredoc of that RUN has https in it
}

// turn is an instruction after which there is no question any more: it brings the certificates, or uses https before.
type turn struct {
	index int
	uses  bool
}

// certificateState is what is known of the certificates after a command of a RUN.
type certificateState uint8

const (
	unknownCertificates certificateState = iota // the RUN does not show it
	// they are there, or a later command brings them before another uses https
	brought
	used // a later command uses https
)

// certificatesOf works out what is asked of a file again and again.
func certificatesOf(f *dockerfile.File) *certificateUse {
	u := &certificateUse{
		had: map[*dockerfile.Instruction]bool{}, kept: map[*dockerfile.Stage]bool{},
		turns: map[*dockerfile.Stage][]turn{}, below: map[*dockerfile.Stage]bool{},
		after: map[*dockerfile.Command]certificateState{},
	}
	stages := f.Stages()
	for _, s := range stages { // a parent is before its child
		u.read(s)
	}
	for _, s := range slices.Backward(stages) {
		if s.Parent != nil && u.usesAfter(s, s.From.Index) {
			u.below[s.Parent] = true
		}
	}
	return u
}

// read notes what the stage's instructions say.
func (u *certificateUse) read(s *dockerfile.Stage) {
	there := s.Parent != nil && u.kept[s.Parent] || s.Parent == nil && bringsCertificates(s)
	for _, in := range s.Instructions() {
		u.had[in] = there
		for _, cmd := range shell.Commands(in) {
			there = certificatesAfter(cmd, there)
		}
		if tells := tellsOfCertificates(in); tells != unknownCertificates {
			u.turns[s] = append(u.turns[s], turn{in.Index, tells == used})
		}
	}
	u.kept[s] = there
}

// tellsOfCertificates is what an instruction does first: bring the certificates, or use https.
func tellsOfCertificates(in *dockerfile.Instruction) certificateState {
	in = in.Inner()
	https := func() bool { return strings.Contains(in.File().Text(in.Span), "https://") || wordsFetch(in) }
	uses := false
	switch in.Name {
	case "RUN":
		for _, cmd := range shell.Commands(in) {
			if tells := certified(in, cmd); tells != unknownCertificates {
				return tells
			}
		}
		uses = heredocHas(in, "https://") || in.Script == nil && https()
	case "COPY", "ADD":
		uses = heredocHas(in, "https://") // a list of apt's sources, or a script
	case "CMD", "ENTRYPOINT", "HEALTHCHECK":
		uses = https()
	}
	if uses {
		return used
	}
	return unknownCertificates
}

// certified is what a command of a RUN does: bring the certificates, or use https.
func certified(in *dockerfile.Instruction, cmd *dockerfile.Command) certificateState {
	switch {
	case certificatesAfter(cmd, false):
		return brought
	case speaksHTTPS(in, cmd):
		return used
	}
	return unknownCertificates
}

// usesAfter reports whether the stage uses https after the instruction at index before it installs the certificates, or
// a stage built on it does.
func (u *certificateUse) usesAfter(s *dockerfile.Stage, index int) bool {
	turns := u.turns[s]
	if n, _ := slices.BinarySearchFunc(turns, index+1,
		func(t turn, at int) int { return t.index - at }); n < len(turns) {
		return turns[n].uses
	}
	return u.below[s]
}

// needs reports whether a step after the command, in its stage or in one that is built on it, may use https with
// nothing known to have brought the certificates.
func (u *certificateUse) needs(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	if in.Stage == nil {
		return false
	}
	if _, known := u.after[c]; !known {
		u.readCommands(in)
	}
	if tells := u.after[c]; tells != unknownCertificates {
		return tells == used
	}
	return u.texts || u.usesAfter(in.Stage, in.Index)
}

// readCommands notes what is known after each command of the instruction.
func (u *certificateUse) readCommands(in *dockerfile.Instruction) {
	clear(u.after)
	u.texts = heredocHas(in, "https://")
	all := shell.Commands(in)
	later := unknownCertificates
	for _, cmd := range slices.Backward(all) {
		u.after[cmd] = later
		if tells := certified(in, cmd); tells != unknownCertificates {
			later = tells
		}
	}
	there := u.had[in]
	for _, cmd := range all {
		if there = certificatesAfter(cmd, there); there {
			u.after[cmd] = brought
		}
	}
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

// certificatesAfter reports whether the certificates are there after a command, where there says so of before: a
// package manager, or another program that installs what its words say, has their name, or one removes them again.
func certificatesAfter(cmd *dockerfile.Command, there bool) bool {
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
	if slices.Contains([]string{"echo", "printf", "dpkg", "dpkg-query", "apt-mark", "apt-cache"}, cmd.Name) {
		return there
	}
	return true
}

// httpsPrograms fetch by https unless a flag says otherwise, and trust what the system trusts.
var httpsPrograms = setOf(`git gh go gem bundle bundler cargo rustup composer mix rebar3 cpan cpanm luarocks
	opam stack cabal dotnet nuget helm terraform aws gcloud az kubectl conda mamba R Rscript julia swift hg svn npm
	npx yarn pnpm bun deno pip pip3 pipx poetry uv uvx corepack playwright`)

// downloaders take a URL. One of http may lead to https.
var downloaders = setOf("curl wget wget2 aria2c http https xh lftp add-apt-repository apt-add-repository")

// speaksHTTPS reports whether the command may use https: it names such a URL, runs a program that does so on its own,
// or fetches what may be elsewhere under https. The program may be a word of another, as in `xargs curl`, or be in code
// that it is given.
func speaksHTTPS(in *dockerfile.Instruction, cmd *dockerfile.Command) bool {
	text := in.File().Text(cmd.Span)
	in.File().Charge(len(text) / 16)
	switch {
	case strings.Contains(text, "https://"), strings.Contains(text, "hkps://"), runsUnread(cmd),
		cmd.Name == "update-ca-certificates": // which comes with the package
		return true
	case httpsPrograms[cmd.Name]:
		return len(cmd.Words) > 1 &&
			!slices.Contains([]string{"config", "init", "lfs", "--version", "version", "env"}, cmd.Words[1].Text)
	case downloaders[cmd.Name]:
		return !strings.Contains(text, "http://localhost") && !strings.Contains(text, "http://127.0.0.1")
	}
	return runners[cmd.Name] && fetches(in, text)
}

// runsUnread reports whether the command runs what may do anything: make, or a script that its path names.
func runsUnread(cmd *dockerfile.Command) bool {
	if cmd.Name == "make" {
		return true
	}
	at := cmd.Words[0].Text
	return strings.Contains(at, "/") && !ofSystem.MatchString(at)
}

// ofSystem are the paths of the system's programs.
var ofSystem = regexp.MustCompile(`^/(?:usr/(?:local/)?)?s?bin/`)

// runners start the program that a word names, or run the code that one is.
var runners = setOf(`sh bash dash ash zsh su sudo gosu su-exec setpriv runuser chroot xargs env nice time
	timeout parallel find python python2 python3 perl ruby eval exec`)

// fetches reports whether a word of a text in the instruction is a program that fetches.
func fetches(in *dockerfile.Instruction, text string) bool {
	in.File().Charge(len(text))
	return slices.ContainsFunc(strings.FieldsFunc(text,
		func(r rune) bool { return strings.ContainsRune(" \t\r\n;&|()`'\"", r) }), func(word string) bool {
		program := path.Base(word)
		return downloaders[program] || httpsPrograms[program]
	})
}

// withCertificates are the official images, and their variants that lack the certificates.
var withCertificates = map[string]string{
	"buildpack-deps": "", "eclipse-temurin": "", "golang": "", "gradle": "", "maven": "", "node": "slim", "php": "",
	"python": "", "ruby": "", "rust": "",
}

// bringsCertificates reports whether the stage's base image is known to have them.
func bringsCertificates(s *dockerfile.Stage) bool {
	ref, ok := baseOf(s)
	if !ok {
		return false
	}
	without, listed := withCertificates[ref.Library()]
	return listed && (without == "" || !strings.Contains(ref.Tag, without))
}
