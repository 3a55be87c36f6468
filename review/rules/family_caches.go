package rules

import (
	"math"
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

// cacheCall is a call of a package manager that fills its cache.
type cacheCall struct {
	shell.Call
	cache *ecosystem.Cache
	cmd   *dockerfile.Command
}

// cacheCalls lists the calls of a RUN that fill the cache of one of the programs.
func cacheCalls(in *dockerfile.Instruction, programs ...string) []cacheCall {
	var all []cacheCall
	for _, cmd := range shell.Commands(in) {
		for _, cache := range ecosystem.Caches {
			if !slices.Contains(programs, cache.Programs[0]) {
				continue
			}
			if call, ok := callOf(cache, in, cmd); ok && call.fills() {
				all = append(all, call)
			}
		}
	}
	return all
}

// callOf reads a command as a call of the program whose cache it is.
func callOf(cache *ecosystem.Cache, in *dockerfile.Instruction, cmd *dockerfile.Command) (cacheCall, bool) {
	name, _ := shell.Program(cmd)
	if !cache.Program(name) {
		return cacheCall{}, false
	}
	return cacheCall{shell.Read(in, cmd), cache, cmd}, true
}

// fills reports whether the call fills the cache.
func (c *cacheCall) fills() bool {
	return slices.Contains(c.cache.Fills, c.Sub.Text) && (c.Sub.Text != "" || len(c.Unknown) == 0)
}

// last is the index of the word that says what the call does: of its subcommand, or of the program's name.
func (c *cacheCall) last() int {
	if c.Sub.Text == "" {
		return c.First
	}
	return c.Sub.At
}

// keeps reports whether the call certainly leaves a cache in the layer.
func (c *cacheCall) keeps(in *dockerfile.Instruction) bool {
	run := in.Inner()
	if c.Has(c.cache.OffFlags...) || c.Has("--help", "--dry-run", "--version") || c.Open() ||
		coversCache(run, c.cache) {
		return false
	}
	for _, name := range c.cache.OffVariables {
		if switchedOff(run, c.cmd, c.cache, name) {
			return false
		}
	}
	for _, name := range c.cache.Variables {
		if run.Defined(name) {
			return false // the author who moves the cache takes care of it
		}
	}
	return !cleanedLater(run, c)
}

// switchedOff reports whether the variable has, or may have, a value where the command runs that switches the cache
// off.
func switchedOff(in *dockerfile.Instruction, cmd *dockerfile.Command, cache *ecosystem.Cache, name string) bool {
	for _, a := range cmd.Call.Assigns {
		if a.Name != nil && a.Name.Value == name {
			text, known := literalOrEmpty(a.Value)
			return !known || cache.Off(text)
		}
	}
	for _, c := range shell.Commands(in) {
		if c.Name != "env" && !slices.Contains(c.Wrapper, "env") {
			continue
		}
		if value, ok := assignedValue(in.File().Text(c.Span), name+"="); ok {
			return cache.Off(value)
		}
	}
	if all := in.Script.Settings(name); len(all) > 0 {
		return slices.ContainsFunc(all, func(set dockerfile.Setting) bool {
			text, known := literalOrEmpty(set.Value)
			return set.Unknown || !known || cache.Off(text)
		})
	}
	if !in.Defined(name) {
		return false
	}
	v := in.Var(name)
	return !v.Known || cache.Off(v.Text)
}

// literalOrEmpty returns the text of the word after a NAME=, "" where there is no word; false where it is not known.
func literalOrEmpty(w *syntax.Word) (text string, known bool) {
	if w == nil {
		return "", true
	}
	return dockerfile.Literal(w)
}

// assignedValue returns the literal that comes after the first such head in the text.
func assignedValue(text, head string) (string, bool) {
	_, value, ok := strings.Cut(text, head)
	if !ok {
		return "", false
	}
	if end := strings.IndexAny(value, " \t\n;&|"); end >= 0 {
		value = value[:end]
	}
	return strings.Trim(value, `"'`), true
}

// coversCache reports whether a cache or tmpfs mount lies over the cache, wherever the home is.
func coversCache(in *dockerfile.Instruction, cache *ecosystem.Cache) bool {
	for _, m := range in.Mounts() {
		if m.Type != "cache" && m.Type != "tmpfs" {
			continue
		}
		at := strings.TrimSuffix(m.Target, "/")
		if cache.Holds(at) || at == "/root" || at == "/tmp" || strings.HasSuffix(at, "/.cache") ||
			strings.HasPrefix(at, "/home/") && strings.Count(at, "/") == 2 || strings.Contains(at, "$") {
			return true
		}
		for _, name := range cache.Variables {
			if v := in.Var(name); v.Known && strings.HasPrefix(v.Text+"/", at+"/") {
				return true
			}
		}
	}
	return false
}

// cleanedLater reports whether a later command of the RUN empties the cache, or may.
func cleanedLater(in *dockerfile.Instruction, call *cacheCall) bool {
	after := false
	for _, cmd := range shell.Commands(in) {
		if cmd == call.cmd {
			after = true
			continue
		}
		if after && empties(in, cmd, call.cache) {
			return true
		}
	}
	return false
}

// empties reports whether the command empties the cache, or may.
func empties(in *dockerfile.Instruction, cmd *dockerfile.Command, cache *ecosystem.Cache) bool {
	if cmd.Name == "rm" || cmd.Name == "find" {
		return slices.ContainsFunc(cmd.Args(), func(w dockerfile.ShellWord) bool {
			return !w.Literal || strings.HasPrefix(w.Text, "~") || containsAny(w.Text, "cache", "/root") ||
				containsAny(w.Text, cache.Folders...)
		})
	}
	call, ok := callOf(cache, in, cmd)
	if !ok {
		return false
	}
	words := []string{call.Sub.Text}
	for _, w := range call.Operands {
		words = append(words, w.Text)
	}
	return slices.ContainsFunc(cache.Cleans, func(clean []string) bool {
		return len(words) >= len(clean) && slices.Equal(words[:len(clean)], clean)
	})
}

// reportKept reports the calls of a RUN that leave a cache in the image, all in one finding.
func reportKept(p *analysis.Pass, in *dockerfile.Instruction, calls []cacheCall, fix *analysis.Fix,
	why analysis.Message) {
	c := calls[0]
	what := flat(in.File().Text(dockerfile.Span{Start: c.cmd.Words[0].Span.Start, End: c.cmd.Words[c.last()].Span.End}))
	if len(what) > 60 {
		what = c.cmd.Name
	}
	f := analysis.Finding{
		In: in, Span: c.cmd.Span, Because: shippedBy(p.File, in.Stage), Fix: fix,
		Message: analysis.Say("%s leaves its download cache in the image", what),
		Why:     why,
	}
	if len(c.cache.OffVariables) > 0 && unseenBase(in.Stage) {
		f.AtMost = analysis.Notice
		f.Message = analysis.Say("%s leaves its download cache in the image, unless the base image sets %s",
			what, c.cache.OffVariables[0])
		f.Because = append(f.Because, in.Stage.SetBy(nil)...)
	}
	p.Report(f)
}

// cacheSettings knows where stages first say something about the cache of a program.
type cacheSettings struct {
	pass  *analysis.Pass
	files []string // with the program's settings
	first map[*dockerfile.Stage]int
}

func settingsIn(p *analysis.Pass, files ...string) *cacheSettings {
	return &cacheSettings{p, files, map[*dockerfile.Stage]int{}}
}

// before reports whether a file with the program's settings is copied into the stage before the end of the
// instruction, or a command sets something about caches: then nothing can be said.
func (c *cacheSettings) before(in *dockerfile.Instruction) bool {
	return in.Stage != nil && c.from(in.Stage) <= in.Index
}

// from is the index of the first such instruction of the stage or those that it is built from; that of none is beyond
// all.
func (c *cacheSettings) from(s *dockerfile.Stage) int {
	at, known := c.first[s]
	if known {
		return at
	}
	at = math.MaxInt
	if s.Parent != nil {
		at = c.from(s.Parent)
	}
	for _, in := range s.Instructions() {
		if at < math.MaxInt {
			break
		}
		if c.says(in) {
			at = in.Index
		}
	}
	c.first[s] = at
	return at
}

// says reports whether the instruction is one of them.
func (c *cacheSettings) says(in *dockerfile.Instruction) bool {
	switch in.Name {
	case "COPY", "ADD":
		return slices.ContainsFunc(buildcontext.Sources(in), func(s buildcontext.Source) bool {
			return slices.Contains(c.files, path.Base(s.Path.Text))
		})
	case "RUN":
		return configuresCache(in.File().Text(in.Span)) || configuration{says: configuresCache}.elsewhere(c.pass, in)
	}
	return false
}

// configuresCache reports whether the text has a command that sets something about caches.
func configuresCache(text string) bool {
	return strings.Contains(text, "config set") && strings.Contains(text, "cache")
}
