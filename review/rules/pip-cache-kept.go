package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
)

var pipCacheKept = &analysis.Rule{
	Name:       "pip-cache-kept",
	Doc:        "pip cache that is left in the image",
	Topic:      analysis.Size,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice where nothing is known of the base image",
	Aliases:    []string{"DL3042"},
	Run: func(p *analysis.Pass) {
		settings := settingsIn(p, "pip.conf")
		roots := map[*dockerfile.Instruction]bool{} // those that certainly run as root
		eachUser(p.File, func(in *dockerfile.Instruction, who account) { roots[in] = who.root() })
		for _, in := range p.File.Instructions() {
			var kept []cacheCall
			for _, c := range cacheCalls(in, "pip") {
				if c.keeps(in) && !onlyTools(c) {
					kept = append(kept, c)
				}
			}
			if len(kept) == 0 || endOf(in) == inCache || settings.before(in) {
				continue
			}
			fix := &analysis.Fix{Title: "Add --no-cache-dir", Applicability: analysis.Safe}
			assumeOwnCache(fix, in, kept)
			for _, c := range kept {
				at := c.cmd.Words[c.last()].Span.End
				fix.Edits = append(fix.Edits,
					analysis.Insert(at, " --no-cache-dir"))
			}
			why := analysis.Say("It holds every package a second time; to share downloads between builds, mount a " +
				"cache there instead.")
			if roots[in] {
				why = analysis.Say("It holds every package a second time; to share downloads between builds, mount a "+
					"cache at %s instead.", "/root/.cache/pip")
			}
			reportKept(p, in, kept, fix, why)
		}
	},
}

// maxEarlier is how many earlier instructions are read for what they leave in a cache: more than people write.
const maxEarlier = 150

// assumeOwnCache takes the trust out of a fix where something else may have filled the cache: the calls may need the
// wheels in it, which pip does not look for with --no-cache-dir.
func assumeOwnCache(fix *analysis.Fix, in *dockerfile.Instruction, calls []cacheCall) {
	if unseenBase(in.Stage) {
		fix.Assume("the base image brings no packages in the cache of pip")
	}
	before := in.Stage.Before(in)
	if len(before) > maxEarlier {
		fix.Assume("none of the %d instructions before it leaves packages for it in the cache of pip", len(before))
		return
	}
	apart := slices.ContainsFunc(calls, cacheCall.elsewhere)
	leaves := func(x *dockerfile.Instruction) bool {
		return x != in && slices.ContainsFunc(cacheCalls(x, "pip"), func(c cacheCall) bool { return c.keeps(x) })
	}
	for _, x := range append(before[:len(before):len(before)], in) {
		switch {
		case bringsCache(x, calls[0].cache):
			fix.Assume("%s brings no packages in the cache of pip", x.OneLine())
		case apart && leaves(x):
			fix.Assume("the cache that %s leaves has no packages that are compiled", x.OneLine())
		}
	}
}

// elsewhere reports whether the call installs packages that may be installed already in another place.
func (c cacheCall) elsewhere() bool {
	return strings.Contains(c.cmd.Words[0].Text, "/") || c.Has("-t", "--target", "--prefix", "--root",
		"--force-reinstall", "-I", "--ignore-installed", "--user")
}

// bringsCache reports whether the instruction brings files from elsewhere to where the cache is, or around it.
func bringsCache(in *dockerfile.Instruction, cache *ecosystem.Cache) bool {
	around := func(at string) bool {
		at = path.Clean("/" + at)
		return at == "/" || at == "/root" || strings.HasPrefix(at, "/home") && strings.Count(at, "/") < 3 ||
			strings.HasSuffix(at, "/.cache") || cache.Holds(at)
	}
	if (in.Name == "COPY" || in.Name == "ADD") && len(in.Words) > 1 {
		dest := in.Resolve(in.Workdir(), lastWord(in).Text)
		whole := slices.ContainsFunc(in.Words[:len(in.Words)-1], func(w dockerfile.Word) bool {
			return strings.Contains(w.Text, ".cache")
		})
		return whole || in.Flag("from") != nil && around(dest) || cache.Holds(dest) ||
			strings.HasSuffix(dest, "/.cache")
	}
	return slices.ContainsFunc(in.Mounts(), func(m dockerfile.Mount) bool {
		return m.Type == "bind" && around(m.Target)
	})
}

// onlyTools reports whether the call installs nothing but pip and its own helpers, whose cache is
// small.
func onlyTools(c cacheCall) bool {
	for _, w := range c.Operands {
		name, _, _ := strings.Cut(w.Text, "=")
		name = strings.TrimRight(name, "<>!~")
		if !w.Known || !slices.Contains([]string{"pip", "setuptools", "wheel", "virtualenv"}, name) {
			return false
		}
	}
	return len(c.Operands) > 0
}
