package ecosystem

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"
	"go.yaml.in/yaml/v4"
)

// Doubt is what is not known of an install: something in a file that it reads, or in how it is called, because of which
// it may read more of the repository. Says completes "This assumes that ..."; %s in it means one of Words each.
type Doubt struct {
	Says  string
	Words []any
}

// Doubts reads the manifest of that name in full, and returns what in it is not known to make the install read nothing
// but what [Manifest.Needs] asks for. Where there is none, all of the file was read and understood. A file that no row
// knows how to read is a doubt itself.
func (m *Manager) Doubts(r Reader, name string, c Call) []Doubt {
	data, ok := r.Read(name)
	row := m.Manifest(name)
	switch {
	case row != nil && row.Inert && c.Program != name:
		return nil
	case !ok, row == nil && !namesRequirements(m):
		return unread(name)
	case row == nil:
		return requirementsWhole(r, data, Call{File: name})
	case row.Whole == nil:
		return unread(name)
	}
	c.File = name
	return row.Whole(r, data, c)
}

// FolderDoubts is as Doubts for a folder beside the manifests.
func (m *Manager) FolderDoubts(r Reader, name string, c Call) []Doubt {
	if is := m.Folders[name]; is != nil {
		return is(r, nil, c)
	}
	return []Doubt{{"the files in %s make %s read no others", []any{name, m.Name}}}
}

// namesRequirements reports whether the manager's files have whatever name the command line gives them.
func namesRequirements(m *Manager) bool {
	return m.Name == "pip" || m.Name == "pip-sync" || m.Name == "uv"
}

// unread is the doubt about a file that was not read, or not understood.
func unread(name string) []Doubt {
	return []Doubt{{"nothing in %s makes the install read further files", []any{name}}}
}

// keyDoubts are the doubts about keys of a file.
func keyDoubts(file string, keys []string) (all []Doubt) {
	for _, key := range keys {
		all = append(all, Doubt{"%s in %s does not make the install read further files", []any{key, file}})
	}
	return all
}

// whole reads a file in full; see [Manager.Doubts].
type whole = func(r Reader, data []byte, c Call) []Doubt

// A known value is one of which it is known what an install does with it. It returns the keys below it that are not
// known, and "" for the value itself.
type known func(value any) (unknown []string)

// inert is a value because of which an install reads nothing.
func inert(any) []string { return nil }

// strange is a value of a kind that it should not have.
var strange = []string{""}

// table knows the keys of an object; "*" stands for all others.
type table map[string]known

func (t table) read(value any) (unknown []string) {
	object, ok := value.(map[string]any)
	if !ok {
		return strange
	}
	for _, key := range sortedKeys(object) {
		is := t[key]
		if is == nil {
			is = t["*"]
		}
		if is == nil {
			unknown = append(unknown, key)
			continue
		}
		for _, below := range is(object[key]) {
			unknown = append(unknown, strings.TrimSuffix(key+"."+below, "."))
		}
	}
	return unknown
}

// each knows all values of an object, or of a list.
func each(is known) known {
	return func(value any) (unknown []string) {
		switch list := value.(type) {
		case []any:
			for _, v := range list {
				unknown = append(unknown, is(v)...)
			}
			return unknown
		case []map[string]any: // tables of TOML
			for _, v := range list {
				unknown = append(unknown, is(v)...)
			}
			return unknown
		}
		return table{"*": is}.read(value)
	}
}

// matching knows texts of a form; numbers and truth values are inert.
func matching(form *regexp.Regexp) known {
	return func(value any) []string {
		switch v := value.(type) {
		case string:
			if !form.MatchString(v) {
				return strange
			}
		case bool, int, int64, float64, nil:
		default:
			return strange
		}
		return nil
	}
}

// inertKeys makes a table of keys because of which an install reads nothing.
func inertKeys(names string) table {
	t := table{}
	for _, name := range strings.Fields(names) {
		t[name] = inert
	}
	return t
}

// with adds keys to the table.
func (t table) with(more table) table {
	for key, is := range more {
		t[key] = is
	}
	return t
}

// wholeJSON reads a manifest that is a JSON object.
func wholeJSON(t table) whole {
	return func(_ Reader, data []byte, c Call) []Doubt {
		var value map[string]any
		if json.Unmarshal(data, &value) != nil {
			return unread(c.File)
		}
		return keyDoubts(c.File, t.read(value))
	}
}

// wholeTOML reads a manifest in TOML.
func wholeTOML(t table) whole {
	return func(_ Reader, data []byte, c Call) []Doubt {
		value, ok := readTOML(data)
		if !ok {
			return unread(c.File)
		}
		return keyDoubts(c.File, t.read(value))
	}
}

func readTOML(data []byte) (value map[string]any, ok bool) {
	if toml.Unmarshal(data, &value) != nil {
		return nil, false
	}
	return value, true
}

// wholeYAML reads a manifest in YAML, without aliases.
func wholeYAML(t table) whole {
	return func(_ Reader, data []byte, c Call) []Doubt {
		var value map[string]any
		if yamlAlias.Match(data) || yaml.Unmarshal(data, &value) != nil {
			return unread(c.File)
		}
		return keyDoubts(c.File, t.read(value))
	}
}

// yamlAlias finds what may be an anchor or an alias, or a merge of one.
var yamlAlias = regexp.MustCompile(`(?m)(?:^|[\s:,\[{-])[&*][\w-]+|<<\s*:`)

// wholeLines reads a file line by line: comments and empty lines aside, each must have the form.
func wholeLines(comment string, form *regexp.Regexp) whole {
	return func(_ Reader, data []byte, c Call) []Doubt {
		for _, line := range lines(data) {
			if line == "" || strings.HasPrefix(line, comment) || form.MatchString(line) {
				continue
			}
			key, _, _ := strings.Cut(line, "=")
			return keyDoubts(c.File, []string{strings.TrimSpace(key)})
		}
		return nil
	}
}

// lines are those of the text, without the blanks around them.
func lines(data []byte) []string {
	all := strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n")
	for i, line := range all {
		all[i] = strings.TrimSpace(line)
	}
	return all
}

// wholeLock reads a lock file that its program has written, line by line: no line may say what the form finds, a
// package that is a directory or a file of the repository.
func wholeLock(local *regexp.Regexp) whole {
	return func(_ Reader, data []byte, c Call) []Doubt {
		if local.Match(data) {
			return []Doubt{{"%s names no directory or file of the repository", []any{c.File}}}
		}
		return nil
	}
}
