package analysis

import (
	"bytes"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// Found is a mistake in a file that is not a Dockerfile.
type Found struct {
	Line    int // 1-based
	Message Message
	Why     Message
	AtMost  Severity // as in Finding
	Subject string   // as in Finding; no two of a file have the same
}

// Beside is the result for a file that is not a Dockerfile, of which something else than Run has found mistakes. It
// counts as not parsed: none of them has a fix, and no comment in the file silences one.
func Beside(u Unit, rule *Rule, found []Found) Result {
	r := Result{Unit: u, beside: true}
	for _, f := range found {
		place, severity := Place{f.Line, 1, f.Line, 1}, u.Severity(rule)
		if f.AtMost != Off {
			severity = min(severity, f.AtMost)
		}
		r.Diagnostics = append(r.Diagnostics, Diagnostic{Rule: rule, Path: u.Path, Span: Lines(u.Src, f.Line, f.Line),
			Place: place, Related: []Place{place}, Severity: severity, Message: f.Message, Why: f.Why,
			Subject: hashed(f.Subject), Fingerprint: fingerprint(rule, u.Path, f.Subject)})
	}
	return r
}

// IsDockerfile reports whether the result is Run's, and not of a file beside the Dockerfiles.
func (r *Result) IsDockerfile() bool { return !r.beside }

// Lines is the text of the 1-based lines from the first to the last, without the blanks around it. Lines beyond the end
// are empty.
func Lines(src []byte, first, last int) dockerfile.Span {
	start := lineStart(src, first)
	text := src[start:max(start, lineStart(src, last+1))]
	start += len(text) - len(bytes.TrimLeft(text, " \t\r\n"))
	return dockerfile.Span{Start: start, End: start + len(bytes.TrimSpace(text))}
}

// lineStart is the offset at which a line begins, or the end of the text.
func lineStart(src []byte, line int) int {
	start := 0
	for ; line > 1; line-- {
		n := bytes.IndexByte(src[start:], '\n')
		if n < 0 {
			return len(src)
		}
		start += n + 1
	}
	return start
}
