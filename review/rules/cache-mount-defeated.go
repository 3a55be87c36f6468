package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/shell"
)

var cacheMountDefeated = &analysis.Rule{
	Name:     "cache-mount-defeated",
	Doc:      "Cache mount that keeps nothing, or whose packages a later step does not have",
	Topic:    analysis.Cache,
	Since:    "0.1",
	Severity: analysis.Warning,
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if in.Name != "RUN" || in.Script == nil || in.Script.File == nil {
				continue
			}
			for _, m := range in.Mounts() {
				target := path.Clean(m.Target)
				if m.Type == "cache" && strings.HasPrefix(target, "/") && !strings.Contains(target, "$") {
					c := cacheMount{p: p, in: in, flag: *m.Flag, target: target}
					_ = c.switchedOff() || c.otherHome() || c.ofAlpine() || c.ofDebian() || c.emptied() ||
						c.fetchedAway()
				}
			}
		}
	},
}

// cacheMount is one cache mount of a RUN.
type cacheMount struct {
	p      *analysis.Pass
	in     *dockerfile.Instruction
	flag   dockerfile.Flag
	target string // an absolute path

	because []*dockerfile.Instruction // what sets the user or the base image, where that decides
	values  []dockerfile.Value        // of the variables that do
}

// report says why the mount keeps nothing. It returns true.
func (c *cacheMount) report(span dockerfile.Span, fix *analysis.Fix, why, message string, args ...any) bool {
	c.p.Report(analysis.Finding{
		In: c.in, Span: span, Fix: fix, Because: c.because, Values: c.values,
		Message: analysis.Say(message, args...), Why: analysis.Say(why),
	})
	return true
}

const keepsNothing = "Every build downloads everything again, as if the mount were not there."

// switchedOff reports a flag or a variable that has the package manager keep no cache.
func (c *cacheMount) switchedOff() bool {
	for _, cache := range ecosystem.Caches {
		if !c.over(cache) {
			continue
		}
		var flags []place
		away := false
		for _, cmd := range shell.Commands(c.in) {
			name, _ := shell.Program(cmd)
			if !cache.Program(name) {
				continue
			}
			away = away || c.writesElsewhere(cache, cmd)
			for _, v := range cache.OffVariables {
				if value := c.in.Var(v); len(cmd.Call.Assigns) == 0 && value.Known && cache.Off(value.Text) {
					c.values = append(c.values, value)
					return c.report(c.flag.Span, nil, keepsNothing, "%s makes the cache mount at %s useless", "ENV "+v,
						c.target)
				}
			}
			flags = append(flags, placesOf(c.in, cmd, cache.OffFlags...)...)
		}
		if len(flags) > 0 {
			fix := c.without(flags)
			if away { // the cache would then be in the image
				fix = nil
			}
			return c.report(flags[0].word().Span, fix, keepsNothing,
				"%s makes the cache mount at %s useless", flags[0].word().Text, c.target)
		}
	}
	return false
}

// cacheFolderFlags are the flags of package managers that name another folder for the cache.
var cacheFolderFlags = []string{"--cache-dir", "--cache-folder", "--cache", "--store-dir"}

// writesElsewhere reports whether a variable, an assignment or a flag has the command keep its cache outside of the
// mount, or may.
func (c *cacheMount) writesElsewhere(cache *ecosystem.Cache, cmd *dockerfile.Command) bool {
	for _, f := range shell.Read(c.in, cmd).Flags {
		if slices.Contains(cacheFolderFlags, f.Name) && !(f.Value.Known && c.holds(f.Value.Text)) {
			return true
		}
	}
	names := append([]string{"HOME"}, cache.Variables...)
	for _, a := range cmd.Call.Assigns {
		if a.Name != nil && slices.Contains(names, a.Name.Value) {
			return true
		}
	}
	return slices.ContainsFunc(names, func(name string) bool {
		v := c.in.Var(name)
		return c.in.Defined(name) && !(v.Known && c.holds(v.Text))
	})
}

// holds reports whether the folder is in the mount, or the mount in it.
func (c *cacheMount) holds(folder string) bool {
	folder = path.Clean(folder) + "/"
	return strings.HasPrefix(folder, c.target+"/") || strings.HasPrefix(c.target+"/", folder)
}

