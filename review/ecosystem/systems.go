package ecosystem

import (
	"slices"
	"strings"
)

// System is one family of system package managers, which share flags, folders and lists of packages.
type System struct {
	Programs []string
	Valued   []string // flags that take the next word
	Refresh  []string // subcommands that fetch the lists of packages and do no more
	Installs []string // subcommands that install or upgrade packages
	Reads    []string // further subcommands that need the lists
	Removes  []string // subcommands that remove packages
	Yes      []string // flags that answer every question
	Quiet    []string // programs that never ask
	Inert    []string // flags that make no subcommand read a file, besides Yes
	Apart    []string // flags with which nothing changes in the image itself: another root, or a rehearsal
	Folders  []string // where lists and caches are in the image; ~ is any home
	Cleans   []string // subcommands that empty the folders
	// NeedsLists: an install fails where no refresh has left lists. The others fetch what they miss.
	NeedsLists bool
}

// Sources: apt-get(8), apk(8), dnf(8), dnf5(8), yum(8) and zypper(8). microdnf says yes to itself
// (rpm-software-management/microdnf, dnf/dnf-main.c: opt_yes) and keeps its cache in yum's folder.
var (
	Apt = &System{
		Programs: []string{"apt-get", "apt", "aptitude"},
		Valued: []string{"-o", "--option", "-c", "--config-file", "-t", "--target-release", "--default-release",
			"-a", "--host-architecture", "-P", "--build-profiles"},
		Refresh: []string{"update"},
		Installs: []string{"install", "upgrade", "dist-upgrade", "full-upgrade", "safe-upgrade", "dselect-upgrade",
			"build-dep", "reinstall", "satisfy"},
		Reads:   []string{"source", "download", "changelog", "search", "show", "policy", "list", "madison"},
		Removes: []string{"remove", "purge", "autoremove", "autopurge"},
		Yes:     []string{"-y", "--yes", "--assume-yes", "--force-yes"},
		Apart: []string{"-s", "--simulate", "--dry-run", "--just-print", "--recon", "--no-act", "--print-uris", "-d",
			"--download-only",
			"-h", "--help", "--version"},
		Inert: []string{"-q", "-qq", "--quiet", "--no-install-recommends", "--install-recommends",
			"--no-install-suggests", "--install-suggests", "--no-upgrade", "--only-upgrade", "--reinstall",
			"--no-remove", "--purge", "--auto-remove", "--autoremove", "-f", "--fix-broken", "-m",
			"--fix-missing", "-V", "--allow-downgrades", "--allow-change-held-packages",
			"--allow-unauthenticated", "--allow-releaseinfo-change", "--allow-remove-essential"},
		Folders:    []string{"/var/lib/apt/lists"},
		Cleans:     []string{"dist-clean", "distclean"},
		NeedsLists: true,
	}
	Apk = &System{
		Programs: []string{"apk"},
		Valued: []string{"-p", "--root", "-X", "--repository", "-t", "--virtual", "--wait", "--arch", "--keys-dir",
			"--repositories-file", "--cache-dir", "--cache-max-age", "--timeout", "--progress-fd"},
		Refresh:  []string{"update"},
		Installs: []string{"add", "upgrade", "fix"},
		Reads:    []string{"search", "fetch", "policy", "list"},
		Removes:  []string{"del"},
		Inert: []string{"--no-cache", "-U", "--update-cache", "--update", "-u", "--upgrade", "-l", "--latest", "-q",
			"--quiet", "-v", "--no-progress", "--no-scripts", "--allow-untrusted"},
		Apart:      []string{"-p", "--root", "-s", "--simulate", "-h", "--help", "--cache-dir"},
		Folders:    []string{"/var/cache/apk", "/etc/apk/cache"},
		NeedsLists: true,
	}
	RPM = &System{ // one set of folders, and dnf goes by the name of yum as well
		Programs: []string{"dnf", "dnf5", "dnf-3", "microdnf", "tdnf", "yum"},
		Valued: []string{"-c", "--config", "-x", "--exclude", "--installroot", "--releasever", "--repo", "--repoid",
			"--enablerepo", "--disablerepo", "--setopt", "-d", "-e", "-R", "--forcearch", "--enable", "--disable",
			"--disableplugin"},
		Refresh: []string{"makecache", "mc"},
		Installs: []string{"install", "in", "update", "upgrade", "up", "groupinstall", "localinstall", "group",
			"module",
			"downgrade", "distro-sync", "swap", "upgrade-minimal", "up-min", "update-minimal", "reinstall", "rei",
			"builddep"},
		Removes: []string{"remove", "erase", "autoremove"},
		Yes:     []string{"-y", "--assumeyes"},
		Quiet:   []string{"microdnf"},
		Inert: []string{"-q", "--quiet", "--nodocs", "--nogpgcheck", "--best", "--nobest", "-b", "--allowerasing",
			"--skip-broken", "--refresh", "--noplugins", "--security"},
		Apart: []string{"--installroot", "--downloadonly", "-h", "--help", "--version"},
		Folders: []string{"/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5", "/var/cache/tdnf",
			"~/.cache/libdnf5"},
		Cleans: []string{"clean"},
	}
	Zypper = &System{
		Programs: []string{"zypper"},
		Valued: []string{"-r", "--repo", "--from", "-t", "--type", "--root", "-R", "--installroot", "-c", "--config",
			"--name", "-p", "--plus-repo"},
		Refresh: []string{"refresh", "ref"},
		Installs: []string{"install", "in", "update", "up", "dist-upgrade", "dup", "patch", "source-install", "si",
			"install-new-recommends", "inr"},
		Removes: []string{"remove", "rm"},
		Yes:     []string{"-y", "--no-confirm", "-n", "--non-interactive"},
		Inert: []string{"-q", "--quiet", "--no-recommends", "--recommends", "-l", "--auto-agree-with-licenses", "-f",
			"--force", "--force-resolution", "--no-gpg-checks", "--gpg-auto-import-keys"},
		Apart:   []string{"-R", "--root", "--installroot", "-D", "--dry-run", "-h", "--help"},
		Folders: []string{"/var/cache/zypp"},
		Cleans:  []string{"clean", "cc"},
	}
)

