package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

// noProgram reports whether the image certainly does not hold the program where the instruction works: the base image
// does not, and no step before brings it. In a RUN, the steps before include the commands up to the offset.
func noProgram(in *dockerfile.Instruction, name string, until int) bool {
	ref, ok := baseOf(in.Stage)
	if !ok {
		return false
	}
	if has, known := ref.Command(name); has || !known {
		return false
	}
	b := bringing{ref.Family(), name}
	if slices.ContainsFunc(stepsFor(in), b.by) {
		return false
	}
	return in.Name != "RUN" || !b.mounted(in) && (in.JSON || !b.byCode(in, until))
}

// stepsFor lists what the image is made of when the instruction does its work: a CMD, an ENTRYPOINT and a HEALTHCHECK
// do it in the finished image.
func stepsFor(in *dockerfile.Instruction) []*dockerfile.Instruction {
	switch in.Name {
	case "CMD", "ENTRYPOINT", "HEALTHCHECK":
		last := in.Stage
		if final := in.File().Final(); final.BuiltOn(last) {
			last = final
		}
		return slices.Collect(last.All())
	}
	return in.Stage.Before(in)
}

// bringing asks which steps may bring a program.
type bringing struct {
	family baseimage.Family
	name   string
}

// languages are programs that come in folders of their own, and from each other's installers.
var languages = setOf(`python python2 python3 pip pip3 node npm npx yarn pnpm java ruby gem bundle go cargo rustc php
	composer cmake mvn supervisord`)

// by reports whether the instruction may bring the program.
func (b bringing) by(in *dockerfile.Instruction) bool {
	switch in.Name {
	case "RUN":
		return b.mounted(in) || b.byCode(in, in.Span.End)
	case "COPY", "ADD":
		return b.copied(in)
	case "ENV":
		return languages[b.name] && slices.ContainsFunc(in.Pairs,
			func(p dockerfile.Pair) bool { return p.Key == "PATH" })
	}
	return false
}

// programFolders are where programs of the system are.
var programFolders = append([]string{"/", "/usr", "/usr/local"}, searched...)

// copied reports whether the COPY or ADD may put the program into a folder of PATH.
func (b bringing) copied(in *dockerfile.Instruction) bool {
	if len(in.Words) < 2 {
		return true
	}
	to := in.Resolve(in.Workdir(), lastWord(in).Text)
	switch {
	case !strings.HasPrefix(to, "/"): // below the folder in which the base image starts, unless a variable says more
		return strings.Contains(lastWord(in).Text, "$")
	case path.Base(to) == b.name && slices.Contains(searched, path.Dir(to)), shellTools[path.Base(to)],
		slices.ContainsFunc(in.Words, func(w dockerfile.Word) bool { return shellTools[path.Base(w.Text)] }):
		return true
	case !slices.Contains(programFolders, path.Clean(to)):
		return false
	case in.Name == "ADD":
		return true
	}
	bins := slices.Contains(searched, path.Clean(to))
	return slices.ContainsFunc(in.Words[:len(in.Words)-1], func(w dockerfile.Word) bool {
		base := path.Base(w.Text)
		folder := !bins && path.Ext(base) == "" || strings.HasSuffix(w.Text, "/") || base == "." || base == "bin"
		return folder || strings.ContainsAny(w.Text, "$*?[") || base == b.name
	})
}

// shellTools hold several programs each.
var shellTools = setOf("busybox toybox coreutils sh bash")

// mounted reports whether a mount of the RUN may hold the program.
func (b bringing) mounted(in *dockerfile.Instruction) bool {
	return slices.ContainsFunc(in.Mounts(), func(m dockerfile.Mount) bool {
		return m.Type != "secret" && m.Type != "ssh" && (strings.Contains(m.Target, "$") ||
			slices.Contains(programFolders, path.Clean(m.Target)) || path.Base(m.Target) == b.name)
	})
}

// byCode reports whether a command of the RUN before the offset may bring the program.
func (b bringing) byCode(in *dockerfile.Instruction, until int) bool {
	s := in.Script
	if s == nil || s.File == nil || s.Shell == "" {
		return true
	}
	text := s.Text.String()
	in.File().Charge(len(text))
	if containsAny(text, "bin/"+b.name, b.name+"()", "function "+b.name, "alias "+b.name, "--with-deps",
		"install-deps") || containsAny(text, "PATH=") && languages[b.name] {
		return true
	}
	for _, c := range s.Commands() {
		if c.Span.Start >= until {
			break
		}
		if b.byCommand(in, c, text) {
			return true
		}
	}
	return false
}

