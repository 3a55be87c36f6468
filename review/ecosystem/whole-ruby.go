package ecosystem

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// A Gemfile is a program (https://bundler.io/man/gemfile.5.html). It is read as lines, each of which has to have a form
// of which it is known what it does. Words of Ruby:
const (
	rubyString = `(?:"(?:[^"\\#]|#[^{$@"\\])*"|'[^'\\]*')`
	rubyAtom   = `(?:` + rubyString + `|:\w+[?!]?|:` + rubyString + `|true|false|nil|[\d_.]+|` +
		`%[wi](?:\[[^\]#]*\]|\([^)#]*\)|\{[^}#]*\})|[a-z]\w*)`
	rubyValue = `(?:` + rubyAtom + `|\[\s*(?:` + rubyAtom + `\s*,\s*)*(?:` + rubyAtom + `)?\s*\])`
	rubyENV   = `ENV(?:\[` + rubyString + `\]|\.(?:fetch|key\?|has_key\?)\(\s*` + rubyString + `(?:\s*,\s*` +
		rubyAtom + `)?\s*\))`
	// a condition on what is known before any file is read
	rubyTest = `!?\s*(?:RUBY_(?:VERSION|ENGINE|PLATFORM)|` + rubyENV + `)(?:\.(?:nil|empty)\?|\.to_[sif])?` +
		`(?:\s*(?:[<>=!]=|[<>]|=~)\s*(?:` + rubyAtom + `|/[^/#]*/))?`
	rubyWhen = `(?:\s+(?:if|unless)\s+` + rubyTest + `)?`
	rubyHere = `(?:__dir__|File\.dirname\(__FILE__\))`
	rubyName = `["']([\w.][\w./-]*)["']`
)

var (
	// gemPair is a named argument of a gem, and gemWord one without a name.
	gemPair = regexp.MustCompile(`^(?:(\w+):\s+|:(\w+)\s*=>\s*|["'](\w+)["']\s*=>\s*)(` + rubyValue + `)\s*(?:,\s*|$)`)
	gemWord = regexp.MustCompile(`^(` + rubyValue + `)\s*(?:,\s*|$)`)
	gemCall = regexp.MustCompile(`^gem(?:\s+|\s*\()(` + rubyString + `)\s*(?:,\s*|\)?$)(.*)$`)
	gemWhen = regexp.MustCompile(`\s+(?:if|unless)\s+` + rubyTest + `$`)

	// gemfileLine are the other lines that read nothing: sources on the network, groups and conditions around gems, and
	// names for texts.
	gemfileLine = regexp.MustCompile(`^(?:` +
		`source[\s(]+["']https?://[^"'#]+["']\)?(?:\s+do)?|` +
		`ruby[\s(]+` + rubyValue + `(?:\s*,\s*` + rubyValue + `)*\)?` + rubyWhen + `|` +
		`(?:group|groups|platforms?)[\s(]+` + rubyValue + `(?:\s*,\s*(?:optional:\s+)?` + rubyValue + `)*\)?\s+do|` +
		`git[\s(]+["'](?:https?://|git@)[^"'#]+["'](?:\s*,\s*\w+:\s+` + rubyString + `)*\)?\s+do|` +
		`(?:els)?if\s+` + rubyTest + `|unless\s+` + rubyTest + `|else|end|` +
		`[a-z]\w*\s*=\s*(?:` + rubyENV + `(?:\s*\|\|\s*` + rubyString + `)?|` + rubyString + `)|` +
		`git_source\(:\w+\)\s*\{\s*\|(\w+)\|\s*"https://[\w./-]+#\{\w+\}(?:\.git)?"\s*\}|` +
		`git_source\(:\w+\)\s*do\s*\|\w+\||` +
		`\w+\s*=\s*"#\{\w+\}/#\{\w+\}"\s+unless\s+\w+\.include\?\(["']/["']\)|` +
		`"https://[\w./-]+#\{\w+\}(?:\.git)?"` +
		`)$`)
	// rubyRead takes the text of a file whose name is there, relative to the Gemfile, and perhaps a part of it.
	rubyRead = regexp.MustCompile(`(?:\b(?:File|IO)\.(?:bin)?read(?:\s+|\s*\(\s*)(?:` + rubyName + `|` +
		`"#\{\s*` + rubyHere + `\s*\}/([\w./-]+)"|` +
		`File\.join\(\s*` + rubyHere + `\s*,\s*` + rubyName + `\s*\)|` +
		`File\.expand_path\(\s*` + rubyName + `\s*,\s*` + rubyHere + `\s*\))\s*\)?` +
		`|^ruby[\s(]+file:\s*` + rubyName + `)` +
		`(?:\.(?:l|r)?(?:strip|chomp|chop|to_s|first|last|lines|split|sub|gsub|tr|delete|delete_prefix|delete_suffix)\b` +
		`(?:\([^()#%\x60]*\))?|\[/[^/#]*/(?:\s*,\s*\d+)?\])*`)
	rubyComment = regexp.MustCompile(`^((?:[^"'#]|` + rubyString + `|"(?:[^"\\]|\\.)*")*?)\s*#(?:[^{].*)?$`)
)

