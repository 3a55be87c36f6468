package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/spelling"
)

// Limits of Parse.
const (
	MaxSize     = 64 << 10 // bytes of a file
	MaxProblems = 50       // reported problems; the last one counts those that follow
	maxDepth    = 32       // nested collections
	maxValues   = 5000     // keys and list items, counted again for each alias
)

// Parse reads a .dfbot.yml. It returns everything that it could read, with defaults for the rest, and everything that
// is wrong with the file in the order of its lines: unknown keys, rules and options, values of the wrong type,
// duplicate keys, globs that cannot match. A file that is not YAML gives one problem and the defaults.
//
// Parse limits time and memory for any data: it follows aliases, but only up to a number of values, and refuses merge
// keys.
func Parse(data []byte, known []*analysis.Rule) (Repo, []Problem) {
	d := decoder{known: known, left: maxValues, sources: make(map[string]source)}
	if n := d.load(data); n != nil {
		d.root(n)
	}
	return d.repo, d.reported()
}

// decoder fills repo from YAML nodes and collects what is wrong with them.
type decoder struct {
	known    vocabulary
	repo     Repo
	problems []Problem
	left     int               // how many more values may be read
	sources  map[string]source // by rule: the key that set it
}

func (d *decoder) report(n *yaml.Node, nearest, format string, args ...string) {
	d.reportAt(n.Line, n.Column, nearest, format, args...)
}

func (d *decoder) reportAt(line, column int, nearest, format string, args ...string) {
	for i, a := range args {
		args[i] = shorten(a)
	}
	d.problems = append(d.problems, Problem{
		Line: max(line, 1), Column: max(column, 1), Format: format, Args: args, Nearest: nearest,
	})
}

// reported returns the problems in the order of the file, at most MaxProblems.
func (d *decoder) reported() []Problem {
	slices.SortStableFunc(d.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if len(d.problems) <= MaxProblems {
		return d.problems
	}
	first := d.problems[:MaxProblems]
	last := &first[MaxProblems-1]
	more := len(d.problems) - MaxProblems + 1
	*last = Problem{Line: last.Line, Column: last.Column, Format: fmt.Sprintf("%d more problems from here", more)}
	return first
}

// load returns the root of the first document, or nil if there is none.
func (d *decoder) load(data []byte) *yaml.Node {
	if len(data) > MaxSize {
		d.reportAt(1, 1, "", fmt.Sprintf("the file is larger than %d KiB and is not read", MaxSize>>10))
		return nil
	}
	if !d.isText(string(data)) {
		return nil
	}
	limits := loaderlimits.New(loaderlimits.DepthValue(maxDepth))
	loader, err := yaml.NewLoader(strings.NewReader(string(data)), yaml.WithPlugin(limits))
	if err != nil {
		d.syntax(err)
		return nil
	}
	var first, second yaml.Node
	switch err := loader.Load(&first); {
	case errors.Is(err, io.EOF) || err == nil && len(first.Content) == 0:
		return nil
	case err != nil:
		d.syntax(err)
		return nil
	}
	switch err := loader.Load(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		d.syntax(err)
		return nil
	default:
		d.report(&second, "", "a second document begins here; dfbot only reads the first")
	}
	return first.Content[0]
}

// isText refuses what the YAML parser would refuse without its place.
func (d *decoder) isText(s string) bool {
	line, column := 1, 0
	for i, r := range s {
		column++
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			d.reportAt(line, column, "", "the file is not UTF-8 text")
			return false
		case r == '\n':
			line, column = line+1, 0
		case r < ' ' && r != '\t' && r != '\r' || r == 0x7f:
			d.reportAt(line, column, "",
				"the file contains a control character; write it as an escape in double quotes")
			return false
		}
	}
	return true
}

// syntax reports why the file is not YAML. The parser's message may repeat parts of the file.
func (d *decoder) syntax(err error) {
	var at yaml.Mark
	message := err.Error()
	if le := new(yaml.LoadError); errors.As(err, &le) {
		at, message = le.Mark, le.Message
	}
	d.reportAt(at.Line, at.Column, "", "not valid YAML: %s", message)
}

// spend counts one value, and reports whether it may still be read.
func (d *decoder) spend(n *yaml.Node) bool {
	d.left--
	if d.left == 0 {
		d.report(n, "", fmt.Sprintf("the file has more than %d values; the rest is not read", maxValues))
	}
	return d.left > 0
}

// follow returns the node that an alias refers to.
func follow(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// isString reports whether a scalar is text. YAML reads some text as a timestamp, which is never meant here.
func isString(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (n.ShortTag() == "!!str" || n.ShortTag() == "!!timestamp")
}

// wrong reports a value that is not what the key at this path takes.
func (d *decoder) wrong(n *yaml.Node, at, want string) {
	format, args := "%s must be "+want+", not ", []string{at}
	if at == top {
		format, args = "the file must be "+want+", not ", nil
	}
	switch {
	case n.Kind == yaml.MappingNode:
		format += "a mapping"
	case n.Kind == yaml.SequenceNode:
		format += "a list"
	case isNull(n):
		format += "empty"
	default:
		format, args = format+"%s", append(args, n.Value)
	}
	d.report(n, "", format, args...)
}

// each calls f for the keys of a mapping and their values. It follows aliases. An empty value is an empty mapping.
func (d *decoder) each(n *yaml.Node, at string, f func(key, value *yaml.Node)) {
	if isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		d.wrong(n, at, "a mapping")
		return
	}
	lines := make(map[string]int)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := follow(n.Content[i]), follow(n.Content[i+1])
		if !d.spend(key) {
			return
		}
		first, twice := lines[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode:
			d.report(key, "", "a key must be text")
		case key.ShortTag() == "!!merge":
			d.report(key, "", "dfbot does not read %s; repeat the keys instead", key.Value)
		case twice:
			d.report(key, "", fmt.Sprintf("duplicate key %%s; dfbot reads the one in line %d", first), key.Value)
		default:
			lines[key.Value] = key.Line
			f(key, value)
		}
	}
}

// fields are the keys of a mapping, each with the function that reads its value.
type fields map[string]func(value *yaml.Node)

// object reads a mapping that has these keys and no others.
func (d *decoder) object(n *yaml.Node, at string, known fields) {
	d.each(n, at, func(key, value *yaml.Node) {
		if read, ok := known[key.Value]; ok {
			read(value)
			return
		}
		better := spelling.Suggest(key.Value, known.names())
		if at == top {
			d.report(key, better, "unknown key %s", key.Value)
		} else {
			d.report(key, better, "unknown key %s in %s", key.Value, at)
		}
	})
}

func (f fields) names() []string {
	var names []string
	for name := range f {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// list calls f for the items of a list. It follows aliases. An empty value is an empty list. It reports whether there
// were any items.
func (d *decoder) list(n *yaml.Node, at string, f func(item *yaml.Node)) bool {
	if isNull(n) {
		return false
	}
	if n.Kind != yaml.SequenceNode {
		d.wrong(n, at, "a list")
		return true
	}
	if len(n.Content) > maxItems {
		d.report(n, "", fmt.Sprintf("%%s has more than %d items; the rest is not read", maxItems), at)
	}
	for _, item := range n.Content[:min(len(n.Content), maxItems)] {
		if !d.spend(item) {
			break
		}
		f(follow(item))
	}
	return len(n.Content) > 0
}

// maxItems limits each list, and so the number of globs that a path is compared with.
const maxItems = 200
