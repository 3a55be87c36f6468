package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
)

var rootUser = &analysis.Rule{
	Name:       "root-user",
	Doc:        "Final image that runs as root",
	Topic:      analysis.Users,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning for a server, notice for a tool, a base image and a script that may change the user",
	Aliases:    []string{"DL3002", "DS-0002", "CKV_DOCKER_8", "CKV_DOCKER_3"},
	Run: func(p *analysis.Pass) {
		s := p.File.Final()
		if s == nil {
			return
		}
		who := endingUser(s)
		if !who.root() || notForProduction(p.File.Path) || notForProduction(s.Name) || forChildren(s) ||
			needsRootItself(p, s) {
			return
		}
		if who.set != nil {
			reportRootAtLast(p, s, who)
		} else {
			reportNoUser(p, s)
		}
	},
}

const rootCosts = "An attacker who takes over the program is root in the container, and on mounted volumes and sockets."

// reportRootAtLast reports a last USER that is root.
func reportRootAtLast(p *analysis.Pass, s *dockerfile.Stage, who account) {
	f := analysis.Finding{
		In: who.set, Span: who.set.Span, Because: s.Inherits(who.set), Lacks: "USER",
		Message: analysis.Say("This is the last %s, so the container runs as root", "USER"),
		Why:     analysis.Say(rootCosts),
		Fix:     newUser(p, s),
	}
	if start := startOf(s); who.dflt || start == nil || start.Name == "ENTRYPOINT" && scripted(start) {
		f.AtMost = analysis.Notice // an ARG, a base for other images, or a script that may change the user
	}
	if other, ok := formerUser(s, who.set); ok {
		f.Why = analysis.Say("Before it, the user is %s; after it, an attacker who takes over the program is "+
			"root in the container.", other)
		f.Fix = backTo(p, s, other)
		if !who.dflt && startOf(s) == nil {
			f.AtMost = analysis.Off // images that are built on it run as root as well, unlike before
		}
	}
	p.Report(f)
}

// reportNoUser reports an image that starts a program of its own as root because no USER is set.
func reportNoUser(p *analysis.Pass, s *dockerfile.Stage) {
	start := startOf(s)
	if start == nil {
		return // a base for other images, or tools
	}
	f := analysis.Finding{ // at the FROM, which stays as it is while the command is fixed
		In: s.From, Span: s.From.Span, With: []*dockerfile.Instruction{start}, Lacks: "USER",
		Message: analysis.Say("The container runs as root: no %s is set", "USER"),
		Why:     analysis.Say(rootCosts),
		Fix:     newUser(p, s),
	}
	if !serves(s) || scripted(start) {
		f.AtMost = analysis.Notice // a tool, or a script that may change the user
	}
	p.Report(f)
}

// startOf is the CMD or ENTRYPOINT that the image starts with, where the file itself has one.
func startOf(s *dockerfile.Stage) *dockerfile.Instruction {
	if in := s.Last("ENTRYPOINT"); in != nil {
		return in
	}
	in := s.Last("CMD")
	if in == nil || len(in.Words) == 0 {
		return nil
	}
	return in
}

// serves reports whether the image opens a port.
func serves(s *dockerfile.Stage) bool {
	for _, x := range s.Lineage() {
		if slices.ContainsFunc(x.Instructions(), func(in *dockerfile.Instruction) bool { return in.Name == "EXPOSE" }) {
			return true
		}
	}
	return false
}

// forChildren reports whether the image is a base for others: a USER would apply to their ONBUILD
// steps too.
func forChildren(s *dockerfile.Stage) bool {
	return slices.ContainsFunc(s.Instructions(), func(in *dockerfile.Instruction) bool { return in.Trigger != nil })
}

