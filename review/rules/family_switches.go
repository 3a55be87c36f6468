package rules

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

// switches are the ways to turn off a protection of a program, as a table.
type switches struct {
	flags    []flagSwitch
	settings []settingSwitch
	vars     []varSwitch
	texts    []textSwitch
}

// flagSwitch is a flag on the command line.
type flagSwitch struct {
	programs string   // names, separated by spaces
	flags    []string // long ones, as written without a value
	letter   byte     // the short one, alone or in a bundle
	takes    bool     // the next word is the flag's value, unless it comes with =
	values   []string // the flag counts only with one of these after =, or as that next word
	subs     string   // the subcommands that have the flag; "" for all
}

// settingSwitch is a setting that a program reads from its configuration and from flags that set it.
type settingSwitch struct {
	programs string
	key      string // in lowercase; also matches its end after a dot or two colons
	off      func(value string) bool
}

// varSwitch is an environment variable.
type varSwitch struct {
	name    string
	program string // that reads it, as people call it
	off     func(value string) bool
	part    bool // the value also says other things, so it cannot be removed
}

// textSwitch is a line of a configuration file.
type textSwitch struct {
	text    *regexp.Regexp
	hint    string // is in every such line; searched for first, because it costs little
	program string
	file    string // is in the name of the file that it is written to; "" where the text is enough
}

// find returns the place of the line in the text; nil where it is not there.
func (t *textSwitch) find(text string) []int {
	if !strings.Contains(text, t.hint) {
		return nil
	}
	return t.text.FindStringIndex(text)
}

// switched is one way of the table found in use.
type switched struct {
	what    string // the words that do it, without values
	program string // that they are for
	span    dockerfile.Span
	value   string        // of a flag that takes one
	cut     *analysis.Fix // removes it again; nil where that is not possible
}

func isOff(value string) bool {
	switch strings.ToLower(strings.Trim(value, `"'`)) {
	case "0", "false", "no", "off", "none", "n":
		return true
	}
	return false
}

func isOn(value string) bool {
	switch strings.ToLower(strings.Trim(value, `"'`)) {
	case "1", "true", "yes", "on", "y":
		return true
	}
	return false
}

func isZero(value string) bool { return strings.Trim(value, `"'`) == "0" }

func isSet(value string) bool { return strings.Trim(value, `"'`) != "" }

// inCommand returns the switches among the words of a command.
func (s *switches) inCommand(in *dockerfile.Instruction, c *dockerfile.Command) []switched {
	program, first := program(c)
	if program == "" {
		return nil
	}
	var all []switched
	for n := range s.flags {
		row := &s.flags[n]
		if !hasName(row.programs, program) || row.subs != "" && !hasSub(row.subs, c.Words[first:]) {
			continue
		}
		all = append(all, row.in(in, c, program)...)
	}
	for n := range s.settings {
		if row := &s.settings[n]; hasName(row.programs, program) {
			all = append(all, notAmong(row.in(in, c, program, first), all)...)
		}
	}
	return all
}

// notAmong drops switches at a place that is already known.
func notAmong(found, known []switched) []switched {
	var kept []switched
	for _, s := range found {
		if !slices.ContainsFunc(known, func(k switched) bool { return k.span.Overlaps(s.span) }) {
			kept = append(kept, s)
		}
	}
	return kept
}

// program returns the name of the program that a command runs, without the version in it, and the index of its name
// among the words: `python3 -m pip install` is pip's, as is `uv pip install`.
func program(c *dockerfile.Command) (name string, first int) {
	name, first = shell.Program(c)
	if name == "uv" && len(c.Words) > 2 && c.Words[1].Text == "pip" {
		return "pip", 1
	}
	if rest, ok := strings.CutPrefix(name, "pip"); ok && strings.Trim(rest, "0123456789.-") == "" {
		name = "pip"
	}
	return name, first
}

func hasName(list, name string) bool {
	if !strings.Contains(list, name) { // as almost always
		return false
	}
	for list != "" {
		var one string
		if one, list, _ = strings.Cut(list, " "); one == name {
			return true
		}
	}
	return false
}

func hasSub(list string, words []dockerfile.ShellWord) bool {
	for _, w := range words[1:] {
		if w.Literal && hasName(list, w.Text) {
			return true
		}
	}
	return false
}

// read reads the command: by the program's own letters, or by nothing but the row's flags.
func (f *flagSwitch) read(in *dockerfile.Instruction, c *dockerfile.Command) shell.Call {
	switch {
	case f.letter != 0:
		return shell.Read(in, c)
	case f.takes:
		return shell.ReadAs(in, c, ecosystem.Spec{Valued: f.flags})
	}
	return shell.ReadAs(in, c, ecosystem.Spec{})
}

