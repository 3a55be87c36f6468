package rules

import (
	"path"
	"regexp"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

var remoteArchiveNotUnpacked = &analysis.Rule{
	Name:       "remote-archive-not-unpacked",
	Doc:        "ADD of an archive by URL that nothing unpacks",
	Topic:      analysis.Context,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning where a later instruction uses what would be in the archive, otherwise notice",
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if in.Name == "ADD" && in.Stage != nil && len(in.Words) == 2 && in.Flag("unpack") == nil &&
				in.Trigger == nil {
				checkRemoteArchive(p, in)
			}
		}
	},
}

// remoteArchive is the URL of an archive that ADD could unpack; its group is the file's name.
var remoteArchive = regexp.MustCompile(`^https?://[^?#]*/([^/?#]+\.(?:tar|tar\.gz|tgz|tar\.bz2|tar\.xz|txz|tar\.zst))$`)

func checkRemoteArchive(p *analysis.Pass, in *dockerfile.Instruction) {
	url := in.Expand(in.Words[0].Text)
	to := in.Resolve(in.Workdir(), in.Words[1].Text)
	m := remoteArchive.FindStringSubmatch(url.Text)
	if m == nil || !url.Known || !strings.HasPrefix(to, "/") || to == "/" || !toFolder(in) {
		return
	}
	used, mayUnpack := usesOfArchive(p.File, in, to, m[1])
	if mayUnpack {
		return
	}
	f := analysis.Finding{
		In: in, Span: in.Words[0].Span, AtMost: analysis.Notice, Because: in.WorkdirBy(),
		Message: analysis.Say("%s stays an archive: ADD unpacks only local archives, and nothing else unpacks it",
			m[1]),
		Why: analysis.Say("With %s, ADD unpacks it.", "--unpack"),
		Fix: &analysis.Fix{
			Title: "Unpack the archive", Applicability: analysis.Unsafe,
			Caveat: analysis.Say("Check whether the archive has a folder of its own at its top, and that the builder "+
				"knows %s (Dockerfile frontend 1.17).", "--unpack"),
			Edits: []analysis.Edit{analysis.Insert(in.Keyword.End, " --unpack")},
		},
	}
	if used != nil {
		f.AtMost, f.With = analysis.Never, []*dockerfile.Instruction{used}
		f.Why = analysis.Say("%s uses what is in it, and with %s, ADD unpacks it.", used.Short(), "--unpack")
	}
	p.Report(f)
}

// usesOfArchive looks through what comes after the ADD: the first instruction that names a path below the folder, as if
// the archive were unpacked there, and whether anything may unpack it.
func usesOfArchive(f *dockerfile.File, add *dockerfile.Instruction, dir, name string) (used *dockerfile.Instruction,
	mayUnpack bool) {
	for _, in := range f.Instructions() {
		if in.Span.Start <= add.Span.Start || in.Stage == nil || in.Name == "FROM" || in.Name == "LABEL" {
			continue
		}
		text := f.Text(in.Span)
		f.Charge(2 * len(text))
		switch below := strings.Contains(text, dir+"/"); {
		case below && readsFolder[in.Name] && !strings.Contains(text, name) && in.Stage.BuiltOn(add.Stage):
			if used == nil {
				used = in
			}
		case in.Name == "RUN" && (!plainRun(in) || len(in.Mounts()) > 0),
			strings.Contains(text, dir), strings.Contains(text, name), strings.Contains(text, path.Dir(dir)+" "),
			in.Name == "COPY" && in.Flag("from") != nil:
			return nil, true
		}
	}
	return used, false
}

// readsFolder are the instructions that may name what is in the folder, and unpack nothing.
var readsFolder = map[string]bool{"ENV": true, "CMD": true, "ENTRYPOINT": true}

// plainRun reports whether the RUN calls only programs that unpack nothing of its own accord.
func plainRun(in *dockerfile.Instruction) bool {
	s := shell.Script(in)
	if s == nil {
		return false
	}
	for _, c := range s.Commands() {
		if !unpacksNothing[c.Name] {
			return false
		}
	}
	return true
}

var unpacksNothing = setOf("apt-get apt apk dnf yum microdnf mkdir useradd groupadd adduser addgroup rm echo true set")
