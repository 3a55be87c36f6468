package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

var cacheMountNotWritable = &analysis.Rule{
	Name:     "cache-mount-not-writable",
	Doc:      "Cache or secret mount that belongs to root, in a step of another user",
	Topic:    analysis.Users,
	Since:    "0.1",
	Severity: analysis.Warning,
	Run: func(p *analysis.Pass) {
		eachUser(p.File, func(in *dockerfile.Instruction, who account) {
			if in.Name != "RUN" || !who.other() || in.Script == nil || in.Script.File == nil || becomesRoot(in) {
				return
			}
			for _, m := range in.Mounts() {
				o := ownMount{in: in, m: m, who: who}
				switch {
				case m.Type == "cache" && m.From.Name == "" && !o.has("uid", "gid", "mode", "ro", "readonly"):
					o.reportCache(p)
				case m.Type == "secret" && !o.has("uid", "gid", "mode", "env"):
					o.reportSecret(p)
				}
			}
		})
	},
}

// becomesRoot reports whether a command of the RUN changes the user, so that root may do part of the work.
func becomesRoot(in *dockerfile.Instruction) bool {
	return slices.ContainsFunc(shell.Commands(in), func(c *dockerfile.Command) bool {
		return slices.ContainsFunc(c.Wrapper, changesUser) || c.Name == "su" || c.Name == "sudo" || changesUser(c.Name)
	})
}

// ownMount is a mount of a step of a user other than root.
type ownMount struct {
	in  *dockerfile.Instruction
	m   dockerfile.Mount
	who account
}

// has reports whether the mount has one of the options.
func (o *ownMount) has(names ...string) bool {
	for _, option := range strings.Split(o.m.Flag.Value, ",") {
		name, _, _ := strings.Cut(option, "=")
		if slices.Contains(names, strings.ToLower(strings.TrimSpace(name))) {
			return true
		}
	}
	return false
}

// option is the value of an option of the mount.
func (o *ownMount) option(names ...string) string {
	for _, option := range strings.Split(o.m.Flag.Value, ",") {
		name, value, _ := strings.Cut(option, "=")
		if slices.Contains(names, strings.ToLower(strings.TrimSpace(name))) {
			return value
		}
	}
	return ""
}

// reportCache reports a cache mount that a command of the step fills.
func (o *ownMount) reportCache(p *analysis.Pass) {
	target := o.in.Expand(o.m.Target)
	at := o.in.Resolve(o.in.Workdir(), target.Text)
	if !target.Known || !strings.HasPrefix(at, "/") || at == "/root" || strings.HasPrefix(at, "/root/") {
		return // a cache that the user does not look for
	}
	c := o.filledBy(at)
	if c == nil {
		return
	}
	f := analysis.Finding{
		In: o.in, Span: o.m.Flag.Span, Subject: at, Because: o.in.Stage.SetBy(o.who.set),
		Message: analysis.Say("%s runs as %s here and cannot write to the cache mount at %s, which belongs to root",
			c.Name, o.who.name, at),
		Why: analysis.Say("It stops with `permission denied`, or works without a cache: the mount needs %s.",
			"uid="+o.uidText()),
		Fix: o.give("Give the cache mount to the user"),
	}
	p.Report(f)
}

// filledBy is a command of the step that keeps its cache in the folder; nil where there is none.
func (o *ownMount) filledBy(at string) *dockerfile.Command {
	for _, c := range shell.Commands(o.in) {
		name, first := shell.Program(c)
		if name == "chown" || name == "chmod" {
			return nil
		}
		for _, cache := range mountedCaches {
			if cache.Program(name) && (cache.Holds(at) || o.named(cache, at)) && fillsCache(o.in, c, cache, first) {
				return c
			}
		}
	}
	return nil
}

// fillsCache reports whether the command is one that fills the cache.
func fillsCache(in *dockerfile.Instruction, c *dockerfile.Command, cache *ecosystem.Cache, first int) bool {
	verb := ""
	if first+1 < len(c.Words) && c.Words[first+1].Literal {
		verb = c.Words[first+1].Text
	}
	if len(placesOf(in, c, cache.OffFlags...)) > 0 {
		return false
	}
	if verb == "mod" && cache.Holds("/root/.cache/go-build") {
		return false // which compiles nothing
	}
	return len(cache.Fills) == 0 || slices.Contains(cache.Fills, verb)
}

// mountedCaches are the caches of package managers, Go's modules (https://go.dev/ref/mod#module-cache), and Cargo's
// home in its own image (https://github.com/rust-lang/docker-rust).
var mountedCaches = append(slices.Clone(ecosystem.Caches), &ecosystem.Cache{Programs: []string{"go"},
	Folders: []string{"go/pkg/mod"}, Variables: []string{"GOMODCACHE"},
	Fills: []string{"mod", "build", "install", "test", "run", "vet", "get"}},
	&ecosystem.Cache{Programs: []string{"cargo"}, Folders: []string{"cargo/registry", "cargo/git"},
		Variables: []string{"CARGO_HOME"},
		Fills:     []string{"build", "fetch", "install", "test", "run", "check", "chef"}})

