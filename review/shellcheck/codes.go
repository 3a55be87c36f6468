package shellcheck

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// code is one of ShellCheck's codes whose findings are reported by default: those that are a mistake anywhere in a
// Dockerfile. Others are a matter of style or taste (SC2086, SC2046, SC2155, ...), or wrong too often in a RUN:
// docs/precision.md has the figures. A code that the configuration names is always reported.
type code struct {
	code string // SC and four digits; of a family of codes, their beginning
	// say has one %s for the words in question, or none.
	say, why string
	// sure reports whether a finding at these words is one; nil where it always is.
	sure func(run *dockerfile.Instruction, words string) bool
}

// meaningless are codes that mean nothing in a RUN, or are about the prologue: files that are not there (SC1090,
// SC1091), the first line (SC1008, SC1071, SC1128, SC2096, SC2148, SC2187, SC2239), directives (SC1107, SC1123 to
// SC1126, SC1135).
var meaningless = strings.Fields(`SC1008 SC1071 SC1090 SC1091 SC1107 SC1123 SC1124 SC1125 SC1126 SC1128 SC1135
	SC2096 SC2148 SC2187 SC2239`)

// mayFind reports whether ShellCheck may find anything in the RUN that is reported by default.
func mayFind(run *dockerfile.Instruction) bool {
	for _, g := range groups {
		if g.run != nil && g.run(run) {
			return true
		}
	}
	return anyNode(run, func(text string, n syntax.Node) bool {
		return slices.ContainsFunc(groups, func(g group) bool { return g.node != nil && g.node(text, n) })
	})
}

// Codes lists the codes whose findings are reported by default; a family is written as SC3xxx.
func Codes() []string {
	var all []string
	for _, g := range groups {
		for _, c := range g.codes {
			all = append(all, c.code+"xxxxxx"[len(c.code):])
		}
	}
	return all
}

// codeNamed returns the code of that name; nil where it is not reported by default.
func codeNamed(name string) *code {
	if name == "SC3040" {
		return nil // pipefail has a rule of its own
	}
	for _, g := range groups {
		for i := range g.codes {
			if strings.HasPrefix(name, g.codes[i].code) {
				return &g.codes[i]
			}
		}
	}
	return nil
}

func (c *code) message(words string) analysis.Message {
	if strings.Contains(c.say, "%s") {
		return analysis.Say(c.say, words)
	}
	return analysis.Say(c.say)
}

const (
	noQuote       = "%s is no quote to a shell"
	noQuoteWhy    = "It is a character like others, and ends up in the words."
	noAssignment  = "With blanks around its %s this is no assignment"
	constantTest  = "The condition has the same outcome whatever happens: %s"
	constantWhy   = "What it is to decide, it does not decide."
	aWord         = "%s in brackets is a word that is not empty, so the condition holds"
	brokenTest    = "%s is not what this condition can ask for"
	brokenTestWhy = "It fails, or asks for something else."
	overridden    = "The redirection takes the place of the pipe"
)

// group is codes of which there is nothing to be found in a RUN that shows no sign of them. The signs cost
// little where ShellCheck costs milliseconds; they may err on one side only, which TestShellSigns holds
// them to.
type group struct {
	run   func(run *dockerfile.Instruction) bool   // whether the RUN shows a sign; or
	node  func(code string, node syntax.Node) bool // whether a part of its code does
	codes []code
}

