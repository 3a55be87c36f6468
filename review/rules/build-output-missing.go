package rules

import (
	"encoding/json"
	"path"
	"regexp"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

var buildOutputMissing = &analysis.Rule{
	Name:     "build-output-missing",
	Doc:      "COPY from a stage of a folder that the build there does not write",
	Topic:    analysis.Context,
	Since:    "0.1",
	Severity: analysis.Error,
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			c := carriedBy(in)
			if c == nil || c.otherRelease(p) {
				continue
			}
			if dir, ok := strings.CutSuffix(c.src, "/.next/standalone"); ok {
				c.standalone(p, dir)
				continue
			}
			c.bundled(p)
		}
	},
}

// installedPython is the folder in which the official images of Python have it, with the release.
var installedPython = regexp.MustCompile(`^/usr/local/lib/python(\d+\.\d+)(?:/|$)`)

// otherRelease reports a folder of another release of Python than the stage has.
func (c *carried) otherRelease(p *analysis.Pass) bool {
	m := installedPython.FindStringSubmatch(c.src)
	was := c.was.Language("Python")
	if m == nil || c.was.Library() != "python" || was == "" || m[1] == was || c.bringsLanguage() ||
		stageMentions(c.from, "python"+m[1]) {
		return false
	}
	f := c.finding(analysis.Say("%s is not in the build stage: its image has Python %s", c.src, was))
	f.Why = analysis.Say("The build stops here: Python %s has its packages in %s.", was,
		strings.Replace(c.src, "python"+m[1], "python"+was, 1))
	if is := c.is.Language("Python"); is == was {
		f.Fix = c.renamed("python"+m[1], "python"+was)
	}
	p.Report(f)
	return true
}

// renamed is the fix that writes another name into both paths.
func (c *carried) renamed(old, name string) *analysis.Fix {
	fix := &analysis.Fix{Title: "Use the release of the image", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("Check that no other instruction needs the old path.")}
	for _, w := range c.in.Words {
		text := c.in.File().Text(w.Span)
		if strings.Count(text, old) > 1 {
			return nil
		}
		if i := strings.Index(text, old); i >= 0 {
			at := dockerfile.Span{Start: w.Span.Start + i, End: w.Span.Start + i + len(old)}
			fix.Edits = append(fix.Edits, analysis.Edit{Span: at, New: name})
		}
	}
	return fix
}

// stageMentions reports whether an instruction of the stage, or of one that it is built from, has the word in it.
func stageMentions(s *dockerfile.Stage, words ...string) bool {
	for in := range s.All() {
		text := in.File().Text(in.Span)
		in.File().Charge(len(words) * len(text))
		if containsAny(text, words...) {
			return true
		}
	}
	return false
}

// finding is a finding at the COPY.
func (c *carried) finding(message analysis.Message) analysis.Finding {
	return analysis.Finding{
		In: c.in, Span: c.in.Span, With: []*dockerfile.Instruction{c.from.Root().From},
		Because: c.from.SetBy(nil), Message: message,
	}
}

// nextConfigs are the names of the configuration of Next.js
// (https://nextjs.org/docs/app/api-reference/config/next-config-js).
var nextConfigs = []string{"next.config.js", "next.config.mjs", "next.config.ts", "next.config.cjs"}

// standalone reports the output of a standalone build for which no configuration asks.
func (c *carried) standalone(p *analysis.Pass, dir string) {
	run := c.builds(dir)
	if run == nil || !p.Context.Known() || stageMentions(c.from, "standalone", "STANDALONE") ||
		!strings.Contains(string(readBrought(p, run, dir+"/package.json")), `"next"`) {
		return
	}
	for _, name := range nextConfigs {
		file, ok := p.Context.Brought(run, path.Join(dir, name))
		if !ok {
			continue
		}
		data, read := p.Context.Read(file)
		if !read || strings.Contains(string(data), "standalone") || readsOthers(data) {
			return
		}
		f := c.finding(analysis.Say("The build does not write %s: %s does not ask for a standalone build", c.src, file))
		f.Why = analysis.Say("The build stops here. Set %s in %s.", `output: "standalone"`, file)
		f.Elsewhere = analysis.Location{Path: p.Context.FromRoot(file), Line: 1}
		p.Report(f)
		return
	}
}