// Systems lists the families, one row each.
var Systems = []*System{Apt, Apk, RPM, Zypper}

// SystemPackages stands for all families where an install of their packages is looked at as one of a project's: there
// are no manifests, and what people edit is of any language.
var SystemPackages = &Manager{Name: "system packages", Sources: sourcesOfAll()}

// sourcesOfAll are the endings of the files that people edit, of all managers.
func sourcesOfAll() (all []string) {
	for _, m := range Managers {
		all = append(all, m.Sources...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Holds reports whether a path, perhaps a pattern, covers one of the folders or is in one.
func (s *System) Holds(path string) bool {
	path = strings.TrimRight(path, "/*")
	for _, folder := range s.Folders {
		if strings.HasPrefix(path, "/") && (within(folder, path) || within(path, folder)) {
			return true
		}
	}
	return false
}

// Covers reports whether the folder is one of the System's, is in one, or has one in it; ~ fits any home.
func (s *System) Covers(folder string) bool {
	for _, own := range s.Folders {
		below, home := strings.CutPrefix(own, "~")
		if within(own, folder) || within(folder, own) || home && strings.HasSuffix("/"+folder, below) {
			return true
		}
	}
	return false
}

// within reports whether the path is the folder or below it.
func within(p, folder string) bool {
	return p != "" && folder != "" &&
		strings.HasPrefix(strings.TrimSuffix(p, "/")+"/", strings.TrimSuffix(folder, "/")+"/")
}

// Named reports whether a text names one of the folders.
func (s *System) Named(text string) bool {
	for _, folder := range s.Folders {
		if strings.Contains(text, folder) {
			return true
		}
	}
	return false
}

// MayName reports whether a word with braces or variables, as written, may name one of the folders:
// /var/lib/{apt,dpkg}, $LISTS/apt/lists.
func (s *System) MayName(word string) bool {
	if !strings.ContainsAny(word, "{$`") {
		return false
	}
	for _, folder := range s.Folders {
		parts := strings.Split(folder, "/")
		for _, part := range parts[len(parts)-2:] {
			if strings.Contains(word, part) && part != "cache" {
				return true
			}
		}
	}
	return false
}
