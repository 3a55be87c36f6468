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
	noQuote       = "%s is not a quote to the shell"
	noQuoteWhy    = "It is an ordinary character that becomes part of the word."
	noAssignment  = "With spaces around the %s, this is not an assignment"
	constantTest  = "This condition always has the same result: %s"
	constantWhy   = "It decides nothing."
	aWord         = "%s in brackets is a non-empty word, so the condition always holds"
	brokenTest    = "%s does not work in this condition"
	brokenTestWhy = "The condition fails, or tests something else."
	overridden    = "The redirection replaces the pipe"
)

// group is codes that ShellCheck cannot report in a RUN without a sign of them. The signs cost
// little where ShellCheck costs milliseconds; they may err on one side only, which TestShellSigns holds
// them to.
type group struct {
	run   func(run *dockerfile.Instruction) bool   // whether the RUN shows a sign; or
	node  func(code string, node syntax.Node) bool // whether a part of its code does
	codes []code
}

// groups are the codes, explained at https://www.shellcheck.net/wiki/CODE.
var groups = []group{
	// Characters that a word processor has replaced.
	{run: holds("“", "”", "‘", "’", "„", "‚", "–", "—", "‐", "\u00a0"), codes: []code{
		{code: "SC1015", say: noQuote, why: noQuoteWhy},
		{code: "SC1016", say: noQuote, why: noQuoteWhy},
		{code: "SC1018", say: "This is a no-break space, which does not separate words in a shell", why: noQuoteWhy},
		{code: "SC1100", say: "%s is not a minus sign", why: "A program does not read it as the start of a flag."},
		{code: "SC1110", say: noQuote, why: noQuoteWhy},
		{code: "SC1111", say: noQuote, why: noQuoteWhy},
	}},

	// Words that are not commands.
	{run: closeAmpersand, codes: []code{
		{code: "SC1132", say: "The command ends at this %s and runs in the background", why: "A URL that contains " +
			"it needs quotes."},
	}},
	{node: isOddCall, codes: []code{
		{code: "SC2215", say: "The flag %s is where a command should be", why: "A line before it probably ends " +
			"too early, or the command is missing."},
		{code: "SC2281", say: "%s assigns nothing: an assignment has no $ before the name", why: "The shell looks " +
			"for a command of that name."},
		{code: "SC2282", say: "A variable name cannot start with a digit: %s", why: "The shell looks for a " +
			"command of that name."},
	}},
	{node: isSpacedEquals, codes: []code{
		{code: "SC2283", say: noAssignment, why: "The shell looks for a command with the variable's name.",
			sure: aloneEquals},
		{code: "SC2284", say: "%s outside brackets compares nothing", why: "The shell looks for a command with " +
			"the name of the first word."},
		{code: "SC2285", say: noAssignment, why: "The shell looks for a command with the variable's name."},
		{code: "SC2290", say: noAssignment, why: "The shell takes the words for more variable names."},
	}},
	{node: declaresDeclarer, codes: []code{
		{code: "SC2316", say: "The shell takes %s for a variable name here", why: "The end of the command before " +
			"it is probably missing."},
	}},

	// Assignments without effect.
	{node: isPrefixUsed, codes: []code{
		{code: "SC2097", say: "This assignment does not apply to the words of its own command",
			why: "They use the variable's old value, usually none."},
	}},
	{run: setsName, codes: []code{
		{code: "SC2121", say: "After set, %s assigns nothing", why: "It becomes an argument of the shell. Leave " +
			"out set to assign it."},
	}},
	{run: unset, codes: []code{
		{code: "SC2154", say: "Nothing sets %s", why: "The shell replaces it with an empty string.", sure: surelyUnset},
	}},
	{node: isLocal, codes: []code{
		{code: "SC2168", say: "%s is an error outside a function", why: "The shell stops there."},
	}},
	{run: runs("read"), codes: []code{
		{code: "SC2229", say: "%s is the value of a variable, not its name", why: "Nothing is read into the " +
			"variable itself."},
	}},
	{node: declaresSeveral, codes: []code{
		{code: "SC2318", say: "These assignments do not apply to later words of the same command",
			why: "They use the variable's old value, usually none."},
	}},

	// Conditions that decide nothing.
	{node: isOddTest, codes: []code{
		{code: "SC2050", say: constantTest, why: constantWhy},
		{code: "SC2057", say: brokenTest, why: brokenTestWhy},
		{code: "SC2058", say: brokenTest, why: brokenTestWhy},
		{code: "SC2070", say: "Without quotes around %s, this test always succeeds", why: "If the variable is " +
			"empty, the word disappears, and the test checks the flag itself."},
		{code: "SC2071", say: brokenTest, why: "It compares text, or writes a file. Use -gt, -lt and the like for " +
			"numbers."},
		{code: "SC2072", say: "The shell compares only whole numbers", why: brokenTestWhy},
		{code: "SC2073", say: "This %s writes or reads a file", why: "To compare, put a backslash before it."},
		{code: "SC2074", say: brokenTest, why: brokenTestWhy},
		{code: "SC2077", say: "Without spaces around it, %s compares nothing", why: "It is one non-empty word, so " +
			"the condition always holds."},
		{code: "SC2078", say: constantTest, why: constantWhy},
		{code: "SC2081", say: "Single brackets do not compare with a pattern", why: "The shell replaces the " +
			"pattern with file names, or compares it literally."},
		{code: "SC2107", say: brokenTest, why: "Single brackets end before it."},
		{code: "SC2122", say: brokenTest, why: "Use -ge and -le for numbers."},
		{code: "SC2144", say: "%s tests one file, but the pattern can match several", why: "With two matches it " +
			"is an error, which counts as false."},
		{code: "SC2157", say: constantTest, why: constantWhy},
		{code: "SC2158", say: aWord, why: constantWhy},
		{code: "SC2159", say: aWord, why: constantWhy},
		{code: "SC2161", say: constantTest, why: constantWhy},
		{code: "SC2170", say: "%s compares numbers", why: "With text it is an error, which counts as false."},
		{code: "SC2171", say: "This bracket closes nothing", why: "It is an argument of the command before it."},
		{code: "SC2193", say: "The two sides can never be equal: %s", why: constantWhy},
		{code: "SC2212", say: "An empty condition never holds", why: constantWhy},
	}},
	{node: isOddCase, codes: []code{
		{code: "SC2194", say: "%s is always the same", why: constantWhy},
		{code: "SC2195", say: "This pattern never matches: %s", why: constantWhy},
	}},
	{run: oneDiffers, codes: []code{
		{code: "SC2252", say: "At least one of the two always differs, so the condition always holds",
			why: "Use && instead of || to test that it is neither."},
	}},

	// Files and pipes.
	{node: isOddFind, codes: []code{
		{code: "SC2067", say: "%s has no end", why: `The command after it ends with \; or +.`},
		{code: "SC2146", say: "%s applies only to the last part, not to the parts before it",
			why: "Group the parts: \\( -name a -o -name b \\)."},
		{code: "SC2227", say: "The redirection applies to all of find, not to the action before it",
			why: "Put it at the end of the command."},
	}},
	{run: holds("2>&1 >", "2>&1>", "2>&1 1>"), codes: []code{
		{code: "SC2069", say: "Errors do not go to the file, but where the output went before",
			why: "Put 2>&1 after the file to send both there."},
	}},
	{node: isOddRedirect, codes: []code{
		{code: "SC2189", say: "The redirection is separate from its command", why: "On its own it only creates " +
			"the file."},
		{code: "SC2210", say: "This writes to a file whose name is a number: %s", why: "Put & before the number " +
			"to redirect to that output."},
		{code: "SC2238", say: "This writes to a file with the name of a command: %s",
			why: "A pipe was probably meant."},
		{code: "SC2259", say: overridden, why: "The input from the pipe is lost."},
		{code: "SC2260", say: overridden, why: "Nothing goes through the pipe. Use tee to write a file and " +
			"pass it on."},
		{code: "SC2261", say: "Only one of these redirections has an effect", why: "The other file stays empty or " +
			"is not read."},
	}},
	{node: isDeafPipe, codes: []code{
		{code: "SC2216", say: "%s does not read from a pipe", why: "The input is lost. Use xargs to turn it into " +
			"arguments."},
		{code: "SC2217", say: "%s does not read from a file or a heredoc", why: "The input is lost. Another " +
			"command was probably meant, such as cat."},
	}},
	{node: isBackground, codes: []code{
		{code: "SC2265", say: "A single & runs the condition in the background", why: "It then always holds. Use " +
			"&& to join two conditions."},
	}},
	{run: holds("]|", "] |"), codes: []code{
		{code: "SC2266", say: "A single | makes a pipe of the conditions", why: "Use || to join them."},
	}},

	// Programs that get too much or too little.
	{run: runs("printf"), codes: []code{
		{code: "SC2182", say: "The format has no place for its arguments", why: "They are not printed."},
		{code: "SC2183", say: "The format does not match the number of its arguments", why: "Some places stay " +
			"empty, or the format is printed again."},
	}},
	{run: holds("()", "function "), codes: []code{
		{code: "SC2218", say: "%s is called before the function is defined", why: "The shell does not find it."},
	}},
	{run: moves("mv"), codes: []code{
		{code: "SC2224", say: "%s has no destination", why: "The command fails."},
	}},
	{run: moves("cp"), codes: []code{
		{code: "SC2225", say: "%s has no destination", why: "The command fails."},
	}},
	{run: sudoesBuiltin, codes: []code{
		{code: "SC2232", say: "sudo runs programs, and this is a shell builtin", why: "sudo does not find it, or " +
			"it has no effect on later commands."},
	}},
	{run: holds("$?"), codes: []code{
		{code: "SC2320", say: "%s is the exit status of the command right before it, an echo",
			why: "The status that was meant is already lost."},
	}},

	// Code that dash, the sh of Debian and Ubuntu, does not support.
	{run: bashism, codes: []code{
		{code: "SC3", say: "%s works in bash, but dash runs this", why: "dash, the sh of Debian and Ubuntu, stops " +
			"or does something else. Set another shell with SHELL.",
			sure: func(run *dockerfile.Instruction, _ string) bool { return surelyDash(run) }},
	}},
}
