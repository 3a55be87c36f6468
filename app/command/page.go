package command

import (
	"regexp"
	"strings"
)

// reader goes through the lines of a comment and says of each whether the page shows it as text of the comment's own,
// by the blocks of CommonMark. Where that is in doubt a line is not shown: what opens and does not close reaches to the
// end, and in a paragraph nothing is shown after what may open a quotation, code, HTML or a link.
type reader struct {
	fence  string // that opened the block of code that the line is in, else ""
	html   string // what ends the HTML that the line is in, in lower case, else ""
	opaque bool   // until a blank line
}

var (
	fenced = regexp.MustCompile("^ {0,3}(`{3,}|~{3,})(.*)$")
	quote  = regexp.MustCompile(`^ {0,3}>`)
	opener = regexp.MustCompile(`<(?:!--|!\[cdata\[|[?!]|(pre|script|style|textarea|blockquote|code)\b)`)
	spans  = regexp.MustCompile("(?:^|[^`\\\\])`[^`]+`(?:$|[^`])") // code that ends on its line
)

// ends are what ends the HTML that is no element, by what begins it.
var ends = map[string]string{"<!--": "-->", "<![cdata[": "]]>", "<?": "?>", "<!": ">"}

// shows takes the next line, and reports whether a command may be on it.
func (r *reader) shows(line string) bool {
	switch {
	case r.fences(line):
		return false
	case r.html != "":
		r.follow(line)
		r.opaque = true
		return false
	case strings.TrimSpace(line) == "":
		r.opaque = false
		return false
	}
	shown := !r.opaque
	r.opaque = r.opaque || quote.MatchString(line) ||
		strings.ContainsAny(spans.ReplaceAllString(line, ""), "`<[")
	r.follow(line)
	return shown
}

// fences follows the blocks of code, and reports whether the line is of one.
func (r *reader) fences(line string) bool {
	m := fenced.FindStringSubmatch(line)
	switch {
	case r.fence != "":
		if m != nil && strings.HasPrefix(m[1], r.fence) && strings.TrimSpace(m[2]) == "" {
			r.fence = ""
		}
		return true
	case r.html == "" && m != nil && (m[1][0] == '~' || !strings.Contains(m[2], "`")):
		r.fence, r.opaque = m[1], false
		return true
	}
	return false
}

// follow follows the HTML that a blank line does not end, as it begins and ends on a line.
func (r *reader) follow(line string) {
	line = strings.ToLower(line)
	for {
		if r.html != "" {
			_, after, ended := strings.Cut(line, r.html)
			if !ended {
				return
			}
			line, r.html = after, ""
		}
		at := opener.FindStringSubmatchIndex(line)
		if at == nil {
			return
		}
		if at[2] >= 0 {
			r.html = "</" + line[at[2]:at[3]]
		} else {
			r.html = ends[line[at[0]:at[1]]]
		}
		line = line[at[1]:]
	}
}
