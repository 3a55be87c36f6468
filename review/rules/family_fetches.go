package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

// fetch is a command that only downloads packages, and the later ones that need them.
type fetch struct {
	program string
	words   []string // of which the command has one as its subcommand or first operand
	folders []string // where the packages go, below a home folder or as an absolute path
	moved   []string // variables that name another folder
	later   []string // subcommands that need the packages
	with    []string // one of these flags they must have
	stops   bool     // they stop without the packages, and do not download them again
}

// downloads are https://learn.microsoft.com/dotnet/core/tools/dotnet-restore, https://go.dev/ref/mod#go-mod-download,
// https://maven.apache.org/plugins/maven-dependency-plugin/go-offline-mojo.html and
// https://doc.rust-lang.org/cargo/commands/cargo-fetch.html.
var downloads = []fetch{
	{program: "dotnet", words: []string{"restore"}, folders: []string{".nuget/packages"},
		moved: []string{"NUGET_PACKAGES"},
		later: []string{"build", "publish", "test", "pack", "run"}, with: []string{"--no-restore"}, stops: true},
	{program: "go", words: []string{"mod"}, folders: []string{"/go/pkg/mod", "/root/go/pkg/mod"},
		moved: []string{"GOMODCACHE", "GOFLAGS"}, later: []string{"build", "install", "test", "run", "vet"}},
	{program: "mvn", words: []string{"dependency:go-offline", "dependency:resolve"},
		folders: []string{".m2", ".m2/repository"}, moved: []string{"MAVEN_OPTS", "MAVEN_ARGS", "MAVEN_CONFIG"},
		later: mavenPhases, with: []string{"-o", "--offline"}, stops: true},
	{program: "mvn", words: []string{"dependency:go-offline", "dependency:resolve"},
		folders: []string{".m2", ".m2/repository"}, moved: []string{"MAVEN_OPTS", "MAVEN_ARGS", "MAVEN_CONFIG"},
		later: mavenPhases},
	{program: "cargo", words: []string{"fetch"}, folders: []string{"/usr/local/cargo/registry", ".cargo/registry"},
		moved: []string{"CARGO_HOME"}, later: []string{"build", "install", "test", "run"}},
}

var mavenPhases = []string{"package", "verify", "install", "compile", "test"}

// fetchedAway reports a download into the mount that a later RUN needs and does not have, since it has no such mount.
func (c *cacheMount) fetchedAway() bool {
	for _, cmd := range shell.Commands(c.in) {
		for i := range downloads {
			row := &downloads[i]
			if row.fetches(c.in, cmd) && row.in(c) {
				if in, later := c.needs(row); in != nil {
					c.reportAway(row, cmd, in, later)
					return true
				}
			}
		}
	}
	return false
}

// fetches reports whether the command is the download.
func (f *fetch) fetches(in *dockerfile.Instruction, cmd *dockerfile.Command) bool {
	call := shell.Read(in, cmd)
	return call.Program == f.program && slices.Contains(f.words, call.Verb()) && len(cmd.Wrapper) == 0 &&
		(f.program != "go" || len(cmd.Words) > 2 && cmd.Words[2].Text == "download")
}

// in reports whether the mount is where the packages go, as far as the file says.
func (f *fetch) in(c *cacheMount) bool {
	if slices.ContainsFunc(f.moved, func(v string) bool { return c.in.Defined(v) || c.says(v) }) {
		return false
	}
	_, home := c.user()
	for _, dir := range f.folders {
		if !strings.HasPrefix(dir, "/") {
			dir = path.Join(home, dir)
		}
		if home != "" && dir == c.target {
			return true
		}
	}
	return false
}

// needs is the first later RUN that needs the packages, and its command; nil where that has a mount in which they may
// be, or where something else may bring them.
func (c *cacheMount) needs(f *fetch) (*dockerfile.Instruction, *dockerfile.Command) {
	all := c.in.File().Instructions()
	c.in.File().Charge(len(all))
	for _, x := range all[c.in.Index+1:] {
		if x.Name != "RUN" || x.Stage == nil || !x.Stage.BuiltOn(c.in.Stage) {
			continue
		}
		for _, cmd := range shell.Commands(x) {
			call := shell.Read(x, cmd)
			if call.Program != f.program {
				continue
			}
			if slices.Contains(f.later, call.Verb()) && !call.Open() && len(cmd.Wrapper) == 0 &&
				!x.HasMount("cache", "bind") && (len(f.with) == 0 || call.Has(f.with...)) {
				return x, cmd
			}
			return nil, nil
		}
	}
	return nil, nil
}

func (c *cacheMount) reportAway(f *fetch, cmd *dockerfile.Command, in *dockerfile.Instruction,
	later *dockerfile.Command) {
	out := analysis.Finding{
		In: c.in, Span: c.flag.Span, With: []*dockerfile.Instruction{in},
		Because: c.in.Stage.SetBy(lastBefore(c.in, "USER")),
		Message: analysis.Say("%s needs the packages of %s, but they are in a cache mount that only this step has",
			shellText(in, later), oneCommand(c.in, cmd)),
		Why: analysis.Say("It downloads all of them again in every build, unless it has the same mount."),
	}
	if f.stops {
		out.Why = analysis.Say("The build stops there, unless the step has the same mount.")
	}
	if !in.File().CommentIn(in.Span) {
		out.Fix = &analysis.Fix{Title: "Give the later step the same mount", Applicability: analysis.Unsafe,
			Caveat: analysis.Say("This assumes that %s has written nothing else into %s that the image needs.",
				f.program, c.target),
			Edits: []analysis.Edit{analysis.Insert(in.Keyword.End, " "+c.in.File().Text(c.flag.Span))}}
	}
	c.p.Report(out)
}
