package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

// newAccount is what a command makes: a user or a group, with the words as the Dockerfile has them.
type newAccount struct {
	group                                   bool
	name, id, home, shell, comment, primary string
	system, withHome                        bool
}

// accountFlags are the flags of the programs that make users and groups, each with the field that it sets; "-" marks
// those that the others do not need (https://git.busybox.net/busybox/tree/loginutils,
// https://manpages.debian.org/trixie/passwd/useradd.8.en.html, https://manpages.debian.org/trixie/adduser).
var accountFlags = map[string]map[string]string{
	"busybox": {"-h": "home", "-g": "comment", "-s": "shell", "-G": "primary", "-S": "system", "-D": "-",
		"-H": "homeless", "-u": "id"},
	"busybox group": {"-g": "id", "-S": "system"},
	"shadow": {"-d": "home", "--home-dir": "home", "--home": "home", "-c": "comment", "--comment": "comment",
		"-s": "shell", "--shell": "shell", "-g": "primary", "--gid": "primary", "-r": "system", "--system": "system",
		"-m": "housed", "--create-home": "housed", "-M": "homeless", "--no-create-home": "homeless", "-u": "id",
		"--uid": "id", "-l": "-", "--no-log-init": "-", "-U": "-", "--user-group": "-"},
	"shadow group": {"-g": "id", "--gid": "id", "-r": "system", "--system": "system"},
	"debian": {"--home": "home", "--gecos": "comment", "--comment": "comment", "--shell": "shell", "--gid": "primary",
		"--ingroup": "primary", "--system": "system", "--group": "-", "--no-create-home": "homeless", "--uid": "id",
		"--disabled-password": "-", "--disabled-login": "-", "--quiet": "-", "-q": "-"},
	"debian group": {"--gid": "id", "--system": "system", "--quiet": "-", "-q": "-"},
}

// valuedFields take a value.
var valuedFields = setOf("home comment shell primary id")

// accountMakers are the programs that make users and groups, and whose flags they have.
var accountMakers = map[string]string{
	"useradd": "shadow", "groupadd": "shadow group", "adduser": "busybox", "addgroup": "busybox group",
}

// accountTool says whose flags the command has; "" for a command that makes no user or group.
func accountTool(c *dockerfile.Command) string {
	tool := accountMakers[c.Name]
	for _, w := range c.Args() {
		if strings.HasPrefix(w.Text, "--") {
			tool = strings.Replace(tool, "busybox", "debian", 1)
		}
	}
	return tool
}

// readAccount reads what the command makes; false where a flag is not known, or more is made than that.
func readAccount(in *dockerfile.Instruction, c *dockerfile.Command) (a newAccount, ok bool) {
	tool := accountTool(c)
	a = newAccount{group: strings.HasSuffix(tool, "group"), withHome: tool != "shadow"}
	var args []string
	for _, w := range c.Args() {
		args = append(args, in.File().Text(w.Span))
	}
	for len(args) > 0 {
		n := a.read(accountFlags[tool], args)
		if n == 0 {
			return a, false
		}
		args = args[n:]
	}
	return a, a.name != "" && strings.Trim(a.primary, "0123456789") == a.primary
}

// read takes in the first of the words, and perhaps the next as its value; it returns how many, 0 for one that is not
// known.
func (a *newAccount) read(flags map[string]string, args []string) int {
	word, next := args[0], ""
	if len(args) > 1 {
		next = args[1]
	}
	ok, took := false, false
	switch {
	case strings.HasPrefix(word, "--"):
		name, value, inline := strings.Cut(word, "=")
		if took = valuedFields[flags[name]] && !inline; took {
			value = next
		}
		ok = a.set(flags[name], value)
	case strings.HasPrefix(word, "-"):
		took, ok = a.bundle(flags, word, next)
	default:
		ok = a.name == ""
		a.name = word
	}
	switch {
	case !ok:
		return 0
	case took:
		return 2
	}
	return 1
}

// bundle takes in a word of short flags; took says that the last one has the next word as its value.
func (a *newAccount) bundle(flags map[string]string, word, next string) (took, ok bool) {
	for i := 1; i < len(word); i++ {
		field := flags["-"+word[i:i+1]]
		if !valuedFields[field] {
			if !a.set(field, "") {
				return false, false
			}
			continue
		}
		if rest := word[i+1:]; rest != "" {
			return false, a.set(field, rest)
		}
		return true, a.set(field, next)
	}
	return false, true
}

func (a *newAccount) set(field, value string) bool {
	switch field {
	case "home":
		a.home = value
	case "comment":
		a.comment = value
	case "shell":
		a.shell = value
	case "primary":
		a.primary = value
	case "id":
		a.id = value
	case "system":
		a.system = true
	case "housed", "homeless":
		a.withHome = field == "housed"
	default:
		return field == "-"
	}
	return !valuedFields[field] || value != ""
}

