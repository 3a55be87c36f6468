package buildcontext

import (
	"math/bits"
	"regexp"
	"strings"
	"text/scanner"
	"unicode/utf8"

	"github.com/moby/patternmatcher"
)

// Bounds of one ignore file. It is unknown what an ignore file beyond them hides.
const (
	maxPatterns = 1000 // of those that people write few have a hundred
	maxPattern  = 512  // bytes of a pattern with wildcards
	maxOdd      = 128  // bytes of a pattern that only a regular expression can match
	maxDepth    = 64   // names in a pattern: one bit for each
)

// pattern is one line of an ignore file. It means what it means to moby/patternmatcher, which compares a path with all
// of a pattern each time. This one goes down the folders with the path: what no file of a folder can match any more is
// not looked at in it.
type pattern struct {
	exclusion bool
	names     []name // the pattern, cut at its slashes
	oneLine   bool   // its ** takes no name that has a newline in it: it is a dot of a regular expression

	// Patterns that are not made of names are compared with the whole path.
	prefix, suffix string
	whole          wholeKind
	odd            *regexp.Regexp
	size           int // of odd, in bytes of its text
}

// wholeKind is how a pattern is compared with the whole path.
type wholeKind uint8

const (
	byNames  wholeKind = iota
	byPrefix           // text with ** after it
	bySuffix           // ** with text after it
	byRegexp
)

// compilePatterns reads the patterns of an ignore file as BuildKit does.
func compilePatterns(lines []string) (patterns, error) {
	if len(lines) > maxPatterns {
		return nil, errLimit
	}
	read, err := patternmatcher.New(lines) // cleans them, and refuses what is malformed
	if err != nil {
		return nil, err
	}
	all := make(patterns, 0, len(lines))
	for _, p := range read.Patterns() {
		made, err := compilePattern(p.String())
		if err != nil {
			return nil, err
		}
		made.exclusion = p.Exclusion()
		all = append(all, made)
	}
	return all, nil
}

// compilePattern makes a pattern of its cleaned text.
func compilePattern(text string) (pattern, error) {
	names := strings.Split(text, "/")
	var p pattern
	wild := strings.ContainsAny(text, wildcardBytes)
	switch {
	case wild && len(text) > maxPattern, len(names) > maxDepth,
		wild && strings.HasPrefix(text, "\uFEFF"): // moby/patternmatcher loses count of its bytes
		return p, errLimit
	case !wild, p.affix(text):
	case plainStars(text) && wholeStars(names):
	case strings.ContainsAny(withoutClasses(text), `[]\^|{}`+"\uFEFF\uFFFD") || !utf8.ValidString(text) ||
		!wholeStars(names):
		return oddPattern(text)
	default:
		p.oneLine = true
	}
	for _, n := range names {
		p.names = append(p.names, nameOf(n))
	}
	return p, nil
}

