package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// configuration is where a package manager reads settings from, and what they look like there.
type configuration struct {
	places []string // files and folders of the image
	says   func(text string) bool
}

// aptConfiguration and rpmConfiguration are the files of apt.conf(5), dnf.conf(5) and yum.conf(5).
var (
	aptConfiguration = []string{"/etc/apt/apt.conf", "/etc/apt/apt.conf.d"}
	rpmConfiguration = []string{"/etc/dnf/dnf.conf", "/etc/dnf/libdnf5.conf.d", "/etc/yum.conf"}
)

// elsewhere reports whether files of the repository configure the package manager, or may: the instruction copies one
// to where the settings are, or starts a shell script; and the file has the setting, or was not read.
func (c configuration) elsewhere(p *analysis.Pass, in *dockerfile.Instruction) bool {
	switch in.Name {
	case "COPY", "ADD":
		return len(c.places) > 0 && c.copied(p.Context, in)
	case "RUN":
		for _, l := range runs(in) {
			if found, _ := l.find(p.Context); found.file != "" && shellScript(found.file) &&
				c.script(p.Context, found.file) {
				return true
			}
		}
	}
	return false
}

// copied reports whether the COPY puts such a file to one of the places.
func (c configuration) copied(ctx *buildcontext.Context, in *dockerfile.Instruction) bool {
	copied := ctx.Copy(in)
	if slices.ContainsFunc(c.places, func(at string) bool { return contains(at, copied.Dest()) }) && !ctx.Known() {
		return true
	}
	for _, s := range buildcontext.Sources(in) {
		if !s.Local || !s.Path.Known {
			continue
		}
		settles := func(file string) bool {
			at, ok := copied.Place(file)
			return ok && slices.ContainsFunc(c.places, func(p string) bool { return contains(p, at) }) &&
				c.settles(ctx, file)
		}
		if len(ctx.Where(s.Path.Text, configuredBy{c.places[0], in}, 1, settles)) > 0 {
			return true
		}
	}
	return false
}

// configuredBy is what copied asks of a context.
type configuredBy struct {
	place string
	in    *dockerfile.Instruction
}

// contains reports whether the path is the place or below it.
func contains(place, at string) bool {
	_, within := dockerfile.Below(place, at)
	return within
}

// script reports whether the script, or one beside it that it names, has the setting or was not read.
func (c configuration) script(ctx *buildcontext.Context, file string) bool {
	if c.settles(ctx, file) {
		return true
	}
	data, _ := ctx.Read(file)
	text, dir := string(data), path.Dir(file)
	for _, name := range ctx.Names(dir) {
		ctx.Charge(len(text) / 64)
		beside := path.Join(dir, name)
		if beside != file && shellScript(name) && strings.Contains(text, "/"+name) && ctx.Has(beside) &&
			c.settles(ctx, beside) {
			return true
		}
	}
	return false
}

// settles reports whether the file has the setting, or was not read.
func (c configuration) settles(ctx *buildcontext.Context, file string) bool {
	data, read := ctx.Read(file)
	ctx.Charge(len(data) / 8)
	return !read || c.says(string(data))
}

// buildPrograms are scripts without an extension that start a build and configure no system.
var buildPrograms = setOf("gradlew mvnw configure rails rake artisan console spark craft composer")

// shellScript reports whether the name may be that of a shell script.
func shellScript(file string) bool {
	base := path.Base(file)
	return path.Ext(base) == ".sh" || path.Ext(base) == ".bash" || path.Ext(base) == "" && !buildPrograms[base]
}
