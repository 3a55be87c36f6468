// Package ecosystem knows package managers as data: how an install of dependencies is spelled, which files it reads,
// and what in them makes it read more than those files. It must never run a package manager or ask a registry, and what
// it cannot read in full it must never take as harmless.
//
// A new ecosystem is one row in Managers.
package ecosystem

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Manager is one package manager.
type Manager struct {
	Name     string
	Programs []string  // names of the program; a trailing * means a version
	Installs []Install // the calls that install the project's dependencies
	// Manifests are the files, beside each other, that an install may read. Those that exist are
	// copied before it.
	Manifests []Manifest
	// Sources are the endings of the files that people edit and an install does not need.
	Sources []string
	// Output is the folder, beside the manifests, that an install fills; "" where it installs
	// elsewhere. A COPY of the same folder from the context would overwrite it.
	Output string
	// OutputBeside is the pattern of the manifests each of which has an Output of its own; "" where
	// there is but one.
	OutputBeside string
	// OutputVars are variables that name another folder in place of Output.
	OutputVars []string
	// Asked are words of a Dockerfile with which an install fills the folder, beside the manifests.
	Asked map[string]string
	// Valued are the flags of an install that take the next word.
	Valued []string
	// Dirs are the flags whose value is the folder to work in. Those of Inline have it in the same word, or none.
	Dirs, Inline []string
	// Reads are the flags, and ReadVars the variables, whose value is a file or folder that an
	// install reads, or a URL.
	Reads, ReadVars []string
	// Inert are the flags without value that make an install read nothing further.
	Inert []string
	// Frozen are the flags with which an install leaves the lock file as it is, and KeepsLock says that it always does.
	// FrozenVars are variables that say so for all installs, and FrozenSettings the words of a Dockerfile that do.
	Frozen, FrozenVars, FrozenSettings []string
	KeepsLock                          bool
	// Folders read a folder of which an install reads more than one file, such as .mvn; see [Manager.Doubts]. LooksInto
	// are folders of a working copy that an install looks into besides.
	Folders   map[string]whole
	LooksInto []string
	// Into are the flags whose value is the folder that an install fills.
	Into []string
	// Elsewhere are the flags with which the call is about something other than the project's
	// dependencies.
	Elsewhere []string
	// Builds are the calls that fetch the dependencies themselves where no install came before.
	Builds Fetching
	// BuildVars are variables that a build looks at and a fetch does not; a trailing * means any end; FetchVars are
	// those that may switch fetching off or send it elsewhere. Before are the subcommands that may come before a build
	// and leave a fetch alone.
	BuildVars, FetchVars, Before []string
	// Vendored is the folder, beside the manifests, that holds the dependencies already.
	Vendored string
	// Development says how packages that only developers need are left out; nil where they are not
	// installed unasked.
	Development *Development
	// OffScripts are the flags that keep an install from running the project's own scripts.
	OffScripts []string
	// Parts say how an install that needs the sources is done in two parts; nil where it cannot.
	Parts *Parts
	// Named reads a manifest that the command line names by any name; nil where it is one of pip's.
	Named func(Reader, Call) []Need
	// Clears are the subcommands, besides cache, that only empty the manager's cache.
	Clears []string
}

// Fetching says which calls of a manager fetch the dependencies themselves.
type Fetching struct {
	// Words are the subcommands, goals or tasks, one of which is in the call. One that begins with * means every word
	// with that end.
	Words   []string
	Further bool              // other subcommands, goals or tasks may come before it
	With    map[string]string // the flag without which the call with a word is about something else: install --path
	Without []string          // flags, as written or by their names, with which the call fetches nothing
	// Command fetches the dependencies, and should come before. It takes the flags of Takes over from the build, or
	// words that begin like one, and the project where Project says so.
	Command string
	Takes   []string
	Project bool // the build's operand is the project
	// Loads is given where no command fetches all packages: it loads at least the plugins.
	Loads  string
	Locked bool // without a lock file there is nothing to fetch
}

// Parts are the two parts of an install: the packages, and then what needs the sources.
type Parts struct {
	Flags []string // with which the install leaves out what needs the sources
	// FlagsOf returns them as the project needs them; nil where they are always Flags.
	FlagsOf func(Reader) []string
	// Rest returns the commands that do what the flags leave out, each without the program, and false where none do.
	// Where it is nil, the install as it is written does.
	Rest func(Reader, Call) ([][]string, bool)
	// Takes are the flags that Rest takes over from the install, by their names there; see [Call.Taken].
	Takes map[string]string
}

// Install is one way to spell an install.
type Install struct {
	// Words are the subcommand, such as mod download; empty for a bare call. A word that begins with *
	// means every word with that end.
	Words []string
	// Files are flags whose value names a manifest, such as -r. Where there are any, one of them
	// must be in the call.
	Files []string
	// Also are flags whose value names a further file that the install reads, such as -c.
	Also []string
	// Locked says that the call stops where there is no lock file.
	Locked bool
	// Packages says what a further word means.
	Packages Packages
	// Environment says that it installs into the environment that is there, not into Output.
	Environment bool
	// Code is what the code on the command line has to be; nil where it is no language that is called. With are flags,
	// one of which has to be there too; nil where none has to.
	Code *regexp.Regexp
	With []string
}

// Packages says what words after the subcommand mean.
type Packages uint8

const (
	NoProject Packages = iota // the call installs these instead of the project's dependencies
	Both                      // the call installs these as well
	Manifests                 // they are the files that say what to install
)

