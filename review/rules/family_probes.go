package rules

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/shell"
)

// fetcher is a program of the image that can ask for a page; "" where none is known.
func (a absent) fetcher() string {
	ref := a.ref()
	if ref.Family().BusyBoxTools() {
		return "wget"
	}
	for _, name := range []string{"curl", "node", "python"} {
		if has, known := ref.Command(name); has && known {
			return name
		}
	}
	return ""
}

// remedy is the fix for programs that are not there: another that the image has, or the packages that bring them; nil
// where one of them has none.
func (m *missingCommands) remedy(a absent) *analysis.Fix {
	if a.in.Name == "HEALTHCHECK" && a.names[0] == "curl" {
		if fix := a.otherFetcher(); fix != nil {
			return fix
		}
	}
	packages := a.packages()
	if packages == nil || a.in.Stage != a.in.Stage.Root() {
		return nil
	}
	if fix := a.addPackages(packages); fix != nil {
		return fix
	}
	return a.installPackages(packages)
}

// packages bring the programs, and what they only recommend and need all the same; nil where one of them is not known.
func (a absent) packages() (all []string) {
	family := a.ref().Family()
	if !slices.Contains([]baseimage.Family{baseimage.Debian, baseimage.Ubuntu, baseimage.Alpine}, family) {
		return nil
	}
	secure := false
	for _, name := range a.names {
		pkg := family.Package(name)
		if pkg == "" {
			return nil
		}
		if !slices.Contains(all, pkg) {
			all = append(all, pkg)
		}
		secure = secure || httpsPrograms[name] || downloaders[name]
	}
	if secure && family.Apt() && !bringsCertificates(a.in.Stage) && !slices.Contains(all, certificates) {
		all = append([]string{certificates}, all...)
	}
	return all
}

// page is what curl is to ask for, as a shell word without quotes.
var page = regexp.MustCompile(`^(?:http://)?[A-Za-z0-9.\-]+(?::(?:\d+|\$\w+|\$\{\w+\}))?(?:/[A-Za-z0-9._~/?=&%\-]*)?$`)

// quietFlags are those of curl that another program needs no word for.
var quietFlags = regexp.MustCompile(`^-[fsSL]+$|^--(?:fail|silent|show-error|location)$`)

// otherFetcher writes the call of curl with a program of the image; nil for a call that says more than to fail where
// the page does.
func (a absent) otherFetcher() *analysis.Fix {
	words := a.words()
	url, fails := "", false
	for i := 1; i < len(words); i++ {
		w := words[i]
		switch {
		case quietFlags.MatchString(w):
			fails = fails || strings.Contains(strings.TrimPrefix(w, "--"), "f")
		case (w == "-o" || w == "--output") && i+1 < len(words) && words[i+1] == "/dev/null":
			i++
		case url == "" && page.MatchString(w):
			url = w
		default:
			return nil
		}
	}
	if url == "" || !fails || a.fetcher() == "" || a.cmd == nil && strings.Contains(url, "$") {
		return nil
	}
	url = strings.Replace("http://"+strings.TrimPrefix(url, "http://"), "//localhost", "//127.0.0.1", 1)
	fix := &analysis.Fix{Title: "Ask with " + a.fetcher(), Applicability: analysis.Unsafe,
		Edits: []analysis.Edit{{Span: a.wordsSpan(), New: a.fetch(url)}}}
	fix.Assume("the server listens on IPv4")
	return fix
}

// words are those of the command, quotes taken off.
func (a absent) words() (all []string) {
	if a.cmd == nil {
		for _, w := range a.in.Words[1:] {
			all = append(all, w.Text)
		}
		return all
	}
	for _, w := range a.cmd.Words {
		all = append(all, strings.Trim(a.in.File().Text(w.Span), `"'`))
	}
	return all
}

