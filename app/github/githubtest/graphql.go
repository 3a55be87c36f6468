package githubtest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
)

//go:embed schema.graphql
var schemaText string

// schema is parsed once, on the first query.
var schema = sync.OnceValue(func() *ast.Schema {
	return gqlparser.MustLoadSchema(&ast.Source{Name: "schema.graphql", Input: schemaText})
})

// gqlObject is an object of the schema: its type's name, and for each field a
// value, or a gqlField that works it out when the query asks for it.
type gqlObject struct {
	kind   string
	fields map[string]any
}

// gqlField works out one field. An error leaves the field null and is listed
// in the answer's errors, as GitHub does with a partial answer.
type gqlField = func(args map[string]any) (any, error)

// gqlError is an error of one field, with GitHub's type for it.
type gqlError struct{ kind, message string }

func (e gqlError) Error() string { return e.message }

var errForbidden = gqlError{"FORBIDDEN", "Resource not accessible by integration"}

// execution is one query being answered.
type execution struct {
	call      *call
	variables map[string]any
	errors    []any
}

// fieldValue is one field of an answer; an answer keeps the query's order.
type fieldValue struct {
	name  string
	value any
}

type fieldValues []fieldValue

// MarshalJSON writes the fields in their order.
func (f fieldValues) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, fv := range f {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(encode(fv.name))
		b.WriteByte(':')
		b.Write(encode(fv.value))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// graphql is POST /graphql.
func graphql(c *call) answer {
	var in struct {
		Query         string         `json:"query"`
		Variables     map[string]any `json:"variables"`
		OperationName string         `json:"operationName"`
	}
	if err := json.Unmarshal(c.body, &in); err != nil {
		return failure(400, "Problems parsing JSON")
	}
	doc, errs := gqlparser.LoadQueryWithRules(schema(), in.Query, nil)
	if len(errs) > 0 {
		return refusedQuery(errs)
	}
	op := doc.Operations.ForName(in.OperationName)
	if op == nil {
		return ok(obj{"errors": []any{obj{"message": "An operation name is required"}}})
	}
	variables, err := validator.VariableValues(schema(), op, in.Variables)
	if err != nil {
		return ok(obj{"errors": []any{obj{"message": err.Error()}}})
	}
	x := &execution{call: c, variables: variables}
	root := gqlObject{"Query", c.queries()}
	if op.Operation == ast.Mutation {
		root = gqlObject{"Mutation", c.mutations()}
	}
	data, fine := x.object(root, op.SelectionSet, nil)
	out := fieldValues{{"data", data}}
	if !fine {
		out[0].value = nil
	}
	if len(x.errors) > 0 {
		out = append(out, fieldValue{"errors", x.errors})
	}
	return ok(out)
}

// refusedQuery is GitHub's answer to a query that does not fit the schema: 200, without data.
func refusedQuery(list gqlerror.List) answer {
	rows := []any{}
	for _, e := range list {
		at := []any{}
		for _, l := range e.Locations {
			at = append(at, obj{"line": l.Line, "column": l.Column})
		}
		rows = append(rows, obj{"message": e.Message, "locations": at, "extensions": obj{"code": e.Rule}})
	}
	return ok(obj{"errors": rows})
}

// object answers a selection on an object. It is not fine when a field that
// may not be null is: the object itself is null then.
func (x *execution) object(o gqlObject, set ast.SelectionSet, path []any) (fieldValues, bool) {
	out := fieldValues{}
	for _, f := range x.collect(o.kind, set) {
		at := append(path[:len(path):len(path)], f.Alias)
		value, fine := x.field(o, f, at)
		if !fine {
			return nil, false
		}
		out = append(out, fieldValue{f.Alias, value})
	}
	return out, true
}

// collect flattens the fragments that apply to a type and merges fields that
// are asked for twice.
func (x *execution) collect(kind string, set ast.SelectionSet) []*ast.Field {
	var fields []*ast.Field
	byAlias := map[string]int{}
	add := func(f *ast.Field) {
		i, seen := byAlias[f.Alias]
		if !seen {
			byAlias[f.Alias] = len(fields)
			fields = append(fields, f)
			return
		}
		both := *fields[i]
		both.SelectionSet = append(append(ast.SelectionSet{}, both.SelectionSet...), f.SelectionSet...)
		fields[i] = &both
	}
	for _, sel := range set {
		var inner ast.SelectionSet
		switch s := sel.(type) {
		case *ast.Field:
			if x.included(s.Directives) {
				add(s)
			}
			continue
		case *ast.InlineFragment:
			if x.included(s.Directives) && x.applies(s.TypeCondition, kind) {
				inner = s.SelectionSet
			}
		case *ast.FragmentSpread:
			if x.included(s.Directives) && x.applies(s.Definition.TypeCondition, kind) {
				inner = s.Definition.SelectionSet
			}
		}
		for _, f := range x.collect(kind, inner) {
			add(f)
		}
	}
	return fields
}

// included reads @skip and @include.
func (x *execution) included(list ast.DirectiveList) bool {
	for _, d := range list {
		yes, _ := d.ArgumentMap(x.variables)["if"].(bool)
		if d.Name == "skip" && yes || d.Name == "include" && !yes {
			return false
		}
	}
	return true
}

// applies reports whether a fragment on a type or interface holds for a type.
func (x *execution) applies(condition, kind string) bool {
	if condition == "" || condition == kind {
		return true
	}
	for _, def := range schema().GetPossibleTypes(schema().Types[condition]) {
		if def.Name == kind {
			return true
		}
	}
	return false
}

// field answers one field.
func (x *execution) field(o gqlObject, f *ast.Field, path []any) (any, bool) {
	if f.Name == "__typename" {
		return o.kind, true
	}
	value := o.fields[f.Name]
	if work, lazy := value.(gqlField); lazy {
		var err error
		if value, err = work(f.ArgumentMap(x.variables)); err != nil {
			x.fail(f, path, err)
			value = nil
		}
	}
	out, fine := x.complete(value, f, path)
	if !fine || out == nil && f.Definition.Type.NonNull {
		if fine && len(x.errors) == 0 {
			x.fail(f, path, gqlError{"INTERNAL",
				fmt.Sprintf("Cannot return null for non-nullable field %s.%s", o.kind, f.Name)})
		}
		return nil, !f.Definition.Type.NonNull
	}
	return out, true
}

// complete answers the selection below a field's value.
func (x *execution) complete(value any, f *ast.Field, path []any) (any, bool) {
	switch v := value.(type) {
	case nil:
		return nil, true
	case *gqlObject:
		if v == nil {
			return nil, true
		}
		out, fine := x.object(*v, f.SelectionSet, path)
		if !fine {
			return nil, false
		}
		return out, true
	case []*gqlObject:
		list := []any{}
		for i, item := range v {
			out, fine := x.object(*item, f.SelectionSet, append(path[:len(path):len(path)], i))
			if !fine {
				list = append(list, nil)
				continue
			}
			list = append(list, out)
		}
		return list, true
	}
	return value, true
}

func (x *execution) fail(f *ast.Field, path []any, err error) {
	e := obj{"path": path, "message": err.Error(),
		"locations": []any{obj{"line": f.Position.Line, "column": f.Position.Column}}}
	if typed, is := err.(gqlError); is {
		e["type"] = typed.kind
		if typed == errForbidden {
			e["extensions"] = obj{"saml_failure": false}
		}
	}
	x.errors = append(x.errors, e)
}
