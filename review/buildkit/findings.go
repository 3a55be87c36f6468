package buildkit

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/spelling"
)

// dockerCheck is one of Docker's build checks: of the 22 that BuildKit's linter has
// (https://docs.docker.com/reference/build-checks/) one that no rule of ours does better. It is reported under the rule
// that has its name as alias, and so is a check that is missing here, by the rule itself.
type dockerCheck struct {
	name string // Docker's own
	// unsaid is why its findings are left out; it has no rule then.
	unsaid string

	detail   *regexp.Regexp // what BuildKit says; the groups are words of the Dockerfile
	variable bool           // the first of them is the name of a variable
	say      func(in *dockerfile.Instruction, words []string) said
	fix      func(in *dockerfile.Instruction, words []string) *analysis.Fix // nil where there is none
}

// finding puts what BuildKit has found into words of ours. Where ok is false there is nothing to report.
func (c *dockerCheck) finding(in *dockerfile.Instruction, detail string) (f analysis.Finding, ok bool) {
	words := c.detail.FindStringSubmatch(detail)
	if words == nil {
		return f, false
	}
	f = analysis.Finding{In: in, Span: wordIn(in, words[1])}
	if c.variable {
		if f.Span, ok = bareUse(in, words[1]); !ok {
			return f, false
		}
	}
	s := c.say(in, words[1:])
	f.Message, f.Why = s.message, s.why
	if c.fix != nil {
		f.Fix = c.fix(in, words[1:])
	}
	return f, !s.message.Empty()
}

// wordIn is where the word is in the instruction; the instruction's head where it is not.
func wordIn(in *dockerfile.Instruction, word string) dockerfile.Span {
	if i := strings.Index(in.File().Text(in.Span), word); word != "" && i >= 0 {
		return dockerfile.Span{Start: in.Span.Start + i, End: in.Span.Start + i + len(word)}
	}
	return in.Head()
}

// bareUse is where the instruction first uses the variable so that nothing replaces a value that is
// not there, as it does in ${NAME:-value}; false where it does so nowhere.
func bareUse(in *dockerfile.Instruction, name string) (dockerfile.Span, bool) {
	use := regexp.MustCompile(`\$(?:` + name + `\b|\{` + name + `(?:\}|[#%/][^}]*\}?))`)
	at := use.FindStringIndex(in.File().Text(in.Span))
	if at == nil {
		return dockerfile.Span{}, false
	}
	return dockerfile.Span{Start: in.Span.Start + at[0], End: in.Span.Start + at[1]}, true
}

// baseSets reports whether the image that the instruction's stage is built on sets the variable; it may or may not
// where known is false. Of an official image nearly all variables are listed.
func baseSets(in *dockerfile.Instruction, name string) (sets, known, listed bool) {
	if in.Stage == nil {
		return false, false, false
	}
	image := in.Stage.Root().Image
	if !image.Known || image.Text == "" {
		return false, false, false
	}
	ref := baseimage.Parse(image.Text)
	sets, known = ref.Sets(name)
	return sets, known, known || ref.VariablesListed()
}

// lengthens reports whether the instruction sets the variable that it uses, as in
// LD_LIBRARY_PATH=/opt/lib:$LD_LIBRARY_PATH, which is written to hold whatever the image is built on.
func lengthens(in *dockerfile.Instruction, name string) bool {
	return slices.ContainsFunc(in.Pairs, func(p dockerfile.Pair) bool { return p.Key == name })
}

// ofOtherScope reports whether the variable is an argument of another scope: arg-scope reports its first use in the
// stage. listed is that of baseSets.
func ofOtherScope(in *dockerfile.Instruction, name string, listed bool) bool {
	if in.Stage == nil {
		return false
	}
	arg, ok := in.File().Scopes().Elsewhere(in, name)
	switch {
	case !ok || arg == nil:
		return ok
	case arg.Stage == nil:
		return listed || !in.Stage.InImageName(name)
	}
	return listed
}

// slip reports whether one name may be a slip for the other: a letter too many, too few or wrong, or
// letters out of order. BuildKit goes further, and takes GOPATH for PATH. A name of one or two letters is
// near to all that are as short.
func slip(a, b string) bool {
	if min(len(a), len(b)) < 3 {
		return false
	}
	letters := func(s string) string { return string(slices.Sorted(slices.Values([]byte(s)))) }
	return spelling.Distance(a, b) == 1 || letters(a) == letters(b)
}

