package rules

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/edit"
)

var consecutiveRuns = &analysis.Rule{
	Name:     "consecutive-runs",
	Doc:      "Consecutive RUNs of one command each, which could be one layer",
	Topic:    analysis.Cache,
	Since:    "0.1",
	Severity: analysis.Off,
	Aliases:  []string{"DL3059"},
	Yields:   true, // a fix that splits a RUN or removes a command from it may leave two such RUNs
	Run: func(p *analysis.Pass) {
		j := edit.NewLayout(p.File)
		for i, in := range p.File.Instructions() {
			if i == 0 {
				continue
			}
			before := p.File.Instructions()[i-1]
			if !single(in) || !single(before) || !sameFlags(in, before) {
				continue
			}
			f := analysis.Finding{
				In: in, Span: in.Keyword, With: []*dockerfile.Instruction{before},
				Message: analysis.Say("This RUN and the one before it could be one layer"),
			}
			if fix := j.JoinRuns([]*dockerfile.Instruction{before, in}); fix != nil && !installsPackages(before) {
				fix.Title, fix.Applicability = "Join the two RUNs", analysis.Safe
				if !leavesNothingBehind(before) {
					fix.Assume("%s leaves nothing running, and nothing that only a new shell or container reads",
						before.OneLine())
				}
				f.Fix = fix
			}
			p.Report(f)
		}
	},
}

// atOnce are the programs that end with all that they have started, and of which what they do holds at once.
var atOnce = strings.Fields(`mkdir touch chmod chown chgrp cp mv rm rmdir ln install echo printf cat curl wget tar unzip
	gzip gunzip bunzip2 xz sed true test [ groupadd pip pip3 gem git go cargo
	update-ca-certificates ldconfig a2enmod docker-php-ext-install`)

// ofContainer finds the files that each step gets anew, or that a shell or container reads when it starts.
var ofContainer = regexp.MustCompile(`/etc/(?:hosts|resolv\.conf|hostname|passwd|group|profile|environment|bash)|` +
	`/bin/(?:ba|da|a)?sh\b|/dev/|/proc/|/sys/|/run/|\.(?:profile|bash\w*|zshrc)\b|&\s*$`)

// leavesNothingBehind reports whether the command of the RUN is known to leave the next one of the same RUN what it
// leaves to the next RUN: files, and no more.
func leavesNothingBehind(in *dockerfile.Instruction) bool {
	c := in.Script.Commands()[0]
	return slices.Contains(atOnce, c.Name) && len(c.Wrapper)+len(c.Call.Assigns) == 0 &&
		!ofContainer.MatchString(strings.ReplaceAll(in.Args.String(), "/dev/null", ""))
}

// single reports whether the instruction is a RUN with one command.
func single(in *dockerfile.Instruction) bool {
	return in.Name == "RUN" && in.Script != nil && len(in.Script.Commands()) == 1
}

func sameFlags(a, b *dockerfile.Instruction) bool {
	return slices.EqualFunc(a.Flags, b.Flags,
		func(x, y dockerfile.Flag) bool { return x.Name == y.Name && x.Value == y.Value })
}

// installsPackages reports whether the RUN calls a system package manager, whose lists and caches
// want more than to be joined.
func installsPackages(in *dockerfile.Instruction) bool {
	for _, pm := range ecosystem.Systems {
		if len(packageCalls(in, pm)) > 0 {
			return true
		}
	}
	return false
}
