package rules

import (
	"path"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
)

var missingRuntimeEnv = &analysis.Rule{
	Name:     "missing-runtime-env",
	Doc:      "Python program without PYTHONUNBUFFERED, or Node.js program without NODE_ENV",
	Topic:    analysis.Runtime,
	Since:    "0.1",
	Severity: analysis.Off, // true, and seldom what a change is about
	Run: func(p *analysis.Pass) {
		final := p.File.Final()
		if final == nil {
			return
		}
		start := final.Last("ENTRYPOINT")
		if start == nil {
			start = final.Last("CMD")
		}
		if start == nil || start.Stage != final || len(start.Words) < 2 { // a bare interpreter is no program
			return
		}
		for _, want := range runtimeVariables {
			if want.programs[strings.TrimRight(path.Base(start.Words[0].Text), "0123456789.")] &&
				!settled(start, want.name) {
				reportVariable(p, start, want)
			}
		}
	},
}

// runtimeVariable is a variable that programs of one language need in a container.
type runtimeVariable struct {
	programs    map[string]bool // that the image starts
	name, value string
	without     string // what happens without it
	caveat      string
}

var runtimeVariables = []runtimeVariable{
	{ // https://docs.python.org/3/using/cmdline.html#envvar-PYTHONUNBUFFERED
		programs: map[string]bool{"python": true, "gunicorn": true, "uvicorn": true, "celery": true, "flask": true},
		name:     "PYTHONUNBUFFERED", value: "1",
		without: "Python buffers its output, so logs come late and the last lines before a crash can be lost.",
		caveat:  "Python then writes each line at once, which is a little slower for a program that prints a lot.",
	},
	{ // https://nodejs.org/en/learn/getting-started/nodejs-the-difference-between-development-and-production
		programs: map[string]bool{"node": true, "npm": true, "yarn": true, "pnpm": true},
		name:     "NODE_ENV", value: "production",
		without: "Express and many other packages then run in development mode: slower, with stack traces in " +
			"responses.",
		caveat: "Packages behave differently in production mode: test the image before you ship it.",
	},
}

// settled reports whether the variable is set, or not needed.
func settled(start *dockerfile.Instruction, name string) bool {
	if start.Defined(name) {
		return true
	}
	ref, known := baseOf(start.Stage)
	if sets, sure := ref.Sets(name); known && sets && sure {
		return true
	}
	for _, w := range start.Words {
		if w.Text == "-u" || strings.Contains(w.Text, name) || strings.Contains(w.Text, "dev") {
			return true
		}
	}
	return false
}

func reportVariable(p *analysis.Pass, start *dockerfile.Instruction, want runtimeVariable) {
	text := "ENV " + want.name + "=" + want.value
	p.Report(analysis.Finding{
		In: start, Span: start.Span, Lacks: "ENV", Subject: want.name,
		Message: analysis.Say("The image starts %s without %s", start.Words[0].Text, want.name),
		Why:     analysis.Say(want.without),
		Fix: &analysis.Fix{
			Title: "Set the variable with ENV", Applicability: analysis.Unsafe, Caveat: analysis.Say(want.caveat),
			Adds:  []analysis.Addition{{Stage: start.Stage.Index, Text: text}},
			Edits: edit.InsertAbove(start, text).Edits,
		},
	})
}