// wildcardBytes have a meaning of their own in a pattern.
const wildcardBytes = `*?[]\`

// affix takes a pattern that is a text and then **, or the other way round, and reports whether it is one.
func (p *pattern) affix(text string) bool {
	before, after, stars := strings.Cut(text, "**")
	switch {
	case !stars || strings.ContainsAny(before+after, wildcardBytes):
		return false
	case after == "" && before != "" && !strings.HasSuffix(before, "/"):
		p.whole, p.prefix = byPrefix, before
	case before == "" && after != "" && after[0] != '/':
		p.whole, p.suffix = bySuffix, after
	}
	return p.whole != byNames
}

// class is a set of characters in brackets that means the same everywhere.
var class = regexp.MustCompile(`\[(?:[A-Za-z0-9_]|[A-Za-z0-9]-[A-Za-z0-9])+\]`)

// withoutClasses is the text without those sets whose ranges go upwards.
func withoutClasses(text string) string {
	return class.ReplaceAllStringFunc(text, func(set string) string {
		for i := 1; i < len(set)-1; i++ {
			if set[i] == '-' && set[i-1] > set[i+1] {
				return set
			}
		}
		return ""
	})
}

// in reports whether the set has the character.
func in(set string, c byte) bool {
	for i := 0; i < len(set); i++ {
		if i+2 < len(set) && set[i+1] == '-' {
			if set[i] <= c && c <= set[i+2] {
				return true
			}
			i += 2
		} else if set[i] == c {
			return true
		}
	}
	return false
}

// wholeStars reports whether each ** is a name of its own.
func wholeStars(names []string) bool {
	for _, n := range names {
		if n != "**" && strings.Contains(n, "**") {
			return false
		}
	}
	return true
}

// plainStars reports whether the only wildcard is a ** at one end: such a pattern is not compared by a regular
// expression.
func plainStars(text string) bool {
	rest, before := strings.CutPrefix(text, "**")
	if !before {
		rest = strings.TrimSuffix(rest, "**")
	}
	return !strings.ContainsAny(rest, wildcardBytes)
}

// repeated is what a regular expression reads as a number of repetitions; in an ignore file it is one by mistake only.
var repeated = regexp.MustCompile(`\{[0-9]`)

// oddPattern makes the regular expression that moby/patternmatcher makes of a pattern, braces and backslashes included.
func oddPattern(text string) (pattern, error) {
	if len(text) > maxOdd || repeated.MatchString(text) {
		return pattern{}, errLimit
	}
	re, err := regexp.Compile(expression(text))
	if err != nil {
		return pattern{}, err // BuildKit stops there
	}
	return pattern{whole: byRegexp, odd: re, size: len(text)}, nil
}

// expression is the regular expression of a pattern: moby/patternmatcher's Pattern.compile, of which it is a copy in
// all that matters.
func expression(text string) string {
	var scan scanner.Scanner
	scan.Init(strings.NewReader(text))
	scan.Error = func(*scanner.Scanner, string) {}
	var b strings.Builder
	b.WriteByte('^')
	for scan.Peek() != scanner.EOF {
		switch ch := scan.Next(); {
		case ch == '*' && scan.Peek() == '*':
			scan.Next()
			if scan.Peek() == '/' {
				scan.Next()
			}
			if scan.Peek() == scanner.EOF {
				b.WriteString(".*")
			} else {
				b.WriteString("(.*/)?")
			}
		case ch == '*':
			b.WriteString("[^/]*")
		case ch == '?':
			b.WriteString("[^/]")
		case strings.ContainsRune(".+()$", ch):
			b.WriteString(`\` + string(ch))
		case ch == '\\' && scan.Peek() != scanner.EOF:
			b.WriteString(`\` + string(scan.Next()))
		default:
			b.WriteRune(ch)
		}
	}
	return b.String() + "$"
}

// start is the state of a pattern at the root of the context: bit i says that the i-th name may come next. A pattern
// that has no bits set matches nothing further down.
func (p *pattern) start() uint64 {
	if p.whole != byNames {
		return 1
	}
	return p.skip(1)
}

// reach reports whether the pattern, in the state of a folder, may match a file in it, and the byte with which the name
// of the file then begins; 0 means any.
func (p *pattern) reach(state uint64) (bool, byte) {
	if p.whole != byNames {
		return true, 0
	}
	last := len(p.names) - 1
	return state&(1<<last) != 0, p.names[last].first()
}

// skip adds what may come next where a ** means no folder.
func (p *pattern) skip(state uint64) uint64 {
	for i, n := range p.names[:len(p.names)-1] {
		if n.any && state&(1<<i) != 0 {
			state |= 1 << (i + 1)
		}
	}
	return state
}

// step takes in the name of a folder. It returns the state of the pattern in the folder.
func (p *pattern) step(state uint64, name string) (next uint64, cost int) {
	if p.whole != byNames {
		return state, 0
	}
	for rest := state; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		switch n := &p.names[i]; {
		case n.any:
			cost++
			if !p.oneLine || !strings.Contains(name, "\n") {
				next |= 1 << i
			}
		case i < len(p.names)-1:
			match, c := n.match(name)
			cost += c
			if match {
				next |= 1 << (i + 1)
			}
		}
	}
	return p.skip(next), cost
}

// matches reports whether the pattern, which reaches the folder, matches the name in it; path is all of it up to there.
func (p *pattern) matches(name, path string) (match bool, cost int) {
	switch p.whole {
	case byPrefix:
		return strings.HasPrefix(path, p.prefix), 1
	case bySuffix:
		return strings.HasSuffix(path, p.suffix), 1
	case byRegexp:
		return p.odd.MatchString(path), 8 + len(path)*p.size/2
	}
	n := &p.names[len(p.names)-1]
	if n.any {
		return !p.oneLine || !strings.Contains(name, "\n"), 1 + len(name)/64
	}
	return n.match(name)
}

// name is what a pattern says of one name in a path.
type name struct {
	any   bool     // ** means any number of folders
	texts []string // the text between its stars
	ones  bool     // there are question marks and sets in the text, each for one character
}

func nameOf(text string) name {
	return name{any: text == "**", texts: strings.Split(text, "*"), ones: strings.ContainsAny(text, "?[")}
}

// first is the byte with which all names begin that match; 0 where there is no such byte.
func (n *name) first() byte {
	if n.texts[0] == "" || n.texts[0][0] == '?' || n.texts[0][0] == '[' || n.any {
		return 0
	}
	return n.texts[0][0]
}

// match reports whether the name of a file is what n says. The cost is in about ten nanoseconds.
func (n *name) match(file string) (match bool, cost int) {
	before, last := n.texts[0], len(n.texts)-1
	size, ok := n.begins(file, before)
	switch {
	case !ok:
		return false, 1
	case last == 0:
		return size == len(file), 1
	}
	file, cost = file[size:], 2
	for _, text := range n.texts[1:last] {
		at, size := n.index(file, text)
		cost += 2 + len(file)/16
		if n.ones {
			cost += len(file) * len(text) / 4
		}
		if at < 0 {
			return false, cost
		}
		file = file[at+size:]
	}
	if !n.ones {
		return strings.HasSuffix(file, n.texts[last]), cost
	}
	for len(file) > 0 {
		if size, ok := n.begins(file, n.texts[last]); ok && size == len(file) {
			return true, cost
		}
		cost += 1 + len(n.texts[last])/4
		_, size := utf8.DecodeRuneInString(file)
		file = file[size:]
	}
	return n.texts[last] == "", cost
}

// begins reports whether the file's name begins with the text, and how many bytes it takes.
func (n *name) begins(file, text string) (int, bool) {
	if !n.ones {
		return len(text), strings.HasPrefix(file, text)
	}
	at := 0
	for i := 0; i < len(text); i++ {
		switch {
		case at == len(file):
			return 0, false
		case text[i] == '[':
			set, _, _ := strings.Cut(text[i+1:], "]")
			if !in(set, file[at]) {
				return 0, false
			}
			at, i = at+1, i+1+len(set)
		case text[i] == '?':
			_, size := utf8.DecodeRuneInString(file[at:])
			at += size
		case text[i] != file[at]:
			return 0, false
		default:
			at++
		}
	}
	return at, true
}

// index finds the text in the file's name, and how many bytes it takes there; -1 where it is not in it.
func (n *name) index(file, text string) (at, size int) {
	if !n.ones {
		return strings.Index(file, text), len(text)
	}
	for at < len(file) || text == "" {
		if size, ok := n.begins(file[at:], text); ok {
			return at, size
		}
		_, size := utf8.DecodeRuneInString(file[at:])
		at += size
	}
	return -1, 0
}