// wordsSpan is where the words of the command are.
func (a absent) wordsSpan() dockerfile.Span {
	if a.cmd == nil {
		return dockerfile.Span{Start: a.in.Words[1].Span.Start, End: lastWord(a.in).Span.End}
	}
	return dockerfile.Span{Start: a.cmd.Words[0].Span.Start, End: a.cmd.Words[len(a.cmd.Words)-1].Span.End}
}

// fetch is the command that asks for the page and fails where that does, in the form of the instruction; "" where the
// image has none.
func (a absent) fetch(url string) string {
	words := []string{"wget", "-qO", "/dev/null", url}
	switch a.fetcher() {
	case "node":
		words = []string{"node", "-e",
			"fetch('" + url + "').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"}
	case "python":
		words = []string{"python", "-c", "import urllib.request; urllib.request.urlopen('" + url + "')"}
	}
	if a.cmd == nil {
		for i, w := range words {
			words[i] = jsonString(w)
		}
		return strings.Join(words, ", ")
	}
	if words[0] != "wget" {
		words[2] = `"` + words[2] + `"`
	} else if strings.ContainsAny(url, "?&") {
		words[3] = `"` + words[3] + `"`
	}
	return strings.Join(words, " ")
}

// addPackages adds the packages to the last install of system packages before the command; nil where there is none.
func (a absent) addPackages(packages []string) *analysis.Fix {
	pm := ecosystem.Apt
	if a.ref().Family() == baseimage.Alpine {
		pm = ecosystem.Apk
	}
	before := stepsFor(a.in)
	if a.in.Name == "RUN" {
		before = append(before, a.in)
	}
	for _, in := range slices.Backward(before) {
		if in.Name != "RUN" || in.Stage != a.in.Stage || len(in.Heredocs) > 0 {
			continue
		}
		for _, call := range slices.Backward(packageCalls(in, pm)) {
			late := in == a.in && call.cmd.Span.Start > a.span.Start
			if !late && slices.Contains([]string{"install", "add"}, call.Sub.Text) && len(call.Operands) > 0 &&
				!call.Has("-t", "--virtual", "--target-release") && call.Operands[0].Known {
				return packagesAdded(call, packages)
			}
		}
	}
	return nil
}

// packagesAdded puts the packages before the first of the call.
func packagesAdded(call *packageCall, packages []string) *analysis.Fix {
	names := slices.DeleteFunc(slices.Clone(packages), func(name string) bool {
		return slices.ContainsFunc(call.Operands, func(w shell.Word) bool { return w.Text == name })
	})
	fix := &analysis.Fix{Applicability: analysis.Unsafe,
		Edits: []analysis.Edit{analysis.Insert(call.Operands[0].Span.Start, strings.Join(names, " ")+" ")}}
	return fixInstalling(fix, names)
}

// fixInstalling says of a fix which packages it installs.
func fixInstalling(fix *analysis.Fix, packages []string) *analysis.Fix {
	all := strings.Join(packages, " ")
	fix.Title = "Install " + all
	fix.Assume("the image may hold %s", all)
	return fix
}

// installPackages adds a RUN that installs the packages; nil where the step does not run as root.
func (a absent) installPackages(packages []string) *analysis.Fix {
	line := "RUN apt-get update && apt-get install -y --no-install-recommends " + strings.Join(packages, " ") +
		" && rm -rf /var/lib/apt/lists/*"
	if a.ref().Family() == baseimage.Alpine {
		line = "RUN apk add --no-cache " + strings.Join(packages, " ")
	}
	if user, known := a.ref().User(); !known || user != "root" {
		return nil
	}
	fix := edit.InsertBelow(a.in.Stage.From, line)
	if a.in.Name == "RUN" || a.in.Name == "SHELL" {
		if lastBefore(a.in, "USER") != nil || lastBefore(a.in, "SHELL") != nil {
			return nil
		}
		fix = edit.InsertAbove(a.in, line)
	}
	fix.Applicability = analysis.Unsafe
	fix.Adds = []analysis.Addition{{Stage: a.in.Stage.Index, Text: line}}
	return fixInstalling(fix, packages)
}
