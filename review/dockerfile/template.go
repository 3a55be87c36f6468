package dockerfile

import (
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// template is the answer to a file that a program or a person still has to fill in.
func template(line int) *Error {
	return &Error{Line: line, EndLine: line, Foreign: true, Message: "a template, not a Dockerfile"}
}

var (
	// templateMark is an opening mark or a placeholder of a template language. Shell code and the values of variables
	// may hold one for a good reason.
	templateMark = regexp.MustCompile(
		`\{\{|\{%|<%|@@|%%\w+%%|@[A-Z][A-Z0-9_]+@|__[A-Z][A-Z0-9_]*__|#\{|^\s*(?:m4_\w+|define|ifdef|ifelse|include)\(`)

	// inImage is what no image reference can have once its variables are taken out.
	inImage = regexp.MustCompile(`[{}<>%#\[\]]|@@|^\$\$|@\w+@|(?:^|[/:])(?:@|__\w+__)|__[A-Z][A-Z0-9_]*__`)

	// inOperand is what the operand of an instruction has in a template only.
	inOperand = regexp.MustCompile(`\{\{|\{%|<%|%%\w+%%|@[A-Z][A-Z0-9_]+@|__[A-Z][A-Z0-9_]*__`)

	// inValue begins the value of a variable in a template only: programs that put in values at their start know other
	// forms, and a template of Go's that a program reads begins with a dot.
	inValue = regexp.MustCompile(`^"?(?:<%|\{%|%%\w+%%)|^\{\{[-\s\w]`)

	// inShell is what shell code outside of quotes has in a template only.
	inShell = regexp.MustCompile(`(?:^|[\s=:/])(?:\{\{-?\s|\{%-?\s|<%[=\s-]|%%[A-Z][A-Z0-9_]+%%|@[A-Z][A-Z0-9_]+@)`)

	// fillsIn are programs that fill in a template, so that their operands are full of marks.
	fillsIn = regexp.MustCompile(`\b(?:sed|perl|awk|replace|envsubst|grep)\b`)

	variable = regexp.MustCompile(`\$\{[^}]*\}`)
)

// option is where the CLI of dev containers puts an option into a template
// (https://containers.dev/implementors/templates/). To BuildKit it is a variable with a modifier that it
// does not know.
const option = "${templateOption:"

// templateLine returns the 1-based line of the first instruction that only a template has; 0 if there is none. Such
// a file may parse, yet it is no Dockerfile.
func templateLine(nodes []*parser.Node) int {
	var names map[string]bool
	for _, n := range nodes {
		if strings.Contains(n.Original, option) || marked(n) {
			return n.StartLine
		}
		if !strings.EqualFold(n.Value, "FROM") || n.Next == nil || !standsFor(n.Next.Value) {
			continue
		}
		if names == nil {
			names = stageNames(nodes)
		}
		if !names[folded(n.Next.Value)] {
			return n.StartLine
		}
	}
	return 0
}

// marked reports whether a mark of a template language is where no Dockerfile has one.
func marked(n *parser.Node) bool {
	if !strings.ContainsAny(n.Original, "{<%@_#[$") {
		return false
	}
	switch strings.ToUpper(n.Value) {
	case "FROM":
		return n.Next != nil && markedImage(n.Next.Value)
	case "EXPOSE", "USER", "WORKDIR", "COPY", "ADD", "VOLUME", "STOPSIGNAL":
		for w := n.Next; w != nil; w = w.Next {
			if inOperand.MatchString(w.Value) {
				return true
			}
		}
	case "ENV", "ARG":
		for w := n.Next; w != nil; w = w.Next {
			_, value, _ := strings.Cut(w.Value, "=")
			if inValue.MatchString(w.Value) || inValue.MatchString(value) {
				return true
			}
		}
	case "RUN":
		at := inShell.FindStringIndex(n.Original)
		return at != nil && outsideQuotes(n.Original[:at[0]]) && !fillsIn.MatchString(n.Original)
	}
	return false
}

// markedImage reports whether a mark is in the name of an image.
func markedImage(image string) bool {
	return inImage.MatchString(variable.ReplaceAllString(image, "x"))
}

// outsideQuotes reports whether the text of a shell ends outside of quotes.
func outsideQuotes(text string) bool {
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quote != '\'':
			i++
		case quote == c:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"' || c == '`'):
			quote = c
		}
	}
	return quote == 0
}

// fillers are words that stand for what a template is to hold there.
var fillers = strings.Fields("ARCH BASE BASEIMAGE BASENAME CHANGEME CODENAME DIGEST DIST DISTRO FLAVOR IMAGE " +
	"IMAGENAME NAME OS PARENT PLACEHOLDER REGISTRY REPLACE REPLACEME REPO REPOSITORY SUITE TAG TEMPLATE UPSTREAM " +
	"VARIANT VERSION")

// standsFor reports whether an image is named by words in capitals that stand for a name or a tag: BASEIMAGE,
// DIST:SUITE, debian:OS_VERSION. BuildKit takes no name in capitals, but it may as well be a mistake.
func standsFor(image string) bool {
	if strings.ContainsAny(image, "$@") {
		return false
	}
	at := strings.LastIndexByte(image, '/') + 1
	name, tag, _ := strings.Cut(image[at:], ":")
	return filler(name) || filler(tag)
}

// filler reports whether a word in capitals stands for something else.
func filler(word string) bool {
	if strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-") != "" {
		return false
	}
	return slices.ContainsFunc(strings.FieldsFunc(word, func(r rune) bool { return r == '_' || r == '-' }),
		func(part string) bool { return slices.Contains(fillers, part) })
}

// stageNames are the names of the stages, folded.
func stageNames(nodes []*parser.Node) map[string]bool {
	names := map[string]bool{}
	for _, n := range nodes {
		if strings.EqualFold(n.Value, "FROM") && n.Next != nil && n.Next.Next != nil && n.Next.Next.Next != nil {
			names[folded(n.Next.Next.Next.Value)] = true
		}
	}
	return names
}

// StandIn reports whether the value of an ARG only shows what a build is to give for an image: <base>, @IMAGE@.
func StandIn(value string) bool { return markedImage(value) || standsFor(value) }