// named reports whether a variable names the folder, or one in it, as that of the cache.
func (o *ownMount) named(cache *ecosystem.Cache, at string) bool {
	for _, v := range cache.Variables {
		if value := o.in.Var(v); value.Known && value.Text != "" && strings.HasPrefix(value.Text+"/", at+"/") {
			return true
		}
	}
	return false
}

// reportSecret reports a secret that the code of the step reads.
func (o *ownMount) reportSecret(p *analysis.Pass) {
	id := o.option("id")
	at := o.option("target", "dst", "destination")
	if at == "" {
		at = "/run/secrets/" + path.Base(id)
	}
	if strings.Contains(at, "$") || strings.HasPrefix(at, "/root/") ||
		strings.HasPrefix(at, "/run/secrets/") && !strings.Contains(o.in.Script.Text.String(), at) {
		return // no one reads it, as far as the code says
	}
	p.Report(analysis.Finding{
		In: o.in, Span: o.m.Flag.Span, Subject: at, Because: o.in.Stage.SetBy(o.who.set),
		Message: analysis.Say("This step runs as %s, and only root can read the secret at %s", o.who.name, at),
		Why:     analysis.Say("Its mode is 0400: the mount needs %s.", "uid="+o.uidText()),
		Fix:     o.give("Give the secret to the user"),
	})
}

// uidText is the number of the user, or a placeholder for it.
func (o *ownMount) uidText() string {
	if uid, _ := o.uid(); uid != "" {
		return uid
	}
	return "<" + o.who.name + ">"
}

// give adds the user's numbers to the mount; nil where they are not known.
func (o *ownMount) give(title string) *analysis.Fix {
	uid, assumes := o.uid()
	text := o.in.File().Text(o.m.Flag.Span)
	if uid == "" || strings.HasSuffix(text, `"`) || strings.HasSuffix(text, `'`) || strings.HasSuffix(text, ",") {
		return nil
	}
	fix := &analysis.Fix{Title: title, Applicability: analysis.Unsafe,
		Caveat: analysis.Say("A cache with other owners is a new one: the first build after that fills it again."),
		Edits:  []analysis.Edit{analysis.Insert(o.m.Flag.Span.End, ",uid="+uid)}}
	if o.m.Type == "secret" {
		fix.Caveat = analysis.Say("Every program that this step runs can then read the secret.")
	}
	if assumes {
		fix.Caveat = analysis.Message{}
		fix.Assume("%s has the user ID %s, as the first user that the image gets", o.who.name, uid)
	}
	return fix
}

// uid is the number of the user; assumed says that the system chooses it, as the next one that is free. It is empty
// where it is not known.
func (o *ownMount) uid() (uid string, assumed bool) {
	name := o.who.name
	if isNumber(name) {
		return name, false
	}
	ref, ok := baseOf(o.in.Stage)
	made := 0
	for _, x := range o.in.Stage.Before(o.in) {
		for _, c := range shell.Calls(x, "useradd", "adduser") {
			made++
			if userMade(x, c) != name {
				continue
			}
			if id, given := numberGiven(x, c); given {
				return id, false
			}
			if first := firstUser(ref); ok && made == 1 && first != "" && !systemUser(c) {
				return first, true
			}
			return "", false
		}
	}
	if ok && made == 0 {
		return accountNumbers[ref.Library()+" "+name], false
	}
	return "", false
}

// accountNumbers are the numbers of users that official images have (https://github.com/nodejs/docker-node,
// https://hub.docker.com/_/gradle).
var accountNumbers = map[string]string{"node node": "1000", "gradle gradle": "1000"}

// numberGiven is the number that the command gives the user; given reports whether it says any.
func numberGiven(in *dockerfile.Instruction, c *dockerfile.Command) (uid string, given bool) {
	for i, w := range c.Words {
		name, value, inline := strings.Cut(w.Text, "=")
		if name != "-u" && name != "--uid" {
			continue
		}
		if !inline && i+1 < len(c.Words) {
			value = c.Words[i+1].Text
			if v := in.Expand(in.File().Text(c.Words[i+1].Span)); v.Known && !v.Default {
				value = v.Text
			}
		}
		if isNumber(value) {
			return value, true
		}
		return "", true
	}
	return "", strings.Contains(in.File().Text(c.Span), "uid") ||
		slices.ContainsFunc(c.Words, func(w dockerfile.ShellWord) bool {
			return strings.HasPrefix(w.Text, "-") && !strings.HasPrefix(w.Text, "--") && strings.Contains(w.Text, "u")
		})
}

// systemUser reports whether the command makes a user of the system, whose number is any below 1000.
func systemUser(c *dockerfile.Command) bool {
	return slices.ContainsFunc(c.Args(), func(w dockerfile.ShellWord) bool {
		return w.Text == "--system" || strings.HasPrefix(w.Text, "-") && !strings.HasPrefix(w.Text, "--") &&
			strings.ContainsAny(w.Text, "rS")
	})
}

// firstUser is the number that the first user in the image gets if none is given (UID_MIN, which no other user has).
func firstUser(ref baseimage.Ref) string {
	switch lib := ref.Library(); {
	case lib == "node" || lib == "gradle" || lib == "ubuntu" || !plainOwners(ref):
		return "" // that is taken, perhaps
	case ref.Family() == baseimage.Ubuntu:
		return ""
	}
	return "1000"
}
