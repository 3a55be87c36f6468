package ecosystem

import (
	"bytes"
	"encoding/xml"
	"io"
	"regexp"
	"strings"
)

// maxNested is how deep elements may be in each other; no manifest comes near it.
const maxNested = 60

// readXML reads a document. An element is an object of what is in it: a list for each name of an attribute or element,
// and its text under "#" where there is any. Documents with a type of their own are not read.
func readXML(data []byte) (root string, content map[string]any, ok bool) {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	top := map[string]any{}
	open := []map[string]any{top}
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil || len(open) > maxNested {
			return "", nil, false
		}
		in := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			open = append(open, element(in, t))
			if root == "" {
				root = t.Name.Local
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if text := strings.TrimSpace(string(t)); text != "" {
				before, _ := in["#"].(string)
				in["#"] = before + text
			}
		case xml.Directive:
			return "", nil, false
		}
	}
	all, _ := top[root].([]any)
	if len(all) != 1 || len(top) != 1 {
		return "", nil, false
	}
	content, ok = all[0].(map[string]any)
	return root, content, ok
}

// element adds a new element to another one.
func element(in map[string]any, t xml.StartElement) map[string]any {
	content := map[string]any{}
	for _, a := range t.Attr {
		if a.Name.Local != "xmlns" && a.Name.Space != "xmlns" {
			content[a.Name.Local] = []any{map[string]any{"#": a.Value}}
		}
	}
	list, _ := in[t.Name.Local].([]any)
	in[t.Name.Local] = append(list, content)
	return content
}

// wholeXML reads a manifest whose root is that element.
func wholeXML(name string, t table) whole {
	return func(_ Reader, data []byte, c Call) []Doubt {
		root, content, ok := readXML(data)
		if !ok || root != name {
			return unread(c.File)
		}
		return keyDoubts(c.File, t.read(content))
	}
}

// tags knows elements, and attributes, that hold nothing but those of the table.
func tags(t table) known { return each(t.read) }

// text knows elements and attributes with a text of the form and nothing else in them.
func text(form *regexp.Regexp) known { return tags(table{"#": matching(form)}) }

// words makes a table of elements and attributes that hold a text, whatever it is.
func words(names string) table {
	t := table{}
	for _, name := range strings.Fields(names) {
		t[name] = tags(table{"#": inert})
	}
	return t
}