// checkNamed returns the check of that name; nil where a rule of ours does it.
func checkNamed(name string) *dockerCheck {
	for _, c := range checks {
		if c.name == name {
			return c
		}
	}
	return nil
}

// said is a message and what it costs.
type said struct{ message, why analysis.Message }

var checks = []*dockerCheck{
	{
		name:   "InvalidBaseImagePlatform",
		unsaid: "needs the configuration of the base image, and nothing is pulled here",
	},
	{
		name:   "InvalidDefaultArgInFrom",
		detail: regexp.MustCompile(`(?s)^Default value for ARG (.*) results in empty or invalid base image name$`),
		say: func(_ *dockerfile.Instruction, words []string) said {
			return said{analysis.Say("Without build arguments, %s is not a valid image name", words[0]),
				analysis.Say("%s fails until someone finds out which %s it needs.", "docker build .", "--build-arg")}
		},
	},
	{
		name:   "InvalidDefinitionDescription",
		detail: regexp.MustCompile("(?s)^Comment for (.*) should follow the format: `# (.*) <description>`$"),
		say: func(_ *dockerfile.Instruction, words []string) said {
			return said{analysis.Say("The comment above this %s does not start with %s", words[0], words[1]),
				analysis.Say("%s does not show it as a description.", "docker build --call=outline")}
		},
	},
	{
		name: "UndefinedArgInFrom", variable: true,
		detail: regexp.MustCompile(`^FROM argument '(\w+)' is not declared(?: \(did you mean (\w+)\?\))?$`),
		say: func(_ *dockerfile.Instruction, words []string) said {
			why := analysis.Say("Its value is empty, and %s cannot change that.", "--build-arg")
			if words[1] == "" {
				return said{analysis.Say("No %s above the first %s declares %s", "ARG", "FROM", words[0]), why}
			}
			format := "No %s above the first %s declares %s; did you mean %s?"
			return said{analysis.Say(format, "ARG", "FROM", words[0], words[1]), why}
		},
		fix: declareFirst,
	},
	{
		name: "UndefinedVar", variable: true,
		detail: regexp.MustCompile(`^Usage of undefined variable '\$(\w+)'(?: \(did you mean \$(\w+)\?\))?$`),
		say: func(in *dockerfile.Instruction, words []string) said {
			sets, known, listed := baseSets(in, words[0])
			why := analysis.Say("Its value is empty here.")
			switch {
			case sets || lengthens(in, words[0]) || ofOtherScope(in, words[0], listed):
				return said{}
			case slip(words[0], words[1]):
				return said{analysis.Say("Nothing sets %s here; did you mean %s?", words[0], words[1]), why}
			case known:
				return said{analysis.Say("Nothing sets %s here, nor does the base image", words[0]), why}
			}
			return said{} // most are variables of a base image that dfbot does not know
		},
	},
}

// declareFirst puts an ARG that a stage above the FROM declares above the first FROM as well. Where stages give it
// several values, or one that is made of others, it is not known which is meant.
func declareFirst(in *dockerfile.Instruction, words []string) *analysis.Fix {
	value, declared := "", false
	for _, s := range in.File().Stages() {
		for _, arg := range s.Instructions() {
			for _, pair := range arg.Pairs {
				if arg.Name != "ARG" || arg.Index > in.Index || pair.Key != words[0] || !pair.HasValue {
					continue
				}
				if declared && pair.Value != value {
					return nil
				}
				value, declared = pair.Value, true
			}
		}
	}
	if !declared || strings.ContainsAny(value, "$\r\n") {
		return nil
	}
	first, keyword, rest := in.File().Stages()[0].From, "ARG ", words[0]+"="+value
	adds := []analysis.Addition{{Stage: -1, Text: keyword + rest}}
	if in.File().Text(first.Keyword) == "from" {
		keyword = "arg "
	}
	fix := edit.InsertAbove(first, keyword+rest)
	fix.Title, fix.Applicability, fix.Adds = "Declare it above the first FROM", analysis.Unsafe, adds
	fix.Assume("the value of %s in the stage above is the one that this %s should have", words[0], "FROM")
	return fix
}
