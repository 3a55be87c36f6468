package ecosystem

import (
	"slices"
	"sync"
)

// Spec is how a program's command line is spelled: which words are flags, values of flags and operands. The
// zero Spec fits a program without subcommands, whose flags take no further word.
type Spec struct {
	Valued   []string // flags that take the next word, unless the value is in the same: --root=/x, -j4
	Switches []string // where there are any, all other flags take the next word
	Bundles  bool     // short flags may share a word: -qy is -q and -y
	Sub      bool     // the first word that is no flag is a subcommand
	Leading  bool     // flags come before the first operand: those after it are for another program
}

// SpecOf returns the Spec of a package manager, or of another program in the table; the zero Spec for any other.
func SpecOf(program string) Spec {
	for _, s := range Systems {
		if slices.Contains(s.Programs, program) {
			return s.Spec()
		}
	}
	if spec, ok := specs[program]; ok {
		return spec
	}
	for _, m := range Managers {
		if m.Program(program) {
			return m.Spec()
		}
	}
	return Spec{}
}

// Spec is how calls of the family's programs are spelled.
func (s *System) Spec() Spec { return Spec{Valued: s.Valued, Bundles: true, Sub: true} }

// Spec is how calls of the manager are spelled.
func (m *Manager) Spec() Spec { return Spec{Valued: valued()[m], Sub: true} }

// valued gathers the flags with values of each manager.
var valued = sync.OnceValue(func() map[*Manager][]string {
	all := map[*Manager][]string{}
	for _, m := range Managers {
		list := slices.Concat(m.Valued, m.Dirs, m.Reads, m.Into)
		list = slices.DeleteFunc(list, func(f string) bool { return slices.Contains(m.Inline, f) })
		for _, row := range m.Installs {
			list = append(append(list, row.Files...), row.Also...)
		}
		all[m] = list
	}
	return all
})

// builders are the flags of the programs that build images which take a value, those before the subcommand included.
var builders = []string{"-f", "--file", "-t", "--tag", "-o", "--output", "-m", "--memory", "-c", "--cpu-shares", "-H",
	"--host", "-l", "--log-level", "--config", "--context", "-n", "--namespace", "-a", "--address", "-v", "--volume",
	"--add-host", "--allow", "--annotation", "--attest", "--authfile", "--build-arg", "--build-arg-file",
	"--build-context", "--builder", "--cache-from", "--cache-to", "--cache-ttl", "--call", "--cap-add", "--cap-drop",
	"--cert-dir", "--cgroup-parent", "--cpu-period", "--cpu-quota", "--cpuset-cpus", "--cpuset-mems", "--creds",
	"--device", "--env", "--format", "--iidfile", "--isolation", "--jobs", "--label", "--layer-label",
	"--logfile", "--manifest", "--memory-swap", "--metadata-file", "--network", "--no-cache-filter", "--platform",
	"--policy", "--progress", "--provenance", "--runtime", "--sbom", "--secret", "--security-opt", "--shm-size",
	"--ssh", "--target", "--timestamp", "--ulimit", "--variant"}

