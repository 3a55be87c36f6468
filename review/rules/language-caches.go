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
)

// cacheCall is a call of a package manager that fills its cache.
type cacheCall struct {
	cache *ecosystem.Cache
	cmd   *dockerfile.Command
	sub   int // index of the subcommand among the command's words; 0 for a bare call
}

// cacheCalls lists the calls of a RUN that fill the cache of one of the programs.
func cacheCalls(in *dockerfile.Instruction, programs ...string) []cacheCall {
	var all []cacheCall
	for _, cmd := range shell.Commands(in) {
		for _, cache := range ecosystem.Caches {
			if !slices.Contains(programs, cache.Programs[0]) {
				continue
			}
			if call, ok := fills(cache, cmd); ok {
				all = append(all, call)
			}
		}
	}
	return all
}

// managerCalled returns the name of the program that a command runs and the index of its first
// argument: python -m pip is pip.
func managerCalled(cmd *dockerfile.Command) (name string, first int) {
	if strings.HasPrefix(cmd.Name, "python") && len(cmd.Words) > 2 && cmd.Words[1].Text == "-m" {
		return cmd.Words[2].Text, 3
	}
	return cmd.Name, 1
}

// fills reads a command as a call that fills the cache.
func fills(cache *ecosystem.Cache, cmd *dockerfile.Command) (cacheCall, bool) {
	name, first := managerCalled(cmd)
	if !cache.Program(name) {
		return cacheCall{}, false
	}
	for i := first; i < len(cmd.Words); i++ {
		w := cmd.Words[i]
		switch {
		case isFlag(w):
		case w.Literal && slices.Contains(cache.Fills, w.Text):
			return cacheCall{cache, cmd, i}, true
		case !strings.HasPrefix(name, "pip"):
			return cacheCall{}, false
		}
	}
	return cacheCall{cache, cmd, 0}, slices.Contains(cache.Fills, "")
}

// keeps reports whether the call certainly leaves a cache behind in the layer.
func (c *cacheCall) keeps(in *dockerfile.Instruction) bool {
	run := in.Inner()
	if hasFlag(c.cmd, c.cache.OffFlags...) || hasFlag(c.cmd, "--help", "--dry-run", "--version") || coversCache(run, c.cache) {
		return false
	}
	for _, w := range c.cmd.Args() {
		if !w.Literal && mayHoldCacheFlag(run, w) {
			return false
		}
	}
	for _, name := range c.cache.OffVariables {
		if switchedOn(run, c.cmd, name) {
			return false
		}
	}
	for _, name := range c.cache.Variables {
		if run.Defined(name) {
			return false // whoever moves the cache has an eye on it
		}
	}
	return !cleaned(run, c)
}

// mayHoldCacheFlag reports whether an expansion may turn into a flag on caches.
func mayHoldCacheFlag(in *dockerfile.Instruction, w dockerfile.ShellWord) bool {
	raw := in.File().Text(w.Span)
	if v := in.Var(strings.Trim(raw, `"${}`)); v.Known {
		return strings.Contains(v.Text, "cache")
	}
	return mayHoldFlags(in, w)
}

// switchedOn reports whether the variable is, or may be, set to something true where the command
// runs.
func switchedOn(in *dockerfile.Instruction, cmd *dockerfile.Command, name string) bool {
	for _, a := range cmd.Call.Assigns {
		if a.Name != nil && a.Name.Value == name && a.Value != nil {
			text, ok := dockerfile.Literal(a.Value)
			return !ok || truthy(text)
		}
	}
	for _, c := range shell.Commands(in) {
		if c.Name != "env" && !slices.Contains(c.Wrapper, "env") {
			continue
		}
		if value, ok := assigned(in.File().Text(c.Span), name+"="); ok {
			return truthy(value)
		}
	}
	if value, ok := exported(in, name); ok {
		return truthy(value)
	}
	if !in.Defined(name) {
		return false
	}
	v := in.Var(name)
	return !v.Known || truthy(v.Text)
}

// exported returns the literal that the RUN's own shell code exports the variable with.
func exported(in *dockerfile.Instruction, name string) (string, bool) {
	return assigned(in.Script.Text.String(), "export "+name+"=")
}