// byCommand reports whether the command may bring the program. The text is that of the whole RUN.
func (b bringing) byCommand(in *dockerfile.Instruction, c *dockerfile.Command, text string) bool {
	for _, pm := range ecosystem.Systems {
		if slices.Contains(pm.Programs, c.Name) {
			return b.byPackages(in, c, pm)
		}
	}
	switch {
	case unforeseeable(c):
		return true
	case languageInstallers[c.Name]:
		return languages[b.name]
	case bringers[c.Name]:
		return strings.Contains(text, b.name) && !onlyRun(in, b.name)
	}
	return false
}

// unforeseeable reports whether the command may do anything: a script, a program that dfbot does not know, or one that
// runs others.
func unforeseeable(c *dockerfile.Command) bool {
	known := harmless[c.Name] || bringers[c.Name] || languageInstallers[c.Name]
	own := inSearchPath(c.Words[0].Text) || c.Name == "configure" || c.Name == "mvnw" || c.Name == "gradlew"
	return !known || !own || slices.ContainsFunc(c.Args(), func(w dockerfile.ShellWord) bool {
		return packageWrites[w.Text] != nil || w.Text == "sh" || w.Text == "bash"
	})
}

// onlyRun reports whether the RUN names the program nowhere but where it runs it.
func onlyRun(in *dockerfile.Instruction, name string) bool {
	calls := 0
	for _, c := range in.Script.Commands() {
		if c.Name == name {
			calls++
		}
	}
	return strings.Count(in.Script.Text.String(), name) == calls
}

// byPackages reports whether the call of a package manager may bring the program.
func (b bringing) byPackages(in *dockerfile.Instruction, c *dockerfile.Command, pm *ecosystem.System) bool {
	call := readSystem(pm, in, c)
	switch {
	case call.Sub.Text == "":
		return len(call.Unknown) > 0
	case !slices.Contains(pm.Installs, call.Sub.Text), call.Has(pm.Apart...):
		return false
	case slices.Contains([]string{"upgrade", "dist-upgrade", "full-upgrade", "fix"}, call.Sub.Text):
		return false
	case !slices.Contains([]string{"install", "add"}, call.Sub.Text):
		return true
	}
	return slices.ContainsFunc(call.Operands, func(w shell.Word) bool {
		return !w.Known || b.family.MayBring(packageName(w.Text), b.name)
	})
}

// packageName is the name of a package without its version, architecture and release.
func packageName(word string) string {
	if i := strings.IndexAny(word, "=<>~@:"); i > 0 {
		return word[:i]
	}
	return word
}

// languageInstallers bring programs of a language, and none of the system.
var languageInstallers = setOf(`pip pip3 pipenv poetry uv pdm hatch npm npx yarn pnpm bun bunx corepack gem bundle
	bundler rake rails composer cargo go mvn gradle dotnet mix rebar3 tsc vite next ng node python python3 php ruby
	java javac virtualenv venv pytest django-admin ./mvnw ./gradlew mvnw gradlew nuxt turbo nx lerna prisma webpack
	esbuild`)

// bringers bring what their arguments name.
var bringers = setOf(`cp mv ln install tar unzip curl wget git cmake ninja meson gcc g++ cc xz bunzip2 gunzip cat tee
	update-alternatives 7z configure`)

// harmless bring no program.
var harmless = setOf(`rm mkdir chmod chown chgrp echo printf cd set export unset true false : test [ [[ sed grep awk cut
	sort uniq head tail tr wc find xargs touch id whoami ls pwd env date sleep groupadd useradd usermod groupmod
	adduser addgroup userdel deluser passwd chpasswd sha256sum sha512sum sha1sum md5sum ldconfig locale-gen localedef
	update-locale gpg gpgconf apt-key apt-mark apt-cache apt-config dpkg-reconfigure debconf-set-selections
	add-apt-repository update-ca-certificates openssl strip rmdir stat basename dirname which command type read shift
	uname arch getent nproc ulimit umask trap exit return wait kill local readonly git-lfs ssh-keyscan ssh-keygen
	a2enmod a2dismod a2ensite a2dissite docker-php-ext-configure docker-php-ext-enable docker-php-ext-install pecl
	phpize setcap service crontab df du ps sync rsync patch file nginx collectstatic`)