// readsOthers reports whether a configuration may have settings from elsewhere: other files, the environment, or
// packages that are not known to leave the output where it is.
func readsOthers(config []byte) bool {
	for _, m := range imports.FindAllSubmatch(config, -1) {
		if !plainImport.Match(m[1]) {
			return true
		}
	}
	return furtherValues.Match(config)
}

var (
	imports     = regexp.MustCompile(`(?:require\(|from|import\(?)\s*["']([^"']*)["']`)
	plainImport = regexp.MustCompile(`^(?:vite|vite-tsconfig-paths|@vitejs/plugin-[a-z-]+|next|@next/[a-z-]+|path|` +
		`url|node:[a-z]+)$`)
	furtherValues = regexp.MustCompile(`\.\.\.|readFile|process\.env|loadEnv`)
)

// builds is a RUN of the stage that builds the project in the folder by a script of package.json; nil where there is no
// such RUN.
func (c *carried) builds(dir string) *dockerfile.Instruction {
	for in := range c.from.All() {
		steps, _ := shell.Chain(in)
		for _, st := range steps {
			words := literalWords(st.Cmd)
			if st.Cwd == dir && len(words) > 1 && packageManagers[words[0]] && words[len(words)-1] == "build" {
				return in
			}
		}
	}
	return nil
}

var packageManagers = setOf("npm yarn pnpm bun")

// bundlers are tools whose build writes one folder unless a configuration says otherwise.
var bundlers = []struct{ script, writes, option string }{
	{"vite build", "dist", "utDir"},       // https://vite.dev/config/build-options.html#build-outdir
	{"react-scripts build", "build", "("}, // https://create-react-app.dev/docs/advanced-configuration/
}

// bundled reports the folder that another tool writes than the one that builds.
func (c *carried) bundled(p *analysis.Pass) {
	dir, name := path.Split(c.src)
	dir = path.Clean(dir)
	if name != "dist" && name != "build" || !p.Context.Known() {
		return
	}
	run := c.builds(dir)
	if run == nil || stageMentions(c.from, "utDir", "BUILD_PATH", "/"+name, " "+name+"/", "mv ", "cp ") {
		return
	}
	if _, ok := p.Context.Brought(run, dir+"/package.json"); !ok || p.Context.Folder(name) {
		return
	}
	var manifest struct{ Scripts map[string]string }
	if json.Unmarshal(readBrought(p, run, dir+"/package.json"), &manifest) != nil {
		return
	}
	for _, b := range bundlers {
		script := manifest.Scripts["build"]
		if !strings.HasSuffix(script, b.script) || b.writes == name || c.configured(p, run, dir, b.option) ||
			manifest.Scripts["postbuild"] != "" {
			continue
		}
		f := c.finding(analysis.Say("The build does not write %s: %s writes %s", c.src, b.script,
			path.Join(dir, b.writes)))
		f.Why = analysis.Say("The build stops here.")
		p.Report(f)
	}
}

// configured reports whether a configuration of the bundler sets the folder, or is not known.
func (c *carried) configured(p *analysis.Pass, run *dockerfile.Instruction, dir, option string) bool {
	for _, name := range []string{"vite.config.js", "vite.config.ts", "vite.config.mjs", "vite.config.mts", ".env",
		".env.production"} {
		file, ok := p.Context.Brought(run, path.Join(dir, name))
		if !ok {
			continue
		}
		data, read := p.Context.Read(file)
		if !read || strings.Contains(string(data), option) || strings.Contains(string(data), "BUILD_PATH") ||
			readsOthers(data) {
			return true
		}
	}
	return false
}
