package contract

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// unknown lists the fields of a value that its schema does not name. JSON
// Schema lets them pass; GitHub ignores them in requests, and an answer has
// no business to invent them.
func (c *Contract) unknown(schema, v any, at string) []string {
	switch node := v.(type) {
	case []any:
		var found []string
		for i, item := range node {
			for _, items := range c.branches(schema, "items") {
				found = append(found, c.unknown(items, item, fmt.Sprintf("%s[%d]", at, i))...)
			}
		}
		return found
	case map[string]any:
		return c.unknownFields(schema, node, at)
	}
	return nil
}

func (c *Contract) unknownFields(schema any, node map[string]any, at string) []string {
	known, free := c.namedFields(schema)
	var found []string
	for name, value := range node {
		schemas, ok := known[name]
		if !ok && !free {
			found = append(found, at+"."+name)
		}
		if len(schemas) > 0 {
			found = append(found, c.unknown(map[string]any{"anyOf": schemas}, value, at+"."+name)...)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// namedFields returns the schemas of the fields that a schema names, and reports whether it lets others pass.
func (c *Contract) namedFields(schema any) (known map[string][]any, free bool) {
	known = map[string][]any{}
	for _, s := range c.variants(schema) {
		fields, _ := s["properties"].(map[string]any)
		for name, field := range fields {
			known[name] = append(known[name], field)
		}
		if extra, ok := s["additionalProperties"]; ok && extra != false {
			free = true
		}
	}
	return known, free || len(known) == 0
}

// variants flattens a schema through references and combinations.
func (c *Contract) variants(schema any) []map[string]any {
	node, ok := c.deref(schema).(map[string]any)
	if !ok {
		return nil
	}
	list := []map[string]any{node}
	for _, word := range []string{"allOf", "anyOf", "oneOf"} {
		inner, _ := node[word].([]any)
		for _, s := range inner {
			list = append(list, c.variants(s)...)
		}
	}
	return list
}

// branches gives one schema that unites what the variants have under a key.
func (c *Contract) branches(schema any, key string) []any {
	var all []any
	for _, s := range c.variants(schema) {
		if inner, ok := s[key]; ok {
			all = append(all, inner)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return []any{map[string]any{"anyOf": all}}
}

// CheckSchema holds a part of GitHub's GraphQL schema against the whole: each
// type, field, argument and enum value must be GitHub's, of the same type.
func (c *Contract) CheckSchema(part string) []error {
	own, err := gqlparser.LoadSchema(&ast.Source{Name: "part", Input: part})
	if err != nil {
		return []error{err}
	}
	var errs []error
	for name, def := range own.Types {
		if def.BuiltIn {
			continue
		}
		theirs := c.graph.Types[name]
		if theirs == nil || theirs.Kind != def.Kind {
			errs = append(errs, fmt.Errorf("GitHub has no %s %s", def.Kind, name))
			continue
		}
		errs = append(errs, checkType(def, theirs)...)
	}
	return errs
}

func checkType(own, theirs *ast.Definition) []error {
	var errs []error
	for _, i := range own.Interfaces {
		if !slices.Contains(theirs.Interfaces, i) {
			errs = append(errs, fmt.Errorf("%s is no %s", own.Name, i))
		}
	}
	for _, v := range own.EnumValues {
		if theirs.EnumValues.ForName(v.Name) == nil {
			errs = append(errs, fmt.Errorf("%s has no value %s", own.Name, v.Name))
		}
	}
	for _, f := range own.Fields {
		if len(f.Name) > 2 && f.Name[:2] == "__" {
			continue
		}
		g := theirs.Fields.ForName(f.Name)
		if g == nil || g.Type.String() != f.Type.String() {
			errs = append(errs, fmt.Errorf("%s.%s: %s is not GitHub's", own.Name, f.Name, f.Type))
			continue
		}
		for _, a := range f.Arguments {
			if b := g.Arguments.ForName(a.Name); b == nil || b.Type.String() != a.Type.String() {
				errs = append(errs, fmt.Errorf("%s.%s(%s: %s) is not GitHub's", own.Name, f.Name, a.Name, a.Type))
			}
		}
	}
	return errs
}