// groups are the codes, explained at https://www.shellcheck.net/wiki/CODE.
var groups = []group{
	// Characters that a word processor has made of those that were meant.
	{run: holds("“", "”", "‘", "’", "„", "‚", "–", "—", "‐", "\u00a0"), codes: []code{
		{code: "SC1015", say: noQuote, why: noQuoteWhy},
		{code: "SC1016", say: noQuote, why: noQuoteWhy},
		{code: "SC1018", say: "This is a no-break space, and no blank to a shell", why: noQuoteWhy},
		{code: "SC1100", say: "%s is no minus to a program", why: "It is a character like others, and begins no flag."},
		{code: "SC1110", say: noQuote, why: noQuoteWhy},
		{code: "SC1111", say: noQuote, why: noQuoteWhy},
	}},

	// Commands that are none.
	{run: closeAmpersand, codes: []code{
		{code: "SC1132", say: "The command ends at this %s, and goes on in the background", why: "In an address it wants quotes around it."},
	}},
	{node: isOddCall, codes: []code{
		{code: "SC2215", say: "The flag %s stands where a command begins", why: "The line before it seems to lack its end, or the flag its command."},
		{code: "SC2281", say: "%s assigns nothing: a variable that is assigned to has no $ before its name", why: "The shell looks for a command of that name."},
		{code: "SC2282", say: "The name of a variable begins with no digit: %s", why: "The shell looks for a command of that name."},
	}},
	{node: isSpacedEquals, codes: []code{
		{code: "SC2283", say: noAssignment, why: "The shell looks for a command by the name of the variable.", sure: aloneEquals},
		{code: "SC2284", say: "%s compares nothing outside brackets", why: "The shell looks for a command by the name of the first word."},
		{code: "SC2285", say: noAssignment, why: "The shell looks for a command by the name of the variable."},
		{code: "SC2290", say: noAssignment, why: "The words are taken for names of further variables."},
	}},
	{node: declaresDeclarer, codes: []code{
		{code: "SC2316", say: "%s is taken for the name of a variable here", why: "An end of the command before it seems to be missing."},
	}},

	// Assignments that nobody sees.
	{node: isPrefixUsed, codes: []code{
		{code: "SC2097", say: "The assignment is made for this one command, and its own words do not see it", why: "The variable has its old value in them, mostly none."},
	}},
	{run: setsName, codes: []code{
		{code: "SC2121", say: "Behind set, %s assigns nothing", why: "It becomes an argument of the shell. An assignment has no word before it."},
	}},
	{run: unset, codes: []code{
		{code: "SC2154", say: "Nothing sets %s", why: "It is replaced by nothing.", sure: surelyUnset},
	}},
	{node: isLocal, codes: []code{
		{code: "SC2168", say: "Outside of a function this is an error: %s", why: "local is for functions."},
	}},
	{run: runs("read"), codes: []code{
		{code: "SC2229", say: "%s is no name of a variable, but its value", why: "Nothing is read into the variable itself."},
	}},
	{node: declaresSeveral, codes: []code{
		{code: "SC2318", say: "What this command assigns, its own further words do not see", why: "The variable has its old value in them, mostly none."},
	}},

	// Conditions that decide nothing.
	{node: isOddTest, codes: []code{
		{code: "SC2050", say: constantTest, why: constantWhy},
		{code: "SC2057", say: brokenTest, why: brokenTestWhy},
		{code: "SC2058", say: brokenTest, why: brokenTestWhy},
		{code: "SC2070", say: "Without quotes %s always succeeds", why: "Where the variable is empty no word is left, and the flag itself is what is looked at."},
		{code: "SC2071", say: brokenTest, why: "Numbers are compared with -gt, -lt and the like; this compares text, or writes a file."},
		{code: "SC2072", say: "A shell compares whole numbers only", why: brokenTestWhy},
		{code: "SC2073", say: "This %s writes a file, or reads one", why: "In brackets it wants a backslash before it."},
		{code: "SC2074", say: brokenTest, why: brokenTestWhy},
		{code: "SC2077", say: "Without blanks around it %s compares nothing", why: "It is one word, which is not empty: the condition always holds."},
		{code: "SC2078", say: constantTest, why: constantWhy},
		{code: "SC2081", say: "Single brackets compare with no pattern", why: "It is replaced by names of files, or compared as it is."},
		{code: "SC2107", say: brokenTest, why: "Single brackets end before it."},
		{code: "SC2122", say: brokenTest, why: "Numbers are compared with -ge and -le."},
		{code: "SC2144", say: "%s asks for one file, and the pattern may mean several", why: "With two files there it is an error, which passes for no."},
		{code: "SC2157", say: constantTest, why: constantWhy},
		{code: "SC2158", say: aWord, why: constantWhy},
		{code: "SC2159", say: aWord, why: constantWhy},
		{code: "SC2161", say: constantTest, why: constantWhy},
		{code: "SC2170", say: "%s is for numbers", why: "With text it is an error, which passes for no."},
		{code: "SC2171", say: "This bracket closes none", why: "It is a word for the command before it."},
		{code: "SC2193", say: "The two sides can never be equal: %s", why: constantWhy},
		{code: "SC2212", say: "A condition without words never holds", why: constantWhy},
	}},
	{node: isOddCase, codes: []code{
		{code: "SC2194", say: "%s is always the same", why: constantWhy},
		{code: "SC2195", say: "This pattern never matches: %s", why: constantWhy},
	}},
	{run: oneDiffers, codes: []code{
		{code: "SC2252", say: "One of the two always differs, so the condition always holds", why: "With && in place of || it asks whether it is none of them."},
	}},

	// Files and pipes.
	{node: isOddFind, codes: []code{
		{code: "SC2067", say: "%s lacks its end", why: `What find runs ends with \; or +.`},
		{code: "SC2146", say: "This action is for the last part only: what stands before %s is left out", why: "Brackets make one of the parts: \\( -name a -o -name b \\)."},
		{code: "SC2227", say: "The redirection is for all of find, not for the action before it", why: "It belongs to the end of the command."},
	}},
	{run: holds("2>&1 >", "2>&1>", "2>&1 1>"), codes: []code{
		{code: "SC2069", say: "The errors do not go to the file: they go where the output went before", why: "Behind the file, 2>&1 sends both there."},
	}},
	{node: isOddRedirect, codes: []code{
		{code: "SC2189", say: "The redirection stands apart from its command", why: "It is one of its own, which does nothing but make the file."},
		{code: "SC2210", say: "This writes a file by the name of a number: %s", why: "Where another output is meant, an & stands before its number."},
		{code: "SC2238", say: "This writes a file by the name of a command: %s", why: "A pipe seems to be meant."},
		{code: "SC2259", say: overridden, why: "What comes through the pipe is lost."},
		{code: "SC2260", say: overridden, why: "Nothing goes through the pipe. tee writes a file and goes on."},
		{code: "SC2261", say: "Only one of these redirections counts", why: "The other file stays empty, or unread."},
	}},
	{node: isDeafPipe, codes: []code{
		{code: "SC2216", say: "%s reads nothing from a pipe", why: "What goes in is lost. xargs makes arguments of it."},
		{code: "SC2217", say: "%s reads nothing from a file or a heredoc", why: "What goes in is lost. Another command seems to be meant, such as cat."},
	}},
	{node: isBackground, codes: []code{
		{code: "SC2265", say: "A single & sends the condition into the background", why: "It always holds then. && is what joins two."},
	}},
	{run: holds("]|", "] |"), codes: []code{
		{code: "SC2266", say: "A single | makes a pipe of the conditions", why: "|| is what joins two."},
	}},

	// Programs that get too much or too little.
	{run: runs("printf"), codes: []code{
		{code: "SC2182", say: "The format has no place for the words behind it", why: "They are left out."},
		{code: "SC2183", say: "The format has another number of places than there are words behind it", why: "Some stay empty, or the format is gone through again."},
	}},
	{run: holds("()", "function "), codes: []code{
		{code: "SC2218", say: "The function is defined further down: %s", why: "It is not known yet."},
	}},
	{run: moves("mv"), codes: []code{
		{code: "SC2224", say: "%s has no destination", why: "It is an error."},
	}},
	{run: moves("cp"), codes: []code{
		{code: "SC2225", say: "%s has no destination", why: "It is an error."},
	}},
	{run: sudoesBuiltin, codes: []code{
		{code: "SC2232", say: "sudo runs programs, and this is part of the shell", why: "It is not found, or does nothing for what follows."},
	}},
	{run: holds("$?"), codes: []code{
		{code: "SC2320", say: "%s is that of the command right before it, an echo", why: "What was to be asked for is gone by then."},
	}},

	// What dash, the sh of Debian and Ubuntu, does not know.
	{run: bashism, codes: []code{
		{code: "SC3", say: "%s is bash's, and this is run by dash", why: "dash stops at it, or does something else. It is the sh of Debian and Ubuntu; a SHELL above can name another.", sure: func(run *dockerfile.Instruction, _ string) bool { return surelyDash(run) }},
	}},
}
