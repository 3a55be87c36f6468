package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var imageNeedsRoot = &analysis.Rule{
	Name:     "image-needs-root",
	Doc:      "USER in an image whose program starts as root and cannot write its own files as another user",
	Topic:    analysis.Users,
	Since:    "0.1",
	Severity: analysis.Warning,
	Run: func(p *analysis.Pass) {
		s := p.File.Final()
		if s == nil {
			return
		}
		who := endingUser(s)
		ref, ok := baseOf(s)
		if !ok || ref.Library() != "nginx" || !who.other() || who.set == nil || !startsNginx(s) {
			return
		}
		if slices.ContainsFunc(slices.Collect(s.All()), preparesNginx) {
			return
		}
		p.Report(analysis.Finding{
			In: who.set, Span: who.set.Span, Because: s.SetBy(nil),
			Message: analysis.Say("nginx cannot start as %s: %s and %s are writable for root alone", who.name,
				"/var/cache/nginx", "/run/nginx.pid"),
			Why: analysis.Say("The container stops at once. %s is the same image for another user; it listens on "+
				"port 8080.", "nginxinc/nginx-unprivileged"),
		})
	},
}

// startsNginx reports whether the image starts nginx with the settings of its base.
func startsNginx(s *dockerfile.Stage) bool {
	if s.Last("ENTRYPOINT") != nil {
		return false
	}
	in := s.Last("CMD")
	if in == nil {
		return true
	}
	words := programWords(in)
	return len(words) > 0 && path.Base(words[0]) == "nginx" && !containsAny(in.Args.String(), "-c", "-p", "pid")
}

// preparesNginx reports whether the instruction may let another user write these files, or have nginx write others.
func preparesNginx(in *dockerfile.Instruction) bool {
	switch in.Name {
	case "COPY", "ADD":
		return mayPut(in, "/etc/nginx/nginx.conf") || mayPut(in, "/var/cache/nginx/client_temp") ||
			in.Flag("chown") != nil && strings.Contains(lastWord(in).Text, "/run")
	case "RUN":
		text := in.Args.String()
		in.File().Charge(len(text))
		if in.Script == nil || in.Script.File == nil ||
			containsAny(text, "nginx.conf", "/var/cache", "/run", "nginx.pid") {
			return true
		}
		changes := containsAny(text, "chown", "chmod") && containsAny(text, "/var", " / ")
		return changes || slices.ContainsFunc(in.Script.Commands(), func(c *dockerfile.Command) bool {
			return unforeseeable(c) && packageWrites[c.Name] == nil
		})
	}
	return false
}
