package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var legacyKeyValue = &analysis.Rule{
	Name:     "legacy-key-value",
	Doc:      "ENV or LABEL in the old form, without an equals sign",
	Topic:    analysis.Syntax,
	Since:    "0.1",
	Severity: analysis.Off, // style
	Aliases:  []string{"LegacyKeyValueFormat"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if old := oldForm(in.Inner()); old != nil {
				old.report(p, in)
			}
		}
	},
}

// oldPair is the one pair of an ENV or LABEL in the form NAME value.
type oldPair struct {
	in    *dockerfile.Instruction
	pair  dockerfile.Pair
	gap   dockerfile.Span // between name and value
	value dockerfile.Span
}

// oldForm reads an instruction in the old form, nil for any other.
func oldForm(in *dockerfile.Instruction) *oldPair {
	if in.Name != "ENV" && in.Name != "LABEL" || len(in.Pairs) != 1 {
		return nil
	}
	p, args := in.Pairs[0], in.Args.String()
	if len(args) <= len(p.Key) || args[len(p.Key)] == '=' || p.Value == "" || strings.ContainsAny(p.Key, `"'\$`+"`") {
		return nil
	}
	at := len(args) - len(p.Value)
	return &oldPair{
		in: in, pair: p,
		gap:   dockerfile.Span{Start: in.Args.Span(0, len(p.Key)).End, End: in.Args.Pos(at)},
		value: in.Args.Span(at, len(args)),
	}
}

func (o *oldPair) report(p *analysis.Pass, in *dockerfile.Instruction) {
	p.Report(analysis.Finding{
		In: in, Span: o.span(),
		Message: analysis.Say("%s has the old form without an equals sign, which Docker has deprecated",
			o.in.Name+" "+o.pair.Key),
		Why: analysis.Say("In that form everything after the name is the value, so one %s can set only one "+
			map[string]string{"ENV": "variable", "LABEL": "label"}[o.in.Name]+".", o.in.Name),
		Fix: o.fix(),
	})
}

func (o *oldPair) span() dockerfile.Span {
	return dockerfile.Span{Start: o.pair.Span.Start, End: o.value.End}
}

// fix writes the same value with an equals sign, and keeps the layout.
func (o *oldPair) fix() *analysis.Fix {
	file := o.in.File()
	if file.CommentIn(o.gap) {
		return nil // it would be lost
	}
	fix := &analysis.Fix{Title: "Write it with an equals sign", Applicability: analysis.Safe}
	equals := analysis.Edit{Span: o.gap, New: "="}
	value, escape := o.pair.Value, string(file.Escape)
	blanks := unquotedBlanks(value, file.Escape)
	switch first, last := file.Lines(o.value); {
	case len(blanks) == 0:
		fix.Edits = []analysis.Edit{equals}
	case !strings.ContainsAny(value, `"'`+escape):
		equals.New = `="`
		fix.Edits = []analysis.Edit{equals, analysis.Insert(o.value.End, `"`)}
	case first != last:
		return nil
	default:
		fix.Edits = []analysis.Edit{equals}
		for _, i := range blanks {
			at := o.value.Start + i
			fix.Edits = append(fix.Edits, analysis.Insert(at, escape))
		}
	}
	return fix
}

// unquotedBlanks returns the offsets of the spaces at which the new form would end the value
// (BuildKit, parser.parseWords).
func unquotedBlanks(s string, escape byte) []int {
	var all []int
	for i, quote := range unescaped(s, escape) {
		if quote == 0 && strings.IndexByte(" \t\v\f\r", s[i]) >= 0 {
			all = append(all, i)
		}
	}
	return all
}