// flag is a flag with its value, with a blank before it; "" where there is no value.
func flag(name, value string) string {
	if value == "" {
		return ""
	}
	return " " + name + " " + value
}

func when(yes bool, text string) string {
	if yes {
		return text
	}
	return ""
}

// shadow is the command that makes the account in Debian.
func (a newAccount) shadow() string {
	if a.group {
		return "groupadd" + when(a.system, " --system") + flag("--gid", a.id) + " " + a.name
	}
	group := flag("--gid", a.primary)
	if group == "" {
		group = " --user-group"
	}
	return "useradd" + when(a.system, " --system") + flag("--uid", a.id) + group + flag("--home-dir", a.home) +
		when(a.withHome, " --create-home") + when(!a.withHome, " --no-create-home") + flag("--shell", a.shell) +
		flag("--comment", a.comment) + " " + a.name
}

// busyBox is the command that makes the account in Alpine.
func (a newAccount) busyBox() string {
	if a.group {
		return "addgroup" + when(a.system, " -S") + flag("-g", a.id) + " " + a.name
	}
	before, primary := "", a.primary
	if primary == "" && a.system { // which BusyBox puts into nogroup
		before, primary = "addgroup -S "+a.name+" && ", a.name
	}
	return before + "adduser" + when(a.system, " -S") + " -D" + when(!a.withHome, " -H") + flag("-u", a.id) +
		flag("-G", primary) + flag("-h", a.home) + flag("-s", a.shell) + flag("-g", a.comment) + " " + a.name
}

// otherAccounts rewrites the commands of the RUN that make users and groups for the system of the image; nil where one
// of them has a flag that cannot be put in other words.
func otherAccounts(in *dockerfile.Instruction, family baseimage.Family) *analysis.Fix {
	fix := &analysis.Fix{Title: "Use the commands of " + systemName(family), Applicability: analysis.Unsafe}
	for _, c := range shell.Commands(in) {
		if tool := accountTool(c); tool == "" || strings.HasPrefix(tool, "shadow") != family.BusyBoxTools() {
			continue
		}
		a, ok := readAccount(in, c)
		if !ok || len(c.Wrapper) > 0 {
			return nil
		}
		text := a.shadow()
		if family.BusyBoxTools() {
			text = a.busyBox()
		}
		fix.Edits = append(fix.Edits, analysis.Edit{Span: c.Span, New: text})
	}
	fix.Assume("the user and the group may have other numbers than before")
	return fix
}

func systemName(f baseimage.Family) string {
	switch f {
	case baseimage.Debian:
		return "Debian"
	case baseimage.Ubuntu:
		return "Ubuntu"
	case baseimage.Alpine, baseimage.BusyBox:
		return "BusyBox"
	}
	return "Red Hat"
}

// foreignFlags reports whether the call has flags that only BusyBox's program has: -S and -D. Debian's stops at both,
// since they are short for several of its own (https://manpages.debian.org/trixie/adduser/adduser.8.en.html).
func foreignFlags(c *dockerfile.Command) bool {
	only := func(w dockerfile.ShellWord) bool {
		return w.Literal && strings.HasPrefix(w.Text, "-") && strings.Trim(w.Text, "-SDH") == "" &&
			strings.ContainsAny(w.Text, "SD")
	}
	return !strings.Contains(accountTool(c), "shadow") && slices.ContainsFunc(c.Args(), only)
}

// account takes in a command that makes users and that the image does not have, or not with these flags.
func (m *missingCommands) account(at absent, all *absent) bool {
	if accountTool(at.cmd) == "" {
		return false
	}
	family := at.ref().Family()
	at.foreign = all.foreign || (family.Apt() || family == baseimage.RedHat) && foreignFlags(at.cmd)
	if !at.foreign && !m.lacks(at.in, at.cmd.Name, at.cmd.Span.Start) {
		return false
	}
	if !slices.Contains(all.names, at.cmd.Name) {
		all.add(at, at.cmd.Name)
	}
	all.foreign = at.foreign
	return true
}

// reportAccounts reports the commands of an instruction that make users.
func (m *missingCommands) reportAccounts(a absent) {
	family := a.ref().Family()
	if a.foreign || family != baseimage.RedHat {
		a.fix = otherAccounts(a.in, family)
	}
	if a.fix != nil || a.foreign {
		a.why = analysis.Say(a.effect()+"; the image has %s and %s.", "useradd", "groupadd")
		if family.BusyBoxTools() {
			a.why = analysis.Say(a.effect()+"; the image has %s and %s.", "adduser", "addgroup")
		}
	}
	m.report(a)
}
