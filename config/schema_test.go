package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/dfbot/dfbot/config"
)

func TestSchema(t *testing.T) {
	const golden = "testdata/schema.json"
	got := config.Schema(known)
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// compiled is the schema of known, held against the metaschema of its draft.
var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) {
	return compile(config.Schema(known))
})

func compile(schema []byte) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(config.SchemaURL, doc); err != nil {
		return nil, err
	}
	return c.Compile(config.SchemaURL)
}

// validates reports whether the schema takes the first document of a file; ok is
// false where there is no such thing in JSON.
func validates(t *testing.T, yml []byte) (valid, ok bool) {
	t.Helper()
	schema, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	doc, ok := asJSON(t, yml)
	if !ok {
		return false, false
	}
	return schema.Validate(doc) == nil, true
}

func asJSON(t *testing.T, yml []byte) (any, bool) {
	t.Helper()
	loader, err := yaml.NewLoader(bytes.NewReader(yml), yaml.WithUniqueKeys(false))
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := loader.Load(&v); err != nil && !errors.Is(err, io.EOF) {
		return nil, false
	}
	if v == nil && bytes.Contains(yml, []byte("<<")) {
		return nil, false // the library makes nothing of a merge key that is alone
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, false
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return doc, true
}

// TestSchemaKeys walks over the schema and asks Parse for each key that it
// finds, so that no key is known to one of the two only.
func TestSchemaKeys(t *testing.T) {
	var schema any
	if err := json.Unmarshal(config.Schema(known), &schema); err != nil {
		t.Fatal(err)
	}
	asked := 0
	walk(schema, nil, func(path []string, part map[string]any) {
		value, ok := part["default"]
		if examples, _ := part["examples"].([]any); len(examples) > 0 {
			value, ok = examples[0], true
		}
		if !ok {
			return
		}
		asked++
		doc := value
		for i := len(path) - 1; i >= 0; i-- {
			if path[i] == "[]" {
				doc = []any{doc}
			} else {
				doc = map[string]any{path[i]: doc}
			}
		}
		b, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if _, problems := config.Parse(b, known); len(problems) > 0 {
			t.Errorf("%s: %v", b, problems)
		}
	})
	if asked < 15 {
		t.Errorf("only %d keys have a default or an example", asked)
	}
}

func walk(schema any, path []string, f func([]string, map[string]any)) {
	part, ok := schema.(map[string]any)
	if !ok {
		return
	}
	f(path, part)
	properties, _ := part["properties"].(map[string]any)
	for key, sub := range properties {
		walk(sub, append(path[:len(path):len(path)], key), f)
	}
	walk(part["items"], append(path[:len(path):len(path)], "[]"), f)
	alternatives, _ := part["oneOf"].([]any)
	for _, sub := range alternatives {
		walk(sub, path, f)
	}
}

func TestSchemaOfNoRules(t *testing.T) {
	schema, err := compile(config.Schema(nil))
	if err != nil {
		t.Fatal(err)
	}
	for yml, want := range map[string]bool{
		"version: 1":                    true,
		"ignore: [{paths: [a]}]":        true,
		"rules: {apt-recommends: off}":  false,
		"ignore: [{rules: [anything]}]": false,
	} {
		doc, _ := asJSON(t, []byte(yml))
		_, problems := config.Parse([]byte(yml), nil)
		if valid := schema.Validate(doc) == nil; valid != want || valid != (len(problems) == 0) {
			t.Errorf("%s: valid %t, problems %v", yml, valid, problems)
		}
	}
}
