package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

// packager is what the rules know of one family of system package managers.
type packager struct {
	programs []string
	valued   []string // flags that take the next word
	refresh  []string // subcommands that fetch the lists of packages and do no more
	installs []string // subcommands that install or upgrade packages
	reads    []string // further subcommands that need the lists
	removes  []string // subcommands that take packages out
	yes      []string // flags that answer every question
	quiet    []string // programs that never ask
	apart    []string // flags with which nothing changes in the image itself: another root, or a rehearsal
	folders  []string // where lists and caches lie in the image; ~ is any home
	cleans   []string // subcommands that empty the folders
	// needs: an install fails where no refresh has left lists. The others fetch what they miss.
	needs bool
}

// Sources: apt-get(8), apk(8), dnf(8), dnf5(8), yum(8) and zypper(8). microdnf says yes to itself
// (rpm-software-management/microdnf, dnf/dnf-main.c: opt_yes) and keeps its cache in yum's folder.
var (
	apt = &packager{
		programs: []string{"apt-get", "apt", "aptitude"},
		valued: []string{"-o", "--option", "-c", "--config-file", "-t", "--target-release", "--default-release",
			"-a", "--host-architecture", "-P", "--build-profiles"},
		refresh: []string{"update"},
		installs: []string{"install", "upgrade", "dist-upgrade", "full-upgrade", "safe-upgrade", "dselect-upgrade",
			"build-dep", "reinstall", "satisfy"},
		reads:   []string{"source", "download", "changelog", "search", "show", "policy", "list", "madison"},
		removes: []string{"remove", "purge", "autoremove", "autopurge"},
		yes:     []string{"-y", "--yes", "--assume-yes", "--force-yes"},
		apart: []string{"-s", "--simulate", "--dry-run", "--just-print", "--recon", "--no-act", "--print-uris", "-d", "--download-only",
			"-h", "--help", "--version"},
		folders: []string{"/var/lib/apt/lists"},
		cleans:  []string{"dist-clean", "distclean"},
		needs:   true,
	}
	apk = &packager{
		programs: []string{"apk"},
		valued: []string{"-p", "--root", "-X", "--repository", "-t", "--virtual", "--wait", "--arch", "--keys-dir",
			"--repositories-file", "--cache-dir", "--cache-max-age", "--timeout", "--progress-fd"},
		refresh:  []string{"update"},
		installs: []string{"add", "upgrade", "fix"},
		reads:    []string{"search", "fetch", "policy", "list"},
		apart:    []string{"-p", "--root", "-s", "--simulate", "-h", "--help", "--cache-dir"},
		folders:  []string{"/var/cache/apk", "/etc/apk/cache"},
		needs:    true,
	}
	rpm = &packager{ // one set of folders, and dnf goes by the name of yum as well
		programs: []string{"dnf", "dnf5", "dnf-3", "microdnf", "tdnf", "yum"},
		valued: []string{"-c", "--config", "-x", "--exclude", "--installroot", "--releasever", "--repo", "--repoid",
			"--enablerepo", "--disablerepo", "--setopt", "-d", "-e", "-R", "--forcearch", "--enable", "--disable", "--disableplugin"},
		refresh: []string{"makecache", "mc"},
		installs: []string{"install", "in", "update", "upgrade", "up", "groupinstall", "localinstall", "group", "module",
			"downgrade", "distro-sync", "swap", "upgrade-minimal", "up-min", "update-minimal", "reinstall", "rei", "builddep"},
		removes: []string{"remove", "erase", "autoremove"},
		yes:     []string{"-y", "--assumeyes"},
		quiet:   []string{"microdnf"},
		apart:   []string{"--installroot", "--downloadonly", "-h", "--help", "--version"},
		folders: []string{"/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5", "/var/cache/tdnf", "~/.cache/libdnf5"},
		cleans:  []string{"clean"},
	}
	zypper = &packager{
		programs: []string{"zypper"},
		valued:   []string{"-r", "--repo", "--from", "-t", "--type", "--root", "-R", "--installroot", "-c", "--config", "--name", "-p", "--plus-repo"},
		refresh:  []string{"refresh", "ref"},
		installs: []string{"install", "in", "update", "up", "dist-upgrade", "dup", "patch", "source-install", "si",
			"install-new-recommends", "inr"},
		removes: []string{"remove", "rm"},
		yes:     []string{"-y", "--no-confirm", "-n", "--non-interactive"},
		apart:   []string{"-R", "--root", "--installroot", "-D", "--dry-run", "-h", "--help"},
		folders: []string{"/var/cache/zypp"},
		cleans:  []string{"clean", "cc"},
	}
)

// packageCall is a call of a system package manager.
type packageCall struct {
	in    *dockerfile.Instruction
	cmd   *dockerfile.Command
	sub   dockerfile.ShellWord   // the subcommand
	flags []dockerfile.ShellWord // before and behind it, without the values of the valued ones
	named []dockerfile.ShellWord // what it is to act on
	open  bool                   // a word depends on a variable that may hold flags
}

// name is the call as people speak of it: `apt-get install`.
func (c *packageCall) name() string { return c.cmd.Name + " " + c.sub.Text }