// Manifest is a file that an install reads.
type Manifest struct {
	Name     string // a name, or a pattern as path.Match knows them; ending in / for a folder
	Required bool   // without it there is nothing to install
	Lock     bool   // a lock file
	// Needs reads the file and returns what else the install wants; nil where it holds nothing of
	// the kind.
	Needs func(Reader, Call) []Need
	// Inert says that nothing in the file makes an install read further ones, unless it is the program itself.
	Inert bool
	// Whole reads the file in full; nil where no reader knows all of its kind. See [Manager.Doubts].
	Whole whole
}

// Reader reads the file itself and the files around it. Paths are relative to the manifest's folder.
type Reader interface {
	// Read returns the contents of the file, false where they are not known.
	Read(name string) ([]byte, bool)
	// Exists reports whether the tree has the file or folder.
	Exists(name string) bool
}

// Call is the install as written.
type Call struct {
	Manager *Manager
	Program string   // by which it is called
	File    string   // the manifest, without folder
	Flags   []string // as written, without values
	Scripts bool     // the project's own scripts run
	Project bool     // it builds a Python project itself
	Build   bool     // it builds; what fetches the dependencies for it may come with empty files in place of sources
	Member  bool     // the manifest is that of a member of a workspace
	Taken   []string // the flags of Parts.Takes that it has, as they read there, with their values
}

// Need is something that an install reads besides its manifests: a file, or else a reason.
type Need struct {
	File string // a further file to copy, relative to the manifest's folder; a folder where it ends in /
	// Inert says that nothing in File makes the install read further ones.
	Inert bool
	// Members are those of a workspace: the manifests of the same name in its folders are copied too, and asked what
	// they need.
	Members Members
	// Fills is no need but a folder, relative to the manifest's, that the install fills besides
	// Manager.Output.
	Fills string
	// Stub is no need but a file, relative to the manifest's folder, that has to be there when the dependencies are
	// fetched for a build, if only as an empty one. Nothing says that there are no dependencies to fetch.
	Stub    string
	Nothing bool
	// Reason says why the install cannot run without the sources; %s means Word.
	Reason string
	Word   string // from the repository
}

// Wanted reports whether rules may want to read the file's contents: the manifests that have
// something to tell, and the files in which programs keep credentials, wherever they are.
func Wanted(p string) bool {
	base := path.Base(p)
	names, patterns := telling()
	if names[base] || furtherSettings[base] || requirementsLike(p) || environmentLike(p) || Credentials(p) {
		return true
	}
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, _ := path.Match(pattern, base)
		return ok
	})
}

// Locked reports whether the file is a lock that says which packages come from where. Such files are large.
func Locked(p string) bool { return locks()[path.Base(p)] }

var locks = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, m := range Managers {
		for _, f := range m.Manifests {
			if f.Lock && f.Whole != nil {
				names[f.Name] = true
			}
		}
	}
	return names
})

// telling returns the names and the patterns of the manifests that have something to tell.
var telling = sync.OnceValues(func() (map[string]bool, []string) {
	names, patterns := map[string]bool{}, []string(nil)
	for _, m := range Managers {
		for _, f := range m.Manifests {
			switch {
			case f.Needs == nil && (f.Whole == nil || f.Lock):
			case strings.ContainsAny(f.Name, "*?["):
				patterns = append(patterns, f.Name)
			default:
				names[f.Name] = true
			}
		}
	}
	slices.Sort(patterns)
	return names, slices.Compact(patterns)
})

// furtherSettings are files that a manifest's row reads although an install does not begin with them, files that say
// where a build writes, and those that say what it installs.
var furtherSettings = map[string]bool{"maven.config": true, "jvm.config": true, "setup.py": true, "setup.cfg": true,
	"Makefile": true, "next.config.js": true, "next.config.mjs": true, "next.config.ts": true,
	"next.config.cjs": true, "vite.config.js": true, "vite.config.ts": true, "vite.config.mjs": true,
	"vite.config.mts": true, "main.go": true}

// requirementsLike: pip's files are named on the command line, by custom like these.
func requirementsLike(p string) bool {
	base, dir := path.Base(p), path.Base(path.Dir(p))
	ext := path.Ext(base)
	return (ext == ".txt" || ext == ".in" || ext == ".pip") &&
		(strings.Contains(base, "requirement") || strings.Contains(base, "constraint") || dir == "requirements")
}

// Program reports whether name is a name of the manager's program.
func (m *Manager) Program(name string) bool {
	for _, p := range m.Programs {
		if prefix, ok := strings.CutSuffix(p, "*"); ok && strings.HasPrefix(name, prefix) &&
			strings.Trim(name[len(prefix):], "0123456789.") == "" {
			return true
		}
		if p == name {
			return true
		}
	}
	return false
}

// BuildVar reports whether the variable is one that a build looks at and a fetch does not.
func (m *Manager) BuildVar(name string) bool {
	for _, v := range m.BuildVars {
		if prefix, ok := strings.CutSuffix(v, "*"); v == name || ok && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// IsSource reports whether the file is one that people edit and an install does not need.
func (m *Manager) IsSource(p string) bool {
	for _, ext := range m.Sources {
		if strings.HasSuffix(p, ext) {
			return true
		}
	}
	return false
}

// Manifest returns the row for the file's name, nil where the manager knows no such file.
func (m *Manager) Manifest(name string) *Manifest {
	for i := range m.Manifests {
		if ok, _ := path.Match(m.Manifests[i].Name, name); ok {
			return &m.Manifests[i]
		}
	}
	return nil
}

// IsManifest reports whether the file is one that the manager knows by its name, or by that and the folder's.
func (m *Manager) IsManifest(p string) bool {
	return m.Manifest(path.Base(p)) != nil || m.Manifest(path.Join(path.Base(path.Dir(p)), path.Base(p))) != nil
}