// place is a word of a command.
type place struct {
	cmd *dockerfile.Command
	i   int
}

func (w place) word() dockerfile.ShellWord { return w.cmd.Words[w.i] }

// placesOf lists the words of the command that are one of the flags and nothing else.
func placesOf(in *dockerfile.Instruction, cmd *dockerfile.Command, flags ...string) []place {
	call := shell.Read(in, cmd)
	var all []place
	for _, f := range call.Flags {
		if f.Word.Literal && f.Word.Text == f.Name && slices.Contains(flags, f.Name) {
			all = append(all, place{cmd, f.Word.At})
		}
	}
	return all
}

// without takes the words out of their commands.
func (c *cacheMount) without(words []place) *analysis.Fix {
	fix := &analysis.Fix{Title: "Keep the cache in the mount", Applicability: analysis.Unsafe,
		Assumes: []analysis.Message{
			analysis.Say("%s keeps all its files in the mount at %s", words[0].cmd.Name, c.target)}}
	for _, w := range words {
		part := edit.DropWords(c.in.File(), w.cmd, w.i, w.i)
		if part == nil {
			return nil
		}
		edit.Add(fix, part)
	}
	return fix
}

// over reports whether the mount covers the cache, or the cache is in it.
func (c *cacheMount) over(cache *ecosystem.Cache) bool {
	if cache.Holds(c.target) || strings.HasSuffix(c.target, "/.cache") {
		return true
	}
	for _, v := range cache.Variables {
		if value := c.in.Var(v); value.Known && value.Text != "" && strings.HasPrefix(value.Text+"/", c.target+"/") {
			c.values = append(c.values, value)
			return true
		}
	}
	return false
}

// otherHome: the cache is looked for in the home folder of another user.
func (c *cacheMount) otherHome() bool {
	user, home := c.user()
	if user == "" || strings.HasPrefix(c.target+"/", home+"/") && home != "" {
		return false
	}
	rooted := strings.HasPrefix(c.target, "/root/")
	if user == "root" && !strings.HasPrefix(c.target, "/home/") || user != "root" && !rooted {
		return false
	}
	for _, cmd := range shell.Commands(c.in) {
		name, _ := shell.Program(cmd)
		for _, cache := range ecosystem.Caches {
			if !cache.Program(name) || !cache.Holds(c.target) || len(cmd.Wrapper) > 0 || c.moved(cache) {
				continue
			}
			c.because = c.in.Stage.SetBy(lastBefore(c.in, "USER"))
			return c.report(c.flag.Span, c.toHome(user, home), "It looks for its cache in its own home directory, "+
				"so every build downloads everything again.",
				"%s runs as %s here and does not use the cache mount at %s", cmd.Name, user, c.target)
		}
	}
	return false
}

// user is the user as whom the RUN works, and its home folder where that is known; "" for one that
// is not known.
func (c *cacheMount) user() (name, home string) {
	if set := lastBefore(c.in, "USER"); set != nil {
		v := set.Expand(set.Args.String())
		if !v.Known {
			return "", ""
		}
		name, _, _ = strings.Cut(v.Text, ":")
	} else {
		root := c.in.Stage.Lineage()
		image := root[len(root)-1].Image
		known := image.Known && image.Text != ""
		if known {
			name, known = baseimage.Parse(image.Text).User()
		}
		if !known || strings.HasPrefix(name, "$") {
			return "", ""
		}
	}
	switch name {
	case "0", "root":
		return "root", "/root"
	case "node": // https://github.com/nodejs/docker-node
		return name, "/home/node"
	}
	return name, ""
}

// moved reports whether something names another place for the cache, or may.
func (c *cacheMount) moved(cache *ecosystem.Cache) bool {
	text := c.in.Script.Text.String()
	ref, _ := baseOf(c.in.Stage)
	for _, v := range append([]string{"HOME"}, cache.Variables...) {
		if sets, _ := ref.Sets(v); sets || c.in.Defined(v) || strings.Contains(text, v+"=") {
			return true
		}
	}
	return strings.Contains(text, c.target) || strings.Contains(text, "cache-dir") || strings.Contains(text, "--cache")
}

