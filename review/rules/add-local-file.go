package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
)

var addLocalFile = &analysis.Rule{
	Name:     "add-local-file",
	Doc:      "ADD of local files, which COPY does without unpacking or fetching anything",
	Topic:    analysis.Context,
	Since:    "0.1",
	Severity: analysis.Notice,
	Aliases:  []string{"DL3020", "DS-0005", "CKV_DOCKER_4"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if add := copyIn(in); add != nil && add.Name == "ADD" {
				reportLocalAdd(p, in, add)
			}
		}
	},
}

// origin is what an ADD does with a source.
type origin uint8

const (
	plainFile  origin = iota // what COPY does
	mayUnpack                // it may be an archive
	unpacked                 // an archive, by its name
	fromRemote               // fetched
	anyOrigin                // depends on a variable
)

func reportLocalAdd(p *analysis.Pass, in, add *dockerfile.Instruction) {
	if add.Flag("unpack") != nil || add.Flag("checksum") != nil || add.Flag("keep-git-dir") != nil {
		return // meant
	}
	fix := &analysis.Fix{
		Title:         "Use COPY",
		Applicability: analysis.Safe,
		Edits:         []analysis.Edit{{Span: add.Keyword, New: edit.Keyword(add, "COPY")}},
	}
	local, others := false, false
	for _, s := range buildcontext.Sources(add) {
		from := originOf(p.Context, s)
		local = local || from == plainFile || from == mayUnpack
		others = others || from != plainFile && from != mayUnpack
		if assumed := copyAssumes(s, from); !assumed.Empty() {
			fix.Applicability, fix.Caveat = analysis.Unsafe, assumed
		}
	}
	if !local {
		return
	}
	if others {
		fix = nil
	}
	p.Report(analysis.Finding{
		In: in, Span: add.Keyword,
		Message: analysis.Say("%s copies local files, which is what COPY is for", add.OneLine()),
		Why: analysis.Say("ADD also unpacks archives and fetches URLs, so a reader cannot tell which is meant, " +
			"and a file that is replaced by an archive is unpacked silently."),
		Fix: fix,
	})
}

// copyAssumes says what must hold for COPY to do the same with the source; it is empty where nothing is assumed.
func copyAssumes(s buildcontext.Source, from origin) analysis.Message {
	switch {
	case from == mayUnpack:
		return analysis.Say("If %s is a tar archive, ADD unpacks it and COPY does not.", s.Path.Text)
	case from == plainFile && s.Path.Default:
		return analysis.Say("%s comes from a build argument: if a build passes an archive or a URL "+
			"instead, COPY neither unpacks nor fetches it.", s.Path.Text)
	}
	return analysis.Message{}
}

// originOf returns what ADD does with the source, judging by its name and the tree. BuildKit itself reads
// the file: it unpacks any tar archive, whatever its name and compression.
func originOf(ctx *buildcontext.Context, s buildcontext.Source) origin {
	if strings.HasPrefix(s.Word.Text, "<<") {
		return plainFile
	}
	raw := bare(s.Word)
	switch {
	case strings.Contains(raw, "://") || strings.HasPrefix(raw, "git@"):
		return fromRemote
	case !s.Path.Known:
		return anyOrigin
	case !s.Local:
		return fromRemote
	}
	name := s.Path.Text
	if archiveName(name) {
		return unpacked
	}
	if strings.ContainsAny(name, "*?[") {
		return wildcardOrigin(ctx, name)
	}
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	switch {
	case base == "." || base == "/" || strings.HasSuffix(name, "/"), ctx.Folder(name), neverArchive(base):
		return plainFile
	}
	return mayUnpack
}

// wildcardOrigin looks at the files that the wildcard takes, where they are known.
func wildcardOrigin(ctx *buildcontext.Context, name string) origin {
	result := plainFile
	if !ctx.Known() {
		if ext := path.Ext(name); strings.ContainsAny(ext, "*?[") || !neverArchive("x"+ext) {
			result = mayUnpack
		}
	}
	files := ctx.Match(name)
	ctx.Charge(10 * len(files))
	for _, f := range files {
		switch {
		case strings.Count(f, "/") > strings.Count(path.Clean(name), "/"): // below a folder
		case archiveName(f):
			return unpacked
		case !neverArchive(path.Base(f)):
			result = mayUnpack
		}
	}
	return result
}

// archiveName reports whether the name is that of an archive or a compressed file.
func archiveName(name string) bool {
	ext := path.Ext(strings.TrimRight(name, `"'`))
	return ext != "" && (slices.Contains(archives, ext) || slices.Contains(archives, strings.ToLower(ext)))
}

var archives = strings.Fields(`.tar .Z .z .bz2 .gz .lz .lzma .tZ .tb2 .tbz .tbz2 .tgz .tlz .tpz .txz .xz .zst .tzst`)

// neverArchive reports whether a file of that name is certainly no tar archive.
func neverArchive(name string) bool {
	ext := strings.TrimPrefix(strings.ToLower(path.Ext(name)), ".")
	if ext == "" || strings.HasPrefix(name, ".") && strings.Count(name, ".") == 1 {
		return strings.HasPrefix(name, ".") || slices.Contains(plainNames, strings.ToLower(name))
	}
	return slices.Contains(plainEndings, ext)
}

var plainNames = strings.Fields(`brewfile caddyfile cargo changelog cmdline copying crontab dockerfile
	entrypoint gemfile gradlew hosts jenkinsfile justfile license makefile mvnw notice passwd pipfile procfile
	rakefile readme sudoers vagrantfile version`)

var plainEndings = strings.Fields(`asc bash bat c cc cer cert cfg clj cmake cmd cnf conf config cpp crt cs
	csproj css csv dart deb dll ejs env erb ex exe exs fish go gpg gradle groovy h hpp hs html ico in ini ipynb j2
	jar java jpg js json json5 jsonc jsx kt kts key list local lock lua md mjs mod patch pem php pl plist png po pom
	pp pro profile properties props proto ps1 pub py pyi r rake rb repo rpm rs rst rules sbt scala scss service sh
	sln snap so sql sum svg swift template tf timer tmpl toml ts tsv tsx tt txt ui unit vbproj vim war webmanifest
	whl xml xsd yaml yml zip zsh`)