// mayBe reports whether the word may be the flag. Most commands have none, and need not be read.
func (f *flagSwitch) mayBe(w dockerfile.ShellWord) bool {
	return w.Literal && strings.HasPrefix(w.Text, "-") && (f.letter != 0 && strings.IndexByte(w.Text, f.letter) > 0 ||
		slices.ContainsFunc(f.flags, func(flag string) bool { return strings.HasPrefix(w.Text, flag) }))
}

// in looks for the flag among the words of a command.
func (f *flagSwitch) in(in *dockerfile.Instruction, c *dockerfile.Command, program string) []switched {
	if !slices.ContainsFunc(c.Args(), f.mayBe) {
		return nil
	}
	var all []switched
	for _, flag := range f.read(in, c).Flags {
		w, letter := flag.Word, f.letter != 0 && flag.Name == "-"+string(f.letter)
		found := switched{what: flag.Name, program: program, span: w.Span}
		switch {
		case !w.Literal || !letter && !slices.Contains(f.flags, flag.Name):
			continue
		case letter && len(w.Text) > 2:
			found.cut = cutLetter(in, w.ShellWord, strings.IndexByte(w.Text, f.letter))
		case !f.counts(flag):
			continue
		default:
			last := max(w.At, flag.Value.At)
			found.span.End = c.Words[last].Span.End
			found.value = literalValue(flag)
			found.cut = edit.DropWords(in.File(), c, w.At, last)
			if len(f.values) > 0 {
				found.what += "=" + found.value
			}
		}
		all = append(all, found)
	}
	return all
}

// counts reports whether the flag turns the protection off with the value that it has.
func (f *flagSwitch) counts(flag shell.Flag) bool {
	value := literalValue(flag)
	if len(f.values) > 0 {
		return slices.Contains(f.values, strings.ToLower(value))
	}
	return !flag.Valued || f.takes || !isOff(value)
}

// literalValue is the value of the flag; "" for one that a variable gives.
func literalValue(flag shell.Flag) string {
	if flag.Valued && flag.Value.Literal {
		return flag.Value.Text
	}
	return ""
}

// cutLetter removes one letter from a bundle, where the file has it as it is read.
func cutLetter(in *dockerfile.Instruction, w dockerfile.ShellWord, at int) *analysis.Fix {
	if in.File().Text(w.Span) != w.Text {
		return nil
	}
	return edit.Delete(in.File(), w.Span.Start+at, w.Span.Start+at+1)
}

// setters are the flags that a key with its value follows.
var setters = []string{"-c", "-o", "--option", "--setopt", "--config"}

// setting is a key with its value among the words of a command.
type setting struct {
	key, value  string
	first, last int  // the words that it is
	removable   bool // without them the command is complete: they are a flag, or follow one that sets
}

// in looks for the setting among the words of a command from that of the program's name on.
func (s *settingSwitch) in(in *dockerfile.Instruction, c *dockerfile.Command, program string, name int) []switched {
	var all []switched
	for i := name + 1; i < len(c.Words); i++ {
		if w := c.Words[i]; s.negates(w) {
			all = append(all, switched{what: w.Text, program: program, span: w.Span,
				cut: edit.DropWords(in.File(), c, i, i)})
			continue
		}
		set, ok := s.read(c.Words, i)
		if !ok || !s.off(set.value) {
			continue
		}
		found := switched{what: set.key + "=" + set.value, program: program,
			span: dockerfile.Span{Start: c.Words[set.first].Span.Start, End: c.Words[set.last].Span.End}}
		switch {
		case set.removable:
			found.cut = edit.DropWords(in.File(), c, set.first, set.last)
		case onlyConfigures(c.Words[name+1:set.first]) && onlyFlags(c.Words[set.last+1:]):
			found.span, found.cut = c.Span, edit.DropCommand(in, c)
		}
		all = append(all, found)
		i = set.last
	}
	return all
}

// negates reports whether the word is a flag that turns the setting off: --no-KEY.
func (s *settingSwitch) negates(w dockerfile.ShellWord) bool {
	key, ok := strings.CutPrefix(w.Text, "--no-")
	return ok && w.Literal && s.names(key)
}

// read reads the setting that the word at i has the key of: as key=value, alone or after a flag that sets, or as two
// words. It reports false where there is none.
func (s *settingSwitch) read(words []dockerfile.ShellWord, i int) (setting, bool) {
	text := withoutSetter(words[i].Text)
	key, value, inline := strings.Cut(text, "=")
	flag := strings.HasPrefix(key, "-")
	set := setting{key: strings.TrimLeft(key, "-"), value: value, first: i, last: i,
		removable: flag || text != words[i].Text}
	switch {
	case !words[i].Literal || !s.names(set.key):
		return setting{}, false
	case inline && !flag && slices.Contains(setters, words[i-1].Text):
		set.first, set.removable = i-1, true
	case !inline && i+1 < len(words) && words[i+1].Literal:
		set.last, set.value = i+1, words[i+1].Text
	case !inline:
		return setting{}, false
	}
	return set, true
}