// call reads a command as a call of one of the family's programs; nil where it is none.
func (p *packager) call(in *dockerfile.Instruction, c *dockerfile.Command) *packageCall {
	if !slices.Contains(p.programs, c.Name) {
		return nil
	}
	call := &packageCall{in: in, cmd: c}
	for i := 1; i < len(c.Words); i++ {
		w := c.Words[i]
		switch {
		case !w.Literal:
			call.open = call.open || mayHoldFlags(in, w)
			if call.sub.Text != "" {
				call.named = append(call.named, w)
			}
		case strings.HasPrefix(w.Text, "-") && len(w.Text) > 1:
			call.flags = append(call.flags, w)
			if slices.Contains(p.valued, w.Text) {
				i++
			}
		case call.sub.Text == "":
			call.sub = w
		default:
			call.named = append(call.named, w)
		}
	}
	if call.sub.Text == "" || call.has(p.apart...) {
		return nil
	}
	return call
}

// has reports whether one of the flags is given, alone, with a value, or, of the short ones, in a
// cluster such as -qy.
func (c *packageCall) has(flags ...string) bool {
	for _, w := range c.flags {
		name, _, _ := strings.Cut(w.Text, "=")
		for _, f := range flags {
			cluster := len(f) == 2 && len(name) > 2 && name[1] != '-' && strings.Trim(name[1:], clusterLetters) == ""
			if name == f || cluster && strings.IndexByte(name, f[1]) > 0 {
				return true
			}
		}
	}
	return false
}

// clusterLetters are the short flags that take no value and are seen in clusters.
const clusterLetters = "yqfmUunvVbdFs"

// called reports whether a RUN of the Dockerfile calls one of the family's programs.
func (p *packager) called(f *dockerfile.File) bool {
	for _, in := range f.Instructions() {
		for _, c := range shell.Commands(in) {
			if slices.Contains(p.programs, c.Name) {
				return true
			}
		}
	}
	return false
}

// packageCalls returns the calls of the family's programs in a RUN, or in the RUN of an ONBUILD.
func packageCalls(in *dockerfile.Instruction, p *packager) []*packageCall {
	var all []*packageCall
	for _, c := range shell.Commands(in) {
		if call := p.call(in, c); call != nil {
			all = append(all, call)
		}
	}
	return all
}

// mounted reports whether the folders of lists and caches are mounts of the RUN, which do not
// stay in the image; also where a mount's place is not known.
func (p *packager) mounted(in *dockerfile.Instruction) bool {
	for _, m := range in.Mounts() {
		if m.Type != "cache" && m.Type != "tmpfs" {
			continue
		}
		if strings.Contains(m.Target, "$") {
			return true
		}
		for _, folder := range p.folders {
			_, around := dockerfile.Below(m.Target, folder)
			_, inside := dockerfile.Below(folder, m.Target)
			below, home := strings.CutPrefix(folder, "~")
			if around || inside || home && strings.HasSuffix("/"+m.Target, below) {
				return true
			}
		}
	}
	return false
}

// empties reports whether the command removes what lies in the family's folders.
func (p *packager) empties(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	if slices.Contains(p.programs, c.Name) {
		sub := subcommand(c, p.valued...)
		return sub != nil && sub.Literal && slices.Contains(p.cleans, sub.Text)
	}
	switch c.Name {
	case "rm", "find", "unlink":
		for _, w := range c.Args() {
			if w.Literal && p.holds(w.Text) || p.mayExpandTo(in.File().Text(w.Span)) {
				return true
			}
		}
	case "sh", "bash", "ash", "dash", "eval", "xargs", "":
		text := in.File().Text(c.Span)
		return strings.Contains(text, "rm ") && p.speaksOf(text)
	}
	return false
}

// holds reports whether a path, perhaps a pattern, covers one of the folders or lies inside.
func (p *packager) holds(path string) bool {
	path = strings.TrimRight(path, "/*")
	for _, folder := range p.folders {
		_, around := dockerfile.Below(path, folder)
		_, inside := dockerfile.Below(folder, path)
		if strings.HasPrefix(path, "/") && (around || inside) {
			return true
		}
	}
	return false
}

// speaksOf reports whether a text names one of the folders.
func (p *packager) speaksOf(text string) bool {
	for _, folder := range p.folders {
		if strings.Contains(text, folder) {
			return true
		}
	}
	return false
}

// mayExpandTo reports whether a word with braces or variables, as written, may name one of the
// folders: /var/lib/{apt,dpkg}, $LISTS/apt/lists.
func (p *packager) mayExpandTo(word string) bool {
	if !strings.ContainsAny(word, "{$`") {
		return false
	}
	for _, folder := range p.folders {
		parts := strings.Split(folder, "/")
		for _, part := range parts[len(parts)-2:] {
			if strings.Contains(word, part) && part != "cache" {
				return true
			}
		}
	}
	return false
}

// mayClean reports whether the command is one that nobody here can look into, and whose name
// says that it cleans up.
func mayClean(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	if !opaque(in, c) && !strings.Contains(c.Name, "clean") {
		return false
	}
	return strings.Contains(in.File().Text(c.Span), "clean")
}

// opaque reports whether the command may install packages behind our back: it runs a script, or
// its name is not known.
func opaque(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	switch c.Name {
	case "", "sh", "bash", "ash", "dash", "zsh", ".", "source", "eval", "xargs", "ansible-playbook", "rosdep", "puppet",
		"chef-client", "salt-call", "nala", "tasksel", "gdebi", "mk-build-deps", "add-apt-repository", "apt-add-repository", "playwright":
		return true
	}
	w := c.Words[0].Text
	return strings.HasSuffix(w, ".sh") || strings.HasSuffix(w, ".bash") || strings.HasPrefix(w, "./") ||
		strings.HasPrefix(w, "/") && !strings.Contains(w, "/bin/") && !strings.Contains(w, "/sbin/") || strings.Contains(w, "install")
}
