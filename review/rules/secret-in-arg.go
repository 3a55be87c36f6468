package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/secrets"
)

var secretInArg = &analysis.Rule{
	Name:       "secret-in-arg",
	Doc:        "Secret in a build argument, which the image's history keeps",
	Topic:      analysis.Secrets,
	Severity:   analysis.Error,
	Severities: "error for a token, warning for a name like that of a secret, notice in a build stage",
	Aliases:    []string{"DL3064", "SecretsUsedInArgOrEnv", "DS-0031"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			arg := in.Inner()
			if arg.Name != "ARG" {
				continue
			}
			for _, pair := range arg.Pairs {
				if f, ok := secretArg(in, pair); ok && !takenUp(in, pair.Key) {
					f.In, f.Span = in, pair.Span
					p.Report(f)
				}
			}
		}
	},
}

// secretArg checks one build argument.
func secretArg(in *dockerfile.Instruction, pair dockerfile.Pair) (analysis.Finding, bool) {
	var f analysis.Finding
	if all := secrets.Tokens(pair.Value); len(all) > 0 {
		what, shown := described(all[0])
		f.Message = analysis.Say("The default of %s is "+what+": "+historians(in), append([]any{pair.Key}, shown...)...)
		f.Why = analysis.Say(withdraw)
		return f, true
	}
	v := in.Inner().Expand(pair.Value)
	if !secrets.Name(pair.Key) || pair.HasValue && v.Text != "" && notSecret(v) {
		return f, false
	}
	f.AtMost = analysis.Warning
	if endOf(in) == inCache {
		f.AtMost = analysis.Notice
	}
	f.Message = analysis.Say("%s passes a secret as a build argument: "+historians(in), pair.Key)
	f.Why = analysis.Say(passesOn)
	if pair.HasValue && v.Known && !secrets.Harmless(v.Text) {
		f.Why = analysis.Say("The default is in the repository too, so change this secret. " + passesOn)
	}
	mountArg(&f, in, pair)
	return f, true
}

// notSecret reports whether the default of an argument shows that it is no secret, or is not known.
func notSecret(v dockerfile.Value) bool {
	return !v.Known || secrets.Harmless(v.Text) && !secrets.Placeholder(v.Text)
}

// mountArg adds the fix that mounts the argument, or says why that is not enough.
func mountArg(f *analysis.Finding, in *dockerfile.Instruction, pair dockerfile.Pair) {
	fix, run := secretMount(in, pair)
	if run == nil {
		return
	}
	f.Fix, f.With, f.Why = fix, []*dockerfile.Instruction{run}, analysis.Message{}
	if fix == nil {
		f.Why = analysis.Say("The RUN that uses it also writes it to a file in its layer. Mount that file, or the " +
			"variable that it refers to (`RUN --mount=type=secret`), and build with `docker build --secret`.")
	}
}

// historians says who can read a build argument. BuildKit writes it into the history of the ARG
// and of every RUN after it (dockerfile2llb, commitToHistory).
func historians(in *dockerfile.Instruction) string {
	switch endOf(in) {
	case inImage:
		return "`docker history` shows it to everyone who can pull the image"
	case inOthers:
		return "`docker history` shows it to everyone who can pull an image built on this one"
	}
	return "it does not reach the final image, but the build cache and the build's provenance record keep it"
}

// takenUp reports whether another finding covers the argument: in the stage that declares a global
// one again, or at the ENV that copies it.
func takenUp(in *dockerfile.Instruction, name string) bool {
	for _, x := range in.File().Instructions()[in.Index+1:] {
		switch {
		case in.Stage == nil && x.Name == "ARG" && x.Stage != nil && declares(x, name):
			return true
		case in.Stage != nil && x.Name == "ENV":
			for _, pair := range x.Pairs {
				if secrets.Name(pair.Key) && secretArgument(x, pair) == in {
					return true
				}
			}
		}
	}
	return false
}

func declares(arg *dockerfile.Instruction, name string) bool {
	for _, p := range arg.Pairs {
		if p.Key == name {
			return true
		}
	}
	return false
}