// withoutSetter takes a flag that sets off a word in which the key follows it: --setopt=KEY=VALUE, and apt's
// -oKEY=VALUE.
func withoutSetter(text string) string {
	for _, flag := range setters {
		text = strings.TrimPrefix(text, flag+"=")
	}
	if key, ok := strings.CutPrefix(text, "-o"); ok && strings.Contains(key, "::") {
		return key
	}
	return text
}

func (s *settingSwitch) names(key string) bool {
	key = strings.ToLower(key)
	rest, ok := strings.CutSuffix(key, s.key)
	return ok && (rest == "" || strings.HasSuffix(rest, ".") || strings.HasSuffix(rest, "::") ||
		strings.HasSuffix(rest, "/"))
}

// onlyConfigures reports whether the words are nothing but the subcommand and the flags of a
// program's `config`.
func onlyConfigures(words []dockerfile.ShellWord) bool {
	configures := false
	for _, w := range words {
		switch {
		case !w.Literal:
			return false
		case w.Text == "config" || w.Text == "set" || w.Text == "env":
			configures = true
		case !strings.HasPrefix(w.Text, "-"):
			return false
		}
	}
	return configures
}

func onlyFlags(words []dockerfile.ShellWord) bool {
	return !slices.ContainsFunc(words, func(w dockerfile.ShellWord) bool { return !strings.HasPrefix(w.Text, "-") })
}

// inPairs returns the switches that an ENV or ARG sets.
func (s *switches) inPairs(in *dockerfile.Instruction) []switched {
	var all []switched
	for i, p := range in.Inner().Pairs {
		row := s.variable(p.Key)
		if row == nil || !p.HasValue {
			continue
		}
		if v := in.Expand(p.Value); v.Known && row.off(v.Text) {
			found := switched{what: p.Key + "=" + v.Text, program: row.program, span: p.Span, value: v.Text}
			if in.Trigger == nil && !row.part {
				found.cut = edit.DropPair(in, i)
			}
			all = append(all, found)
		}
	}
	return all
}

func (s *switches) variable(name string) *varSwitch {
	for i := range s.vars {
		if strings.EqualFold(s.vars[i].name, name) &&
			(s.vars[i].name == name || strings.HasPrefix(s.vars[i].name, "NPM_")) {
			return &s.vars[i]
		}
	}
	return nil
}

// inAssignments returns the switches that the shell code of a RUN sets as variables: for one
// command, or with export.
func (s *switches) inAssignments(in *dockerfile.Instruction) []switched {
	script := shell.Script(in)
	if script == nil || !s.mentioned(script.Text.String()) {
		return nil
	}
	var all []switched
	script.Walk(func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Stmt:
			all = append(all, s.inExport(in, script, n)...)
		case *syntax.CallExpr:
			all = append(append(all, s.throughEnv(script, n)...), s.beforeCommand(in, script, n)...)
		}
		return true
	})
	return all
}

// inExport returns the switches that an export sets.
func (s *switches) inExport(in *dockerfile.Instruction, script *dockerfile.Script, st *syntax.Stmt) []switched {
	export, ok := st.Cmd.(*syntax.DeclClause)
	if !ok || export.Variant.Value != "export" {
		return nil
	}
	var cut *analysis.Fix
	if len(export.Args) == 1 {
		cut = edit.DropStatement(in, st)
	}
	var all []switched
	for _, a := range export.Args {
		all = append(all, s.assignment(script, a, cut)...)
	}
	return all
}

// beforeCommand returns the switches that assignments before a command set for it.
func (s *switches) beforeCommand(
	in *dockerfile.Instruction, script *dockerfile.Script, call *syntax.CallExpr,
) []switched {
	var all []switched
	for i, a := range call.Assigns {
		var cut *analysis.Fix
		if i+1 < len(call.Assigns) {
			cut = edit.Delete(in.File(), script.Span(a).Start, script.Span(call.Assigns[i+1]).Start)
		} else if len(call.Args) > 0 {
			cut = edit.Delete(in.File(), script.Span(a).Start, script.Span(call.Args[0]).Start)
		}
		all = append(all, s.assignment(script, a, cut)...)
	}
	return all
}

