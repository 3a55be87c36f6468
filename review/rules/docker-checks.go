package rules

import (
	"regexp"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// DockerCheck is one of Docker's build checks: of the 22 that BuildKit's linter has
// (https://docs.docker.com/reference/build-checks/) one that no rule of ours does better. A check
// that is missing here goes by a rule of ours that has its name as alias.
type DockerCheck struct {
	Name string         // Docker's own
	Rule *analysis.Rule // under which its findings are said; nil where Unsaid
	// Unsaid is why its findings are left out.
	Unsaid string

	detail   *regexp.Regexp // what BuildKit says; the groups are words of the Dockerfile
	variable bool           // the first of them is the name of a variable
	say      func(in *dockerfile.Instruction, words []string) said
}

// Finding puts what BuildKit has found into words of ours. Where ok is false there is nothing to say.
func (c *DockerCheck) Finding(in *dockerfile.Instruction, detail string) (f analysis.Finding, ok bool) {
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
	return f, !s.message.Empty()
}

// wordIn is where the word stands in the instruction; the instruction's head where it does not.
func wordIn(in *dockerfile.Instruction, word string) dockerfile.Span {
	if i := strings.Index(in.File().Text(in.Span), word); word != "" && i >= 0 {
		return dockerfile.Span{Start: in.Span.Start + i, End: in.Span.Start + i + len(word)}
	}
	return in.Head()
}

// bareUse is where the instruction first uses the variable so that nothing stands in for a value that is
// not there, as it does in ${NAME:-value}; false where it does so nowhere.
func bareUse(in *dockerfile.Instruction, name string) (dockerfile.Span, bool) {
	use := regexp.MustCompile(`\$(?:` + name + `\b|\{` + name + `(?:\}|[#%/][^}]*\}?))`)
	at := use.FindStringIndex(in.File().Text(in.Span))
	if at == nil {
		return dockerfile.Span{}, false
	}
	return dockerfile.Span{Start: in.Span.Start + at[0], End: in.Span.Start + at[1]}, true
}

// baseSets reports whether the image that the instruction's stage is built on sets the variable; known is
// false where it may or may not.
func baseSets(in *dockerfile.Instruction, name string) (sets, known bool) {
	if in.Stage == nil {
		return false, false
	}
	lineage := in.Stage.Lineage()
	image := lineage[len(lineage)-1].Image
	if !image.Known {
		return false, false
	}
	return baseimage.Parse(image.Text).Sets(name)
}

// lengthens reports whether the instruction sets the variable that it uses, as in
// LD_LIBRARY_PATH=/opt/lib:$LD_LIBRARY_PATH, which is written to hold whatever the image is built on.
func lengthens(in *dockerfile.Instruction, name string) bool {
	return slices.ContainsFunc(in.Pairs, func(p dockerfile.Pair) bool { return p.Key == name })
}

// ofOtherScope reports whether the variable is an argument of another scope, of which arg-scope speaks at its
// first use in the stage.
func ofOtherScope(in *dockerfile.Instruction, name string) bool {
	if in.Stage == nil {
		return false
	}
	_, ok := newScopes(in.File()).judge(in.Stage, in, variableUse{name: name})
	return ok
}

// slip reports whether one name may be a slip for the other: a letter too many, too few or wrong, or
// letters out of order. BuildKit goes further, and takes GOPATH for PATH. A name of one or two letters is
// near to all that are as short.
func slip(a, b string) bool {
	if min(len(a), len(b)) < 3 {
		return false
	}
	letters := func(s string) string { return string(slices.Sorted(slices.Values([]byte(s)))) }
	return levenshtein.Distance(a, b, nil) == 1 || letters(a) == letters(b)
}

// DockerCheckNamed returns the check of that name; nil where it goes by a rule of ours.
func DockerCheckNamed(name string) *DockerCheck {
	for _, c := range dockerChecks {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// SpeaksForDocker reports whether findings of Docker's checks are said under the rule.
func SpeaksForDocker(r *analysis.Rule) bool {
	return r == DoesNotBuild || slices.ContainsFunc(dockerChecks, func(c *DockerCheck) bool { return c.Rule == r })
}

// said is what a check says: the message and why it matters.
type said struct{ message, why analysis.Message }

var dockerChecks = []*DockerCheck{
	{
		Name: "InvalidBaseImagePlatform", Unsaid: "needs the configuration of the base image, and nothing is pulled here",
	},
	{
		Name: "InvalidDefaultArgInFrom", Rule: invalidDefaultArgInFrom,
		detail: regexp.MustCompile(`(?s)^Default value for ARG (.*) results in empty or invalid base image name$`),
		say: func(_ *dockerfile.Instruction, words []string) said {
			return said{analysis.Say("Without build arguments %s is not the name of an image", words[0]),
				analysis.Say("%s fails until somebody knows which %s it wants.", "docker build .", "--build-arg")}
		},
	},
	{
		Name: "InvalidDefinitionDescription", Rule: invalidDefinitionDescription,
		detail: regexp.MustCompile("(?s)^Comment for (.*) should follow the format: `# (.*) <description>`$"),
		say: func(_ *dockerfile.Instruction, words []string) said {
			return said{analysis.Say("The comment above this %s does not begin with %s", words[0], words[1]),
				analysis.Say("%s does not show it.", "docker build --call=outline")}
		},
	},
	{
		Name: "UndefinedArgInFrom", Rule: undefinedArgInFrom, variable: true,
		detail: regexp.MustCompile(`^FROM argument '(\w+)' is not declared(?: \(did you mean (\w+)\?\))?$`),
		say: func(_ *dockerfile.Instruction, words []string) said {
			why := analysis.Say("It is replaced by nothing, whatever %s says.", "--build-arg")
			if words[1] == "" {
				return said{analysis.Say("No %s above the first %s declares %s", "ARG", "FROM", words[0]), why}
			}
			return said{analysis.Say("No %s above the first %s declares %s; did you mean %s?", "ARG", "FROM", words[0], words[1]), why}
		},
	},
	{
		Name: "UndefinedVar", Rule: undefinedVar, variable: true,
		detail: regexp.MustCompile(`^Usage of undefined variable '\$(\w+)'(?: \(did you mean \$(\w+)\?\))?$`),
		say: func(in *dockerfile.Instruction, words []string) said {
			sets, known := baseSets(in, words[0])
			why := analysis.Say("It is replaced by nothing.")
			switch {
			case sets || lengthens(in, words[0]) || ofOtherScope(in, words[0]):
				return said{}
			case slip(words[0], words[1]):
				return said{analysis.Say("Nothing sets %s here; did you mean %s?", words[0], words[1]), why}
			case known:
				return said{analysis.Say("Nothing sets %s here, nor does the base image", words[0]), why}
			}
			return said{} // most are variables of the base image, which nobody has looked into
		},
	},
}

var invalidDefaultArgInFrom = &analysis.Rule{
	Name:     "invalid-default-arg-in-from",
	Doc:      "The defaults of the global ARGs do not make the name of a base image",
	Topic:    analysis.Images,
	Severity: analysis.Off, // an ARG without a value is left to the caller on purpose
	Aliases:  []string{"InvalidDefaultArgInFrom"},
}

var invalidDefinitionDescription = &analysis.Rule{
	Name:     "invalid-definition-description",
	Doc:      "The comment above a stage or an ARG does not begin with its name, so Docker does not take it for a description",
	Topic:    analysis.Syntax,
	Severity: analysis.Off, // of comments above FROM and ARG, hardly any is meant as one
	Aliases:  []string{"InvalidDefinitionDescription"},
}

var undefinedArgInFrom = &analysis.Rule{
	Name:     "undefined-arg-in-from",
	Doc:      "FROM uses a variable that no ARG above the first FROM declares",
	Topic:    analysis.Images,
	Severity: analysis.Error,
	Aliases:  []string{"UndefinedArgInFrom"},
}

var undefinedVar = &analysis.Rule{
	Name:     "undefined-var",
	Doc:      "A variable is used that neither the Dockerfile nor the base image sets",
	Topic:    analysis.Runtime,
	Severity: analysis.Warning,
	Aliases:  []string{"UndefinedVar"},
}

// DoesNotBuild is the rule behind a Dockerfile that parses, and that BuildKit refuses all the same
// when it works out the steps of the build.
var DoesNotBuild = &analysis.Rule{
	Name:     "does-not-build",
	Doc:      "BuildKit takes the Dockerfile's lines, and refuses what they mean together",
	Topic:    analysis.Syntax,
	Severity: analysis.Error,
}