// specs are those of programs that are no package managers of projects, each from its manual.
var specs = map[string]Spec{
	// https://curl.se/docs/manpage.html
	"curl": {Bundles: true,
		Valued: []string{"-A", "-b", "-c", "-C", "-d", "-D", "-e", "-E", "-F", "-h", "-H", "-K", "-m", "-o", "-P", "-Q",
			"-r", "-t", "-T", "-u", "-U", "-w", "-x", "-X", "-y", "-Y", "-z",
			"--output", "--user", "--proxy-user", "--header", "--data", "--request", "--proxy", "--max-time",
			"--retry"}},
	// https://www.gnu.org/software/wget/manual/wget.html; -n takes a letter: -nv, -nc
	"wget": {Bundles: true,
		Valued: []string{"-n", "-o", "-a", "-e", "-i", "-B", "-t", "-O", "-T", "-w", "-Q", "-P", "-U", "-l", "-A", "-R",
			"-D", "-I", "-X",
			"--output-document", "--output-file", "--append-output", "--tries", "--timeout", "--directory-prefix",
			"--header", "--user-agent",
			"--user", "--password", "--http-password", "--ftp-password", "--proxy-password"}},
	// axel(1); https://docs.conda.io/projects/conda/en/stable/commands; ansible-galaxy(1)
	"axel":           {Bundles: true, Valued: []string{"-s", "-n", "-o", "-S", "-H", "-N", "-U", "-T"}},
	"conda":          {Bundles: true, Valued: []string{"-n", "-c", "-p"}},
	"mamba":          {Bundles: true, Valued: []string{"-n", "-c", "-p"}},
	"micromamba":     {Bundles: true, Valued: []string{"-n", "-c", "-p"}},
	"ansible-galaxy": {Bundles: true, Valued: []string{"-p", "-r", "-s"}},
	"gem": {Sub: true, Switches: []string{"-N", "--no-document", "--no-doc", "--no-ri", "--no-rdoc", "--user-install",
		"--no-user-install",
		"--pre", "--prerelease", "-f", "--force", "--conservative", "--minimal-deps", "-w", "--wrappers", "-E",
		"--env-shebang",
		"-l", "--local", "-r", "--remote", "-b", "--both", "-q", "--quiet", "--silent", "-V", "--verbose",
		"--no-verbose"}},
	"pipx": {Sub: true, Valued: []string{"--python", "--pip-args", "--index-url", "-i", "--suffix", "--preinstall"}},
	// https://docs.docker.com/reference/cli/docker/buildx/build, podman-build(1), buildah-build(1)
	"docker":  {Sub: true, Valued: builders},
	"podman":  {Sub: true, Valued: builders},
	"nerdctl": {Sub: true, Valued: builders},
	"buildah": {Sub: true, Valued: builders},
	// useradd(8), usermod(8)
	"useradd": {Bundles: true,
		Valued: []string{"-b", "-c", "-d", "-e", "-f", "-g", "-G", "-k", "-K", "-p", "-R", "-P", "-s", "-u", "-Z",
			"--base-dir", "--comment", "--home-dir", "--home", "--expiredate", "--inactive", "--gid", "--groups",
			"--skel", "--key", "--password",
			"--root", "--prefix", "--shell", "--uid", "--selinux-user"}},
	"usermod": {Bundles: true,
		Valued: []string{"-c", "-d", "-e", "-f", "-g", "-G", "-l", "-p", "-R", "-P", "-s", "-u", "-v", "-V", "-w", "-W",
			"-Z",
			"--comment", "--home", "--expiredate", "--inactive", "--gid", "--groups", "--login", "--password", "--root",
			"--prefix", "--shell",
			"--uid", "--selinux-user"}},
	// install(1), mkdir(1)
	"install": {Bundles: true,
		Valued: []string{"-g", "-m", "-o", "-S", "-t", "--group", "--mode", "--owner", "--suffix", "--target-directory",
			"--strip-program"}},
	"mkdir": {Bundles: true, Valued: []string{"-m", "--mode"}},
	// rm(1), chmod(1), chown(1), ln(1)
	"rm": {Bundles: true}, "chmod": {Bundles: true}, "chown": {Bundles: true},
	"ln": {Bundles: true, Valued: []string{"-S", "-t"}},
	// grep(1), tar(1), set in POSIX shell 2.14
	"grep": {Bundles: true,
		Valued: []string{"-e", "-f", "-m", "-A", "-B", "-C", "-d", "-D", "--regexp", "--file", "--max-count"}},
	"tar": {Bundles: true,
		Valued: []string{"-f", "-C", "-b", "-F", "-g", "-H", "-I", "-K", "-L", "-N", "-T", "-V", "-X", "--file",
			"--directory"}},
	"set": {Bundles: true, Valued: []string{"-o"}},
	// sudo(8)
	"sudo": {Bundles: true, Leading: true,
		Valued: []string{"-C", "-D", "-g", "-h", "-p", "-R", "-r", "-T", "-t", "-U", "-u", "--user", "--group"}},
}
