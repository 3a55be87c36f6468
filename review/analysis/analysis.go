// Package analysis runs rules over a parsed Dockerfile, drops the findings that ignore comments turn off, and proves
// every fix before anyone sees it. It must never do I/O.
package analysis

import (
	"fmt"
	"strings"
	"time"

	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// Severity is how much a diagnostic matters. The zero Severity is Off, which turns a rule off.
type Severity uint8

// The severities, from the least. Never is a limit that no diagnostic reaches, and no diagnostic's severity.
const (
	Off Severity = iota
	Notice
	Warning
	Error
	Never
)

var severityNames = [...]string{"off", "notice", "warning", "error", "never"}

func (s Severity) String() string { return severityNames[s] }

// MarshalText gives the name that configuration and JSON use.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ParseSeverity reads a name as String gives it.
func ParseSeverity(name string) (Severity, error) {
	for i, n := range severityNames {
		if n == name {
			return Severity(i), nil
		}
	}
	return Off, fmt.Errorf("severity %q is not one of %s", name, strings.Join(severityNames[:], ", "))
}

// Applicability says how far a fix may be trusted; the zero value least.
type Applicability uint8

const (
	DisplayOnly Applicability = iota // a sketch, never offered as a suggestion
	Unsafe                           // may change what the image does; shown with what to check
	Safe                             // the image behaves the same
)

func (a Applicability) String() string { return [...]string{"display-only", "unsafe", "safe"}[a] }

// MarshalText gives the name that JSON uses.
func (a Applicability) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Rule finds one kind of mistake. Its identity is its pointer; the name lives at the edges.
type Rule struct {
	Name     string // kebab-case; reads after "allow"
	Doc      string // one line: what is wrong
	Topic    Topic
	Since    string   // the release that brought the rule, such as 0.1; see config.Repo.RulesVersion
	Severity Severity // by default
	// Severities is which severity each case has, the default first, as in "warning over http, notice over https";
	// empty where every finding has the default.
	Severities string
	Aliases    []string // codes by which people know it elsewhere; see Finding.Alias
	Options    []Option // what the configuration may set
	// Yields marks a rule of taste, such as how many RUNs a file should have, or one whose mistakes others hide: what
	// it says of the result of another rule's fix is no reason to drop that fix.
	Yields bool
	// Reinstalls marks a rule about an install that runs again too often, which is one of Finding.With.
	Reinstalls bool
	Program    string // that finds the mistakes of this rule, such as "shellcheck"; empty where Run finds them
	// Definitions marks the rule about the files that define builds: Run does not see those.
	Definitions bool
	Run         func(*Pass) // nil for a rule with a Program, or of Definitions
}

// Topic is the chapter of a rule in the index of rules.
type Topic string

const (
	Cache    Topic = "Build cache and layers"
	Size     Topic = "Image size"
	Packages Topic = "System packages"
	Language Topic = "Language packages"
	Context  Topic = "Build context"
	Images   Topic = "Base images and stages"
	Runtime  Topic = "Start, stop and settings"
	Users    Topic = "Users and permissions"
	Secrets  Topic = "Secrets"
	Network  Topic = "Downloads and signatures"
	Shell    Topic = "Shell code"
	Labels   Topic = "Labels"
	Syntax   Topic = "Syntax"
)

// Option is a setting of one rule.
type Option struct {
	Name    string
	Doc     string // one line
	Default any    // bool, int, string, []string or map[string]string; also gives the type
}

// Edit replaces the bytes of Span by New.
type Edit struct {
	Span dockerfile.Span
	New  string
}

// Insert is the edit that puts text in at the offset.
func Insert(at int, text string) Edit {
	return Edit{Span: dockerfile.Span{Start: at, End: at}, New: text}
}

// Effect is what a fix says that it does to the file; the proof holds it to that.
type Effect uint8

const (
	// InPlace rewrites instructions in their places, perhaps an ADD to a COPY. Besides Adds and Drops, it adds, removes
	// and moves none.
	InPlace Effect = iota
	// Join makes one RUN of several that follow each other. The commands and their order stay, and so does all else.
	Join
	// Reorder moves instructions within their stage, and may add or narrow COPYs. RUNs and settings stay as they are.
	Reorder
	// Split is like Reorder, and may cut RUNs in two. The commands and their order stay.
	Split
)

// Fix is a set of edits that fixes one diagnostic. All edits apply to the same bytes.
type Fix struct {
	Title         string // what it does, in the imperative, no full stop
	Edits         []Edit
	Applicability Applicability
	Effect        Effect
	Adds          []Addition // instructions that the fix adds; for Reorder and Split, those besides COPY
	// Drops are the places of instructions that the fix removes; for Join and Split, of commands in a RUN.
	Drops []dockerfile.Span
	// Comments are the places of comments that the fix removes together with what they describe. All others stay.
	Comments []dockerfile.Span
	// Assumes are what must hold for the fix to keep the build and the image as they are, beyond what was read and
	// understood. Each completes "This assumes that ..." and has no full stop. A fix that assumes anything is not Safe.
	Assumes []Message
	Caveat  Message // for Unsafe: what else to check before applying, one sentence; see Check
}

// Addition is an instruction that a fix adds.
type Addition struct {
	Stage int    // index of its stage, -1 before the first FROM
	Text  string // keyword, flags and arguments, joined to one line
}

// AddedCommand is a command that a fix adds to a RUN of the stage.
func AddedCommand(stage int, command string) Addition {
	return Addition{stage, runCommand + command}
}

// runCommand comes before each command of a RUN where commands are listed one by one.
const runCommand = "RUN command "

// Snippet is lines for the end of another file of the repository, which fix what no edit of the Dockerfile
// can. People copy it, because a suggestion can only change lines of the file that it is on. Path and Lines may contain
// names from the pull request, and are hostile until a renderer has quoted or fenced them.
type Snippet struct {
	Path  string   // of that file, slash-separated from the repository's root
	New   bool     // the file does not exist yet
	Lines []string // without line ends, at least one
}

// Diagnostic is one mistake at one place. It reaches every renderer unchanged.
type Diagnostic struct {
	Rule    *Rule
	Path    string
	Span    dockerfile.Span
	Place   Place   // of Span
	Related []Place // whole instructions that take part, the one of Span first
	// Causes are further whole instructions that the mistake depends on: they set a variable, the user, the folder or
	// the base image. A mistake outside of a diff may be reported at one that the diff changes. If there are very many,
	// they are ranges with other instructions between them.
	Causes   []Place
	Severity Severity
	// Code is the name that a program has for its finding, or the one alias that means it; may be empty.
	Code      string
	Message   Message
	Why       Message  // what it costs here; may be empty
	Fix       *Fix     // a proved one, or a sketch; may be nil
	Snippet   *Snippet // nil if nothing belongs in another file
	Elsewhere Location // as in Finding
	// Subject is a hash of what Finding.Subject names; "" where it names nothing.
	Subject string
	Lacks   string         // as in Finding
	Extent  map[string]int // as in Finding
	// Contexts are the build contexts in which it is found, as folders from the repository's root, where builds state
	// several and it depends on them; nil in any other case.
	Contexts []string
	// Fingerprint is the same for the same mistake when lines move or other instructions change.
	Fingerprint string

	text  *string // the instruction's, without layout, as texts has it; nil where it is in none
	stage string  // name of the instruction's stage; "" where it has none
}

// Fixable reports whether the diagnostic has a fix that is trusted at least so far. A sketch is a fix for DisplayOnly.
func (d *Diagnostic) Fixable(least Applicability) bool {
	return d.Fix != nil && d.Fix.Applicability >= least
}

// Sketched reports whether the diagnostic has a fix that is only for show.
func (d *Diagnostic) Sketched() bool { return d.Fix != nil && d.Fix.Applicability == DisplayOnly }

// Location is a line of a file of the repository, 1-based. The path comes from the pull request.
type Location struct {
	Path string
	Line int
}

// Place is a range in lines and byte columns, 1-based; EndColumn is exclusive.
type Place struct{ Line, Column, EndLine, EndColumn int }

// PlaceOf turns a span into lines and columns.
func PlaceOf(f *dockerfile.File, s dockerfile.Span) Place {
	first, last := f.Lines(s)
	end := f.Column(max(s.End-1, s.Start)) + 1
	if s.End <= s.Start {
		end = f.Column(s.Start)
	}
	return Place{first, f.Column(s.Start), last, end}
}

// Message is a sentence of ours with words of theirs in it. Strings in Args come from the pull
// request and are hostile until a renderer has quoted them; numbers are ours.
type Message struct {
	Format string // %s for a string, %d for a number, %% for a percent sign
	Args   []any  // string or int
}

// Render puts the sentence together; quote is applied to every string argument.
func (m Message) Render(quote func(string) string) string {
	args := make([]any, len(m.Args))
	for i, a := range m.Args {
		if s, ok := a.(string); ok {
			args[i] = quote(s)
		} else {
			args[i] = a
		}
	}
	return fmt.Sprintf(m.Format, args...)
}

// Empty reports whether there is no message.
func (m Message) Empty() bool { return m.Format == "" }

// String quotes with backticks, for terminals, logs and tests.
func (m Message) String() string {
	return m.Render(func(s string) string { return "`" + s + "`" })
}

// MarshalText gives String.
func (m Message) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// Pass is one rule's view of one Dockerfile.
type Pass struct {
	File    *dockerfile.File
	Context *buildcontext.Context // never nil; it knows when it knows nothing
	// Before is the context of the same Dockerfile on the base of the pull request: a known one, or nil. What it has
	// and Context has not, the pull request takes away.
	Before *buildcontext.Context
	// Was is the same Dockerfile on the base; nil where that is unknown, does not parse, or is new.
	Was   *dockerfile.File
	Today time.Time // as in Unit

	options map[string]any      // from the configuration
	codes   map[string]Severity // as in Unit
	rule    *Rule
	out     *findings
	sev     Severity
	said    int  // findings
	more    bool // it has more to say than is listed
}

// Option returns the value of one of the rule's options: what the configuration says, where it has
// the type of the default, or else the default. It panics for an option that the rule does not
// declare.
func (p *Pass) Option(name string) any {
	for _, o := range p.rule.Options {
		if o.Name != name {
			continue
		}
		if v, ok := p.options[name]; ok && fmt.Sprintf("%T", v) == fmt.Sprintf("%T", o.Default) {
			return v
		}
		return o.Default
	}
	panic("rule " + p.rule.Name + " has no option " + name)
}

// Finding is what a rule says of one mistake.
type Finding struct {
	Span dockerfile.Span           // the words that are wrong
	In   *dockerfile.Instruction   // the instruction that holds them
	With []*dockerfile.Instruction // further instructions that take part
	// Because are instructions elsewhere that make it a mistake, such as the USER or the SHELL in force. dfbot finds
	// the instructions that give values to the words of In under Span, and of With and Because, on its own.
	Because []*dockerfile.Instruction
	Values  []dockerfile.Value // that a shell puts into In, and that the mistake depends on
	Message Message
	Why     Message
	Fix     *Fix     // nil where there is none
	Snippet *Snippet // nil where there is none
	// Alias is the one of the rule's aliases that means this finding, for a rule whose aliases each
	// mean some of its findings. It has a severity of its own where the configuration says so.
	Alias  string
	AtMost Severity // lowers the severity of this one finding; Off leaves it
	// Elsewhere is the place in another file of the repository that makes it a mistake; zero where there is none.
	Elsewhere Location
	// Subject is what the mistake is about, where the same rule may find another mistake in the same instruction: a
	// path, the name of a variable, the repository of an image, a secret. It is kept as a hash.
	Subject string
	// Lacks is what is missing, where that is the mistake: the keyword of an instruction that the stage should have, or
	// the name of a file. In is only where it is shown, and may change as it likes.
	Lacks string
	// Extent is how much of it there is, each kind under its name, such as the files that should not be copied. More of
	// any kind is worse.
	Extent map[string]int
}

// Say makes a Message.
func Say(format string, args ...any) Message { return Message{format, args} }

// enough is what Report stops a rule with.
const enough = stopped("more findings than are listed")

type stopped string

// Report notes a mistake. It does not return where the rule has found more than is listed: the rest of its work would
// be for nothing.
func (p *Pass) Report(f Finding) {
	severity := p.sev
	if single, ok := p.codes[f.Alias]; ok {
		severity = single
	}
	if severity == Off {
		if len(p.out.off) < maxFindings {
			p.File.Charge(reportCost)
			p.out.off = append(p.out.off, f.diagnostic(p.File, p.rule, Off, p.out.texts))
		}
		return
	}
	if p.said == maxFindings {
		p.more = true
		panic(enough)
	}
	p.File.Charge(reportCost)
	p.said++
	p.out.all = append(p.out.all, f.diagnostic(p.File, p.rule, severity, p.out.texts))
}

// diagnostic makes the diagnostic of what a rule found.
func (f Finding) diagnostic(file *dockerfile.File, rule *Rule, sev Severity, of *texts) Diagnostic {
	d := Diagnostic{Rule: rule, Path: file.Path, Span: f.Span, Place: PlaceOf(file, f.Span),
		Severity: sev, Code: f.Alias, Message: f.Message, Why: f.Why, Fix: f.Fix, Snippet: f.Snippet,
		Elsewhere: f.Elsewhere,
		Subject:   hashed(f.Subject), Lacks: f.Lacks, Extent: f.Extent}
	if f.AtMost != Off {
		d.Severity = min(d.Severity, f.AtMost)
	}
	if f.In != nil {
		d.Related = append(d.Related, PlaceOf(file, f.In.Span))
		d.text = of.text(f.In)
		if f.In.Stage != nil {
			d.stage = f.In.Stage.Name
		}
	}
	for _, in := range f.With {
		d.Related = append(d.Related, PlaceOf(file, in.Span))
	}
	causes := f.causes()
	d.Causes = placesOf(file, causes)
	if file.EscapeAt.Len() > 0 { // with another escape character, no line need mean what it did
		d.Causes = append(d.Causes, PlaceOf(file, file.EscapeAt))
	}
	return d
}
