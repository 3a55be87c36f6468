package rulebook

import (
	"slices"
	"strings"
	"unicode"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/shellcheck"
)

// tools names each tool by the form of its codes, in the order in which they are listed.
var tools = []struct {
	name string
	has  func(code string) bool
}{
	{"hadolint", starts("DL")},
	{"ShellCheck", starts("SC")},
	{"Docker", camel},
	{"Trivy", starts("DS-")},
	{"Checkov", starts("CKV")},
	{"droast", starts("DF")},
	{"Semgrep", starts("dockerfile-")},
}

// starts reports whether the code begins with the prefix and goes on with a digit, an underscore or a word in lower
// case.
func starts(prefix string) func(string) bool {
	return func(code string) bool {
		rest, ok := strings.CutPrefix(code, prefix)
		return ok && rest != "" && !unicode.IsUpper(rune(rest[0]))
	}
}

// camel reports whether the code is the name of one of Docker's build checks, such as JSONArgsRecommended.
func camel(code string) bool {
	return code != "" && unicode.IsUpper(rune(code[0])) && !strings.ContainsAny(code, "-_0123456789")
}

// Elsewhere names the codes by which other tools know the rule, each tool once: "hadolint DL3015, Trivy DS-0029".
func Elsewhere(r *analysis.Rule) string {
	codes := r.Aliases
	if r.Program == shellcheck.Program {
		codes = shellcheck.Codes()
	}
	var parts []string
	for _, t := range tools {
		var its []string
		for _, c := range codes {
			if t.has(c) {
				its = append(its, c)
			}
		}
		if len(its) > 0 {
			slices.Sort(its)
			parts = append(parts, t.name+" "+strings.Join(its, ", "))
		}
	}
	s := strings.Join(parts, ", ")
	if r.Program == shellcheck.Program {
		s += ", and any other that the configuration names, such as SC2086 or SC2046"
	}
	return s
}