// assigned returns the literal that stands behind the first such head in the text.
func assigned(text, head string) (string, bool) {
	_, value, ok := strings.Cut(text, head)
	if !ok {
		return "", false
	}
	if end := strings.IndexAny(value, " \t\n;&|"); end >= 0 {
		value = value[:end]
	}
	return strings.Trim(value, `"'`), true
}

// truthy: what pip and uv take for true.
func truthy(v string) bool {
	switch strings.ToLower(v) {
	case "", "0", "false", "no", "off", "n", "f":
		return false
	}
	return true
}

// coversCache reports whether a cache or tmpfs mount lies over the cache, wherever the home is.
func coversCache(in *dockerfile.Instruction, cache *ecosystem.Cache) bool {
	for _, m := range in.Mounts() {
		if m.Type != "cache" && m.Type != "tmpfs" {
			continue
		}
		at := strings.TrimSuffix(m.Target, "/")
		if cache.Holds(at) || at == "/root" || at == "/tmp" || strings.HasSuffix(at, "/.cache") || strings.HasPrefix(at, "/home/") && strings.Count(at, "/") == 2 || strings.Contains(at, "$") {
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

// cleaned reports whether a later command of the RUN empties the cache, or may.
func cleaned(in *dockerfile.Instruction, call *cacheCall) bool {
	after := false
	for _, cmd := range shell.Commands(in) {
		if cmd == call.cmd {
			after = true
			continue
		}
		if after && empties(cmd, call.cache) {
			return true
		}
	}
	return false
}

// empties reports whether the command empties the cache, or may.
func empties(cmd *dockerfile.Command, cache *ecosystem.Cache) bool {
	name, first := managerCalled(cmd)
	if cmd.Name == "rm" || cmd.Name == "find" {
		for _, w := range cmd.Args() {
			text := w.Text
			if !w.Literal || strings.Contains(text, "cache") || strings.Contains(text, "/root") || strings.HasPrefix(text, "~") {
				return true
			}
			for _, f := range cache.Folders {
				if strings.Contains(text, f) {
					return true
				}
			}
		}
		return false
	}
	if !cache.Program(name) {
		return false
	}
	var words []string
	for _, w := range operands(cmd.Words[first:]) {
		words = append(words, w.Text)
	}
	for _, clean := range cache.Cleans {
		if len(words) >= len(clean) && strings.Join(words[:len(clean)], " ") == strings.Join(clean, " ") {
			return true
		}
	}
	return false
}

// reportKept reports the calls of a RUN that leave a cache behind, all in one finding.
func reportKept(p *analysis.Pass, in *dockerfile.Instruction, calls []cacheCall, fix *analysis.Fix, why analysis.Message) {
	c := calls[0]
	end := c.sub
	if end == 0 {
		_, first := managerCalled(c.cmd)
		end = first - 1
	}
	what := strings.Join(strings.Fields(strings.ReplaceAll(in.File().Text(dockerfile.Span{Start: c.cmd.Words[0].Span.Start, End: c.cmd.Words[end].Span.End}), "\\\n", " ")), " ")
	if len(what) > 60 {
		what = c.cmd.Name
	}
	p.Report(analysis.Finding{
		In: in, Span: c.cmd.Span, Because: shippedBy(p.File, in.Stage), Fix: fix,
		Message: analysis.Say("%s leaves its download cache in the image", what),
		Why:     why,
	})
}

// cacheSettings knows where stages first say something about the cache of a program.
type cacheSettings struct {
	files []string // with the program's settings
	first map[*dockerfile.Stage]int
}

func settingsIn(files ...string) *cacheSettings {
	return &cacheSettings{files, map[*dockerfile.Stage]int{}}
}

// before reports whether a file with the program's settings is copied into the stage before the
// instruction, or a command sets something about caches: then nothing can be said.
func (c *cacheSettings) before(in *dockerfile.Instruction) bool {
	return in.Stage != nil && c.from(in.Stage) < in.Index
}

// from is the index of the first such instruction of the stage or those that it is built from; that of none is beyond all.
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
		text := in.File().Text(in.Span)
		return strings.Contains(text, "config set") && strings.Contains(text, "cache")
	}
	return false
}