// toHome puts the mount into the user's home folder and makes it the user's.
func (c *cacheMount) toHome(user, home string) *analysis.Fix {
	if user != "node" || !c.nodeImage() || strings.Contains(c.flag.Value, "uid=") ||
		!strings.HasPrefix(c.target, "/root/") {
		return nil
	}
	text := c.in.File().Text(c.flag.Span)
	if strings.Count(text, c.target) != 1 {
		return nil
	}
	return &analysis.Fix{
		Title: "Mount the cache in the user's home directory", Applicability: analysis.Unsafe,
		Assumes: []analysis.Message{
			analysis.Say("%s has UID 1000 and the home directory %s, as in the official image", user, home)},
		Edits: []analysis.Edit{{Span: c.flag.Span,
			New: strings.Replace(text, c.target, home+strings.TrimPrefix(c.target, "/root"), 1) +
				",uid=1000,gid=1000"}},
	}
}

func (c *cacheMount) nodeImage() bool {
	line := c.in.Stage.Lineage()
	image := line[len(line)-1].Image
	return image.Known && baseimage.Parse(image.Text).Library() == "node"
}

// ofAlpine: apk keeps packages in /etc/apk/cache, where there is such a folder, and nowhere else
// (https://wiki.alpinelinux.org/wiki/Local_APK_cache).
func (c *cacheMount) ofAlpine() bool {
	const real, linked = "/etc/apk/cache", "/var/cache/apk"
	calls := shell.Calls(c.in, "apk")
	if c.target != linked && c.target != real || len(calls) == 0 {
		return false
	}
	var flags []place
	for _, cmd := range calls {
		flags = append(flags, placesOf(c.in, cmd, "--no-cache")...)
	}
	if len(flags) > 0 {
		var fix *analysis.Fix
		if c.target == real { // elsewhere it would keep no packages either
			fix = c.without(flags)
		}
		return c.report(flags[0].word().Span, fix, keepsNothing,
			"%s makes the cache mount at %s useless", "--no-cache", c.target)
	}
	text := c.in.File().Text(c.flag.Span)
	if c.target == real || c.says(real) || c.says("--cache-dir") || strings.Count(text, linked) != 1 {
		return false
	}
	fix := &analysis.Fix{
		Title: "Mount the cache where apk looks for it", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("The image gets an empty directory %s, and an %s without the mount then fills it.",
			real, "apk add"),
		Edits: []analysis.Edit{{Span: c.flag.Span, New: strings.Replace(text, linked, real, 1)}},
	}
	return c.report(c.flag.Span, fix, keepsNothing, "apk caches nothing in %s unless %s links to it", c.target, real)
}

// says reports whether the RUN, or an instruction before it in the stage or those that it is built
// from, mentions the text.
func (c *cacheMount) says(text string) bool {
	if strings.Contains(c.in.File().Text(c.in.Span), text) {
		return true
	}
	for _, x := range c.in.Stage.Before(c.in) {
		if strings.Contains(x.File().Text(x.Span), text) {
			return true
		}
	}
	return false
}

// ofDebian: Docker's images of Debian and Ubuntu delete packages once they are installed
// (https://docs.docker.com/reference/dockerfile/#example-cache-apt-packages).
func (c *cacheMount) ofDebian() bool {
	var installs []*dockerfile.Command
	for _, cmd := range shell.Calls(c.in, "apt-get", "apt") {
		if call := packageCallOf(ecosystem.Apt, c.in, cmd); call != nil && call.Sub.Text == "install" {
			installs = append(installs, cmd)
			c.values = append(c.values, shell.Values(c.in, cmd.Words...)...)
		}
	}
	if c.target != "/var/cache/apt" && c.target != "/var/cache/apt/archives" || len(installs) == 0 {
		return false
	}
	line := c.in.Stage.Lineage()
	image := line[len(line)-1].Image
	if !image.Known || !baseimage.Parse(image.Text).Family().Apt() || c.says("docker-clean") ||
		c.says("Keep-Downloaded-Packages") || c.says("apt.conf") {
		return false
	}
	c.because = c.in.Stage.SetBy(nil)
	return c.report(c.flag.Span, c.keepPackages(installs), keepsNothing,
		"This image deletes packages after installing them, so the cache mount at %s stays empty", c.target)
}

