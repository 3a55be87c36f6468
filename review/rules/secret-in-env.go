package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/secrets"
)

var secretInEnv = &analysis.Rule{
	Name:       "secret-in-env",
	Doc:        "Secret in ENV, which everyone who can pull the image can read",
	Topic:      analysis.Secrets,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: "error for a token, warning for a name like that of a secret, notice in a build stage",
	Aliases:    []string{"DL3064", "SecretsUsedInArgOrEnv", "DS-0031"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			env := in.Inner()
			if env.Name != "ENV" {
				continue
			}
			for _, pair := range env.Pairs {
				if f, ok := secretEnv(in, env, pair); ok {
					f.In, f.Span, f.Subject = in, pair.Span, assigned(env, pair)
					p.Report(f)
				}
			}
		}
	},
}

// secretEnv checks one variable of an ENV.
func secretEnv(in, env *dockerfile.Instruction, pair dockerfile.Pair) (analysis.Finding, bool) {
	var f analysis.Finding
	v := env.Expand(pair.Value)
	if all := secrets.Tokens(pair.Value); len(all) > 0 {
		what, shown := described(all[0])
		f.Message = analysis.Say("%s holds "+what+": "+readers(in), append([]any{pair.Key}, shown...)...)
		f.Why = analysis.Say("The repository keeps it too, so revoke it. Set the new one when the container starts, " +
			"or mount it where only the build needs it (`RUN --mount=type=secret`).")
		return f, true
	}
	if !secrets.Name(pair.Key) && !(v.Known && !v.Default && secrets.ConnectionPassword(v.Text)) {
		return f, false
	}
	f.AtMost = analysis.Warning
	if arg := secretArgument(env, pair); arg != nil {
		f.Message = analysis.Say("%s copies a build argument into the environment: "+readers(in), pair.Key)
		f.Why = analysis.Say("Set it when the container starts, or mount it where only the build needs it " +
			"(`RUN --mount=type=secret`).")
		f.With = []*dockerfile.Instruction{arg}
		return f, true
	}
	if !v.Known || v.Default || secrets.Harmless(v.Text) {
		return f, false
	}
	f.Message = analysis.Say("%s is set to a fixed value: "+readers(in), pair.Key)
	f.Why = analysis.Say("The value is in the repository too: change it, and set the new one when the container " +
		"starts.")
	if endOf(in) == inCache {
		f.AtMost = analysis.Notice
	}
	return f, true
}

// secretArgument returns the ARG without a harmless value that the variable is set from.
func secretArgument(env *dockerfile.Instruction, pair dockerfile.Pair) *dockerfile.Instruction {
	for _, name := range references(pair.Value, env.File().Escape) {
		arg := env.SetBy(name)
		if arg == nil || arg.Name != "ARG" || arg.Stage == nil {
			continue
		}
		if v := env.Var(name); !v.Known || v.Text == "" || !secrets.Harmless(v.Text) {
			return arg
		}
	}
	return nil
}

// readers says who can read the value of an ENV.
func readers(in *dockerfile.Instruction) string {
	switch endOf(in) {
	case inImage:
		return "everyone who can pull the image can read it"
	case inOthers:
		return "everyone who can pull an image built on this one can read it"
	}
	return "the build cache and every image that is built from this stage keep it"
}