// gemKeys are the named arguments of a gem that name no file; those of gemPlaces have to be on the network.
var gemKeys = strings.Fields(`require group groups platform platforms branch tag ref submodules github gitlab bitbucket
	gist force_ruby_platform`)

var gemPlaces = map[string]*regexp.Regexp{
	"git":    regexp.MustCompile(`^["'](?:https?://|ssh://|git://|git@)`),
	"source": regexp.MustCompile(`^["']https?://`),
}

// gemfileWhole reads a Gemfile.
func gemfileWhole(r Reader, data []byte, c Call) []Doubt {
	if r.Exists("gems.rb") {
		return []Doubt{{"%s is read, and not %s", []any{c.File, "gems.rb"}}}
	}
	for _, line := range rubyLines(data) {
		if !gemfileKnows(r, line) {
			return []Doubt{{"%s in %s does not make the install read further files", []any{line, c.File}}}
		}
	}
	return nil
}

// rubyLines are the lines of the program without comments; one that ends with a comma goes on in the next.
func rubyLines(data []byte) (all []string) {
	open := ""
	for _, line := range lines(data) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		if m := rubyComment.FindStringSubmatch(line); m != nil {
			line = m[1]
		}
		if open != "" && line != "" {
			line = open + " " + line
		}
		open = ""
		switch {
		case line == "":
		case strings.HasSuffix(line, ",") && len(line) < maxStatement:
			open = line
		default:
			all = append(all, line)
		}
	}
	if open != "" {
		all = append(all, open)
	}
	return all
}

// maxStatement is the most bytes that are joined to one statement.
const maxStatement = 2000

// rubyReads are the files that a line takes a text from, and the line with a text in place of each.
func rubyReads(line string) (text string, files []string) {
	text = rubyRead.ReplaceAllStringFunc(line, func(read string) string {
		for _, name := range rubyRead.FindStringSubmatch(read)[1:] {
			if name != "" {
				files = append(files, path.Clean(name))
			}
		}
		if strings.HasPrefix(read, "ruby") {
			return `ruby ""`
		}
		return `""`
	})
	return strings.ReplaceAll(text, `#{""}`, ""), files
}

func gemfileKnows(r Reader, line string) bool {
	line, files := rubyReads(line)
	if slices.ContainsFunc(files, func(file string) bool { return !r.Exists(file) }) {
		return false
	}
	m := gemCall.FindStringSubmatch(line)
	if m == nil {
		return gemfileLine.MatchString(line)
	}
	rest := gemWhen.ReplaceAllString(m[2], "")
	for rest = strings.TrimSuffix(strings.TrimSpace(rest), ")"); rest != ""; {
		word := gemPair.FindStringSubmatch(rest)
		if word == nil {
			if word = gemWord.FindStringSubmatch(rest); word == nil {
				return false
			}
		} else if !gemPairKnown(word[1]+word[2]+word[3], word[4]) {
			return false
		}
		rest = rest[len(word[0]):]
	}
	return true
}

func gemPairKnown(key, value string) bool {
	if place := gemPlaces[key]; place != nil {
		return place.MatchString(value)
	}
	return slices.Contains(gemKeys, key)
}

// gemfileLockWhole: each section of the lock is about packages from one place, which is on the network.
func gemfileLockWhole(_ Reader, data []byte, c Call) (all []Doubt) {
	for _, line := range lines(data) {
		remote, is := strings.CutPrefix(line, "remote: ")
		if line == "PATH" || line == "PLUGIN SOURCE" || is && !gemRemote.MatchString(remote) {
			all = append(all, Doubt{"%s in %s names no directory or file of the repository", []any{line, c.File}})
		}
	}
	return all
}

var gemRemote = regexp.MustCompile(`^(?:https?://|ssh://|git://|git@)`)