// keepPackages removes the setting that deletes them, before the RUN's commands.
func (c *cacheMount) keepPackages(installs []*dockerfile.Command) *analysis.Fix {
	for _, cmd := range installs {
		if cmd.Name != "apt-get" || len(cmd.Wrapper) > 0 {
			return nil // apt deletes them on its own
		}
	}
	if _, plain := shell.Chain(c.in); !plain {
		return nil
	}
	at := c.in.Args.Pos(0)
	return &analysis.Fix{
		Title: "Let apt-get keep its packages", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("In steps without the mount, and in images built on this one, %s then "+
			"keeps packages in the layer.",
			"apt-get install"),
		Edits: []analysis.Edit{analysis.Insert(at, "rm -f /etc/apt/apt.conf.d/docker-clean && ")},
	}
}

// emptied reports a RUN that itself empties the directory that is mounted.
func (c *cacheMount) emptied() bool {
	if strings.HasPrefix(c.target+"/", "/tmp/") {
		return false
	}
	for _, cmd := range shell.Commands(c.in) {
		if !c.removes(cmd) && !c.cleans(cmd) {
			continue
		}
		var fix *analysis.Fix
		// apt-get clean also removes what is in the folder above the packages
		only := cmd.Name == "rm" || c.target != "/var/cache/apt/archives"
		if st := shell.Statement(c.in.Script, cmd); only && st != nil && len(c.in.Script.Commands()) > 1 &&
			len(shell.ReadAs(c.in, cmd, ecosystem.Spec{}).Operands) == 1 {
			if fix = edit.DropStatement(c.in, st); fix != nil {
				fix.Title, fix.Applicability = "Keep the cache in the mount", analysis.Unsafe
				fix.Assume("%s removes only files in the mount at %s", oneCommand(c.in, cmd), c.target)
			}
		}
		why := "A cache mount is not part of the image, so there is nothing to clean up, and every build downloads " +
			"everything again."
		if !only {
			why = "Every build downloads everything again. With a mount at `/var/cache/apt`, nothing is left to " +
				"clean up."
		}
		return c.report(cmd.Span, fix, why,
			"%s empties the cache mount at %s", oneCommand(c.in, cmd), c.target)
	}
	return false
}

// removes reports whether the command removes what is mounted.
func (c *cacheMount) removes(cmd *dockerfile.Command) bool {
	if cmd.Name != "rm" {
		return false
	}
	call := shell.Read(c.in, cmd)
	if !call.Has("-r", "-R", "-f", "--recursive") {
		return false
	}
	for _, w := range call.Operands {
		p := path.Clean(strings.TrimSuffix(w.Text, "*"))
		if w.Known && (p == c.target || p == c.target+"/lists" || p != "/" && strings.HasPrefix(c.target, p+"/")) {
			return true
		}
	}
	return false
}

// cleans reports whether the command is the package manager's own way to empty what is mounted.
func (c *cacheMount) cleans(cmd *dockerfile.Command) bool {
	if cmd.Name == "apt-get" || cmd.Name == "apt" {
		sub := shell.Read(c.in, cmd).Sub.Text
		return strings.HasPrefix(c.target, "/var/cache/apt") && (sub == "clean" || sub == "distclean")
	}
	name, _ := shell.Program(cmd)
	for _, cache := range ecosystem.Caches {
		if cache.Program(name) && c.over(cache) && empties(c.in, cmd, cache) {
			return true
		}
	}
	return false
}

// oneCommand is a command as people quote it.
func oneCommand(in *dockerfile.Instruction, cmd *dockerfile.Command) string {
	var words []string
	for _, w := range cmd.Words {
		words = append(words, strings.Join(strings.Fields(strings.ReplaceAll(in.File().Text(w.Span), "\\\n", "")), " "))
	}
	if s := strings.Join(words, " "); len(s) <= 60 {
		return s
	}
	return words[0]
}