// notForProduction reports whether the file's path, or the stage's name, shows that the image is not for
// production: it is for development or tests, or for Windows, which has no root.
func notForProduction(name string) bool {
	words := strings.FieldsFunc(strings.ToLower(name),
		func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return slices.ContainsFunc(words, func(w string) bool { return unproductive[w] })
}

var unproductive = setOf(`dev devel develop development devcontainer devcontainers gitpod debug test tests
	testing e2e ci windows`)

// scripted reports whether the image starts a shell script, which may do anything.
func scripted(in *dockerfile.Instruction) bool {
	for _, w := range in.Words {
		base := path.Base(w.Text)
		if strings.HasSuffix(base, ".sh") || strings.Contains(base, "entrypoint") ||
			strings.Contains(base, "entry-point") {
			return true
		}
	}
	return false
}

// needsRootItself reports whether the program that the image starts changes the user itself, or needs
// root.
func needsRootItself(p *analysis.Pass, s *dockerfile.Stage) bool {
	if ref, ok := baseOf(s); ok && (ref.DropsPrivileges() || ref.Family() == baseimage.Windows) {
		return true
	}
	for _, name := range []string{"ENTRYPOINT", "CMD"} {
		if in := s.Last(name); in != nil && startsAsRoot(p, s, in) {
			return true
		}
	}
	for _, x := range s.Lineage() {
		for _, in := range append([]*dockerfile.Instruction{x.From}, x.Instructions()...) {
			if givesRootUp(p.File.Text(in.Span)) {
				return true
			}
		}
	}
	return false
}

// startsAsRoot reports whether the CMD or ENTRYPOINT names a program that needs root, a shell or an
// interpreter and nothing to run, or a script of the context that changes the user.
func startsAsRoot(p *analysis.Pass, s *dockerfile.Stage, in *dockerfile.Instruction) bool {
	words := programWords(in)
	for i, w := range words {
		base := strings.TrimLeft(path.Base(w), "-")
		if rootPrograms[base] || w == "/init" || strings.HasPrefix(base, "php-fpm") {
			return true
		}
		if i == 0 && in.Name == "CMD" && workbench(words) {
			return true
		}
		if script, ok := fromContext(p, s, w); ok && givesRootUp(string(script)) {
			return true
		}
	}
	return false
}

// workbench reports whether the words of a CMD mean that people work in the image, or build on it: they
// start a shell, an interpreter without a program, a build tool without a task.
func workbench(words []string) bool {
	switch base := path.Base(words[0]); {
	case base == "sleep" || base == "tail", len(words) == 1 && workbenches[base]:
		return true
	default:
		return len(words) == 2 && base == "php" && words[1] == "-a"
	}
}

// programWords are the words of a CMD or ENTRYPOINT, quotes of a shell taken off; those of a text
// that a shell is given one by one.
func programWords(in *dockerfile.Instruction) []string {
	var all []string
	for _, w := range in.Words {
		for _, word := range strings.FieldsFunc(w.Text,
			func(r rune) bool { return strings.ContainsRune(" \t\n;&|()", r) }) {
			all = append(all, strings.Trim(word, `"'`))
		}
	}
	return all
}

// fromContext returns the contents of the file of the build context that the image has by that
// name.
func fromContext(p *analysis.Pass, s *dockerfile.Stage, name string) ([]byte, bool) {
	base := path.Base(name)
	if base == "." || base == "/" || base == "" {
		return nil, false
	}
	for in := range s.All() {
		for _, src := range buildcontext.Sources(in) {
			if !src.Local || !src.Path.Known {
				continue
			}
			for _, f := range []string{src.Path.Text, path.Join(src.Path.Text, base)} {
				if path.Base(f) == base {
					if data, ok := p.Context.Read(f); ok {
						return data, true
					}
				}
			}
		}
	}
	return nil, false
}

// givesRootUp reports whether the text names a program by which a container gives root up on its way.
func givesRootUp(text string) bool {
	for _, w := range droppers {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// droppers change the user and start another program, or start several each as its user.
var droppers = []string{
	"gosu", "su-exec", "setpriv", "s6-", "s6_", "/s6/", "setuidgid", "runuser", "chpst", "runit", "fixuid",
	"supervisor", "start-stop-daemon", "userspec", "exec su ", "exec sudo -u", "exec sudo --user", "step-down",
	"dropprivs", "cap_net_bind_service",
}

// rootPrograms need root to start: they change the user for their work, manage other programs, or
// the machine's network and disks.
var rootPrograms = setOf(`sshd init my_init systemd dockerd dockerd-entrypoint.sh containerd crond cron
	supervisord nginx nginx.sh openresty httpd apache2 apache2ctl apachectl apache2-foreground httpd-foreground
	haproxy dnsmasq openvpn wg-quick keepalived tcpdump ipsec smbd nfsd rpcbind named unbound postfix dovecot
	rsyslogd vsftpd proftpd pure-ftpd kubelet kube-proxy multirun runsvdir monit service squid slapd`)

// workbenches as the whole CMD start nothing that serves.
var workbenches = setOf(`bash sh zsh ash fish python python2 python3 node irb pry iex erl ghci julia R perl php
	ruby lua jshell pwsh cmd powershell true mvn gradle sbt ant cargo make cmake`)

func setOf(words string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(words) {
		all[w] = true
	}
	return all
}

// formerUser is the unprivileged user that the stage had last, before the USER.
func formerUser(s *dockerfile.Stage, until *dockerfile.Instruction) (string, bool) {
	before := s.Before(until)
	for i := len(before) - 1; i >= 0; i-- {
		if before[i].Name == "USER" {
			if who := userOf(before[i]); who.other() {
				return who.written(), true
			}
		}
	}
	root := s
	for root.Parent != nil {
		root = root.Parent
	}
	who := startingUser(root)
	return who.name, who.other()
}

// backTo adds a USER at the place where the image's settings begin.
func backTo(p *analysis.Pass, s *dockerfile.Stage, user string) *analysis.Fix {
	return &analysis.Fix{
		Title: "Switch back to the unprivileged user", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("The program then runs as %s: check that it can read and write what it needs.", user),
		Adds:   []analysis.Addition{{Stage: s.Index, Text: "USER " + user}},
		Edits:  []analysis.Edit{beforeStart(s, "USER "+user)},
	}
}

// newUser sketches how the image gets a user; nil where its system is not known.
func newUser(p *analysis.Pass, s *dockerfile.Stage) *analysis.Fix {
	ref, ok := baseOf(s)
	if !ok {
		return nil
	}
	lines := userLines(ref)
	if name := createdUser(s); name != "" {
		lines = "USER " + name
	}
	if lines == "" {
		return nil
	}
	return &analysis.Fix{Title: "Run as an unprivileged user", Edits: []analysis.Edit{beforeStart(s, lines)}}
}

// userLines are the instructions, with \n between them, that make and take a user on such a system.
func userLines(ref baseimage.Ref) string {
	if name := ref.Account(); name != "" {
		return "USER " + name
	}
	switch ref.Family() {
	case baseimage.RedHat:
		if !ref.MakesUsers() {
			return "USER 1001:0" // as Red Hat's own images do
		}
		fallthrough
	case baseimage.Debian, baseimage.Ubuntu, baseimage.SUSE, baseimage.Arch:
		return "RUN useradd --system --no-create-home --shell /usr/sbin/nologin app\nUSER app"
	case baseimage.Alpine, baseimage.BusyBox, baseimage.Wolfi:
		return "RUN addgroup -S app && adduser -S -D -H -G app app\nUSER app"
	case baseimage.Scratch, baseimage.Distroless:
		return "USER 65532:65532"
	}
	return ""
}

// beforeStart inserts lines before the stage's last CMD or ENTRYPOINT and the settings beside it, or else at the
// stage's end.
func beforeStart(s *dockerfile.Stage, lines string) analysis.Edit {
	return beforeLast(s, lines, "CMD", "ENTRYPOINT", "HEALTHCHECK", "STOPSIGNAL")
}

// beforeSettings inserts lines before all that says how the image starts, at the stage's end.
func beforeSettings(s *dockerfile.Stage, lines string) analysis.Edit {
	return beforeLast(s, lines, "CMD", "ENTRYPOINT", "HEALTHCHECK", "STOPSIGNAL", "EXPOSE", "USER", "ENV",
		"LABEL", "VOLUME")
}

// beforeLast inserts lines before the last instructions of the stage as far as they are of the
// kinds.
func beforeLast(s *dockerfile.Stage, lines string, kinds ...string) analysis.Edit {
	all := append([]*dockerfile.Instruction{s.From}, s.Instructions()...)
	i := len(all)
	for i > 1 && slices.Contains(kinds, all[i-1].Name) {
		i--
	}
	if i < len(all) {
		return edit.InsertAbove(all[i], lines).Edits[0]
	}
	return edit.InsertBelow(all[i-1], lines).Edits[0]
}