// assignment returns the switch that an assignment is, if any; cut removes the assignment.
func (s *switches) assignment(script *dockerfile.Script, a *syntax.Assign, cut *analysis.Fix) []switched {
	if a.Name == nil || a.Value == nil {
		return nil
	}
	row := s.variable(a.Name.Value)
	value, ok := dockerfile.Literal(a.Value)
	if row == nil || !ok || !row.off(value) {
		return nil
	}
	if row.part {
		cut = nil
	}
	return []switched{{what: a.Name.Value + "=" + value, program: row.program, span: script.Span(a), value: value,
		cut: cut}}
}

// throughEnv returns the switches that `env` sets for the command after it.
func (s *switches) throughEnv(script *dockerfile.Script, call *syntax.CallExpr) []switched {
	var all []switched
	set := false
	for i, w := range call.Args {
		text, ok := dockerfile.Literal(w)
		name, value, assigns := strings.Cut(text, "=")
		switch row := s.variable(name); {
		case ok && path.Base(text) == "env" && (i == 0 || call.Args[0].Lit() == "sudo"):
			set = true
		case set && ok && assigns && row != nil && row.off(value):
			all = append(all, switched{what: text, program: row.program, span: script.Span(w), value: value})
		}
	}
	return all
}

// mentioned reports whether the text contains any of the variables.
func (s *switches) mentioned(text string) bool {
	for i := range s.vars {
		if strings.Contains(text, s.vars[i].name) || strings.HasPrefix(s.vars[i].name, "NPM_") &&
			strings.Contains(text, strings.ToLower(s.vars[i].name)) {
			return true
		}
	}
	return false
}

// textWriters are the programs whose arguments become the text of a configuration file.
var textWriters = []string{"echo", "printf", "sed", "tee", "add-apt-repository"}

// inTexts returns the switches that a command writes into a configuration file, and those in the
// heredocs of the instruction.
func (s *switches) inTexts(in *dockerfile.Instruction) []switched {
	var all []switched
	for _, c := range shell.Calls(in, textWriters...) {
		for _, w := range c.Args() {
			if w.Literal {
				all = append(all, s.inText(in, w.Text, func(int, int) dockerfile.Span { return w.Span })...)
			}
		}
	}
	for _, body := range writtenTexts(in) {
		all = append(all, s.inText(in, in.File().Text(body), func(start, end int) dockerfile.Span {
			return dockerfile.Span{Start: body.Start + start, End: body.Start + end}
		})...)
	}
	return all
}

// inText returns the switches in one text; place gives the span to report for a part of it.
func (s *switches) inText(in *dockerfile.Instruction, text string,
	place func(start, end int) dockerfile.Span) []switched {
	var all []switched
	for i := range s.texts {
		t := &s.texts[i]
		if !t.fits(in) {
			continue
		}
		if m := t.find(text); m != nil {
			all = append(all, switched{what: line(text[m[0]:m[1]]), program: t.program, span: place(m[0], m[1])})
		}
	}
	return all
}

// line is a match without the text before it: the end of the line above, the slash of sed.
func line(match string) string {
	text := strings.TrimPrefix(strings.TrimLeft(match, " \t\r\n"), `\n`)
	if sed, ok := strings.CutPrefix(text, "/"); ok {
		text, _, _ = strings.Cut(sed, "/")
	}
	return strings.TrimSpace(strings.TrimSuffix(text, " /"))
}

// fits reports whether the instruction writes to such a file.
func (t *textSwitch) fits(in *dockerfile.Instruction) bool {
	return t.file == "" || strings.Contains(in.File().Text(in.Span), t.file)
}

// writtenTexts returns the heredocs of the instruction that become files: those of a COPY, and those
// that a command of a RUN reads.
func writtenTexts(in *dockerfile.Instruction) []dockerfile.Span {
	var all []dockerfile.Span
	script := in.Inner().Script
	if in.Inner().Name != "RUN" {
		for _, h := range in.Heredocs {
			all = append(all, h.Body)
		}
		return all
	}
	if script == nil || script.File == nil || !strings.Contains(script.Text.String(), "<<") {
		return nil
	}
	script.Walk(func(n syntax.Node) bool {
		if r, ok := n.(*syntax.Redirect); ok && r.Hdoc != nil {
			all = append(all, script.Span(r.Hdoc))
		}
		return true
	})
	return all
}

// removeAll is the fix that removes all the switches; nil where one of them cannot be removed.
func removeAll(all []switched, title string, caveat analysis.Message) *analysis.Fix {
	parts := make([]*analysis.Fix, len(all))
	for i, s := range all {
		parts[i] = s.cut
	}
	fix := edit.All(parts...)
	if fix == nil || len(fix.Edits) == 0 {
		return nil
	}
	fix.Title, fix.Applicability, fix.Caveat = title, analysis.Unsafe, caveat
	return fix
}
