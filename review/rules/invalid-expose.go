package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var invalidExpose = &analysis.Rule{
	Name:       "invalid-expose",
	Doc:        "EXPOSE of an invalid port, or in a form that Docker does not document",
	Topic:      analysis.Labels,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: "error, warning for a host port or an address, notice for a protocol in capitals",
	Aliases:    []string{"DL3011", "DS-0008", "ExposeInvalidFormat", "ExposeProtoCasing"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			expose := in.Inner()
			if expose.Name != "EXPOSE" {
				continue
			}
			for _, w := range expose.Words {
				if v := expose.Expand(w.Text); v.Known && v.Text != "" {
					reportPort(p, in, w, v.Text)
				}
			}
		}
	},
}

// reportPort checks one word of an EXPOSE; text is the word with its variables expanded. For what Docker
// accepts, see https://docs.docker.com/reference/dockerfile/#expose.
func reportPort(p *analysis.Pass, in *dockerfile.Instruction, w dockerfile.Word, text string) {
	f := analysis.Finding{In: in, Span: w.Span}
	port, proto, slash := strings.Cut(text, "/")
	container := port[strings.LastIndex(port, ":")+1:]
	right, title := container, ""
	if slash {
		right += "/" + strings.ToLower(proto)
	}
	switch refused := refusedPort(text, container, proto); {
	case !refused.Empty():
		f.Message = refused
		f.Why = analysis.Say("The build stops here.")
		if in.Name == "ONBUILD" {
			f.Why = analysis.Say("The build of any image based on this one stops here.")
		}
	case container != port:
		f.AtMost = analysis.Warning
		f.Message = analysis.Say("EXPOSE publishes nothing, so Docker drops the address or host port in %s", text)
		f.Why = analysis.Say("It only documents the port that the program listens on; publish ports "+
			"with %s or in compose.yaml.", "docker run -p")
		title = "Keep only the container port"
	case proto != strings.ToLower(proto):
		f.AtMost = analysis.Notice
		f.Message = analysis.Say("The protocol in %s is not lowercase", text)
		title = "Write the protocol in lowercase"
	default:
		return
	}
	if title != "" && w.Text == text { // a variable or quotes are the author's own
		f.Fix = &analysis.Fix{Title: title, Applicability: analysis.Safe,
			Edits: []analysis.Edit{{Span: w.Span, New: right}}}
	}
	p.Report(f)
}

// refusedPort says why the builder refuses the word; the empty Message is for one that it takes.
func refusedPort(text, container, proto string) analysis.Message {
	_, high, ok := portRange(container)
	switch {
	case strings.Contains(text, ","):
		return analysis.Say("%s is not a port: EXPOSE takes spaces between ports, not commas", text)
	case !ok:
		return analysis.Say("%s is not a port", text)
	case high > 65535:
		return analysis.Say("%s is not a port: the highest is %d", text, 65535)
	case strings.Contains(text, "/") && !slices.Contains([]string{"tcp", "udp", "sctp"}, strings.ToLower(proto)):
		return analysis.Say("%s is not a protocol that EXPOSE supports: use tcp, udp or sctp", proto)
	}
	return analysis.Message{}
}

// portRange reads a port, or two with a dash between.
func portRange(s string) (low, high int, ok bool) {
	first, last, dash := strings.Cut(s, "-")
	if !dash {
		last = first
	}
	low, err := strconv.Atoi(first)
	high, err2 := strconv.Atoi(last)
	return low, high, err == nil && err2 == nil && 0 <= low && low <= high
}
