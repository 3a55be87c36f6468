// Package contract holds recorded HTTP traffic against what GitHub publishes
// about itself: its OpenAPI description, its GraphQL schema and its webhook
// schemas, as the npm packages @octokit/openapi, @octokit/graphql-schema and
// @octokit/webhooks-schemas carry them. It judges both sides: a request that
// GitHub would not read that way, and an answer that GitHub would not give.
//
// It is for tests only, and never downloads: Load reads a node_modules folder.
package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// Packages is what Load reads, with the versions it was written for.
const Packages = "@octokit/openapi@23.0.2 @octokit/webhooks-examples@7.6.1 @octokit/webhooks-schemas@7.6.1 " +
	"@octokit/graphql-schema@15.26.1"

// A Contract is GitHub's description of itself.
type Contract struct {
	dir      string
	api      map[string]any
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
	webhooks map[string]any
	graph    *ast.Schema
}

// Names under which the descriptions are known to the schema compiler.
const (
	apiName      = "https://contract.invalid/openapi.json"
	webhooksName = "https://contract.invalid/webhooks.json"
)

// Dir is the node_modules folder to load: DFBOT_OCTOKIT, else
// .cache/octokit/node_modules below the module's root.
func Dir() string {
	if dir := os.Getenv("DFBOT_OCTOKIT"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	return filepath.Join(dir, ".cache", "octokit", "node_modules")
}

// Missing reports whether err is that of a Load which found no packages. A test
// that skips for it should print Hint.
func Missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// Hint says how to get the packages.
func Hint() string {
	return "no octokit packages in " + Dir() + "; get them with: npm install --prefix .cache/octokit " + Packages
}

// Load reads the packages below a node_modules folder. It takes a second or two.
func Load(dir string) (*Contract, error) {
	c := &Contract{dir: filepath.Join(dir, "@octokit"), compiler: jsonschema.NewCompiler(),
		compiled: map[string]*jsonschema.Schema{}}
	c.compiler.DefaultDraft(jsonschema.Draft4)
	c.compiler.AssertFormat()
	c.compiler.RegisterFormat(&jsonschema.Format{Name: "uri-template", Validate: anything})
	if err := c.readJSON("openapi/generated/api.github.com.json", &c.api); err != nil {
		return nil, err
	}
	if err := c.readJSON("webhooks-schemas/schema.json", &c.webhooks); err != nil {
		return nil, err
	}
	plain(c.api)
	open(c.webhooks)
	if err := c.correct(); err != nil {
		return nil, err
	}
	for name, doc := range map[string]any{apiName: c.api, webhooksName: c.webhooks} {
		if err := c.compiler.AddResource(name, doc); err != nil {
			return nil, fmt.Errorf("load contract: %w", err)
		}
	}
	text, err := os.ReadFile(filepath.Join(c.dir, "graphql-schema/schema.graphql"))
	if err != nil {
		return nil, fmt.Errorf("load contract: %w", err)
	}
	if c.graph, err = loadGraph(string(text)); err != nil {
		return nil, fmt.Errorf("load contract: %w", err)
	}
	return c, nil
}

// loadGraph reads GitHub's GraphQL schema, which now and then defines a field
// twice; the first counts.
func loadGraph(text string) (*ast.Schema, error) {
	doc, err := parser.ParseSchemas(validator.Prelude, &ast.Source{Name: "github", Input: text})
	if err != nil {
		return nil, err
	}
	for _, def := range doc.Definitions {
		seen := map[string]bool{}
		def.Fields = slices.DeleteFunc(def.Fields, func(f *ast.FieldDefinition) bool {
			twice := seen[f.Name]
			seen[f.Name] = true
			return twice
		})
	}
	return validator.ValidateSchemaDocument(doc)
}

// anything replaces the validator's own uri-template format, which does
// not know the operators of RFC 6570 that GitHub's templates use.
func anything(any) error { return nil }

func (c *Contract) readJSON(path string, v any) error {
	f, err := os.Open(filepath.Join(c.dir, path))
	if err != nil {
		return fmt.Errorf("load contract: %w", err)
	}
	defer f.Close()
	dec := json.NewDecoder(f)
	dec.UseNumber()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("load contract: read %s: %w", path, err)
	}
	return nil
}

// plain turns OpenAPI 3.0's dialect into JSON Schema in place: nullable
// becomes a type, and what only OpenAPI knows is dropped.
func plain(v any) {
	switch node := v.(type) {
	case []any:
		for _, item := range node {
			plain(item)
		}
	case map[string]any:
		for key, item := range node {
			if key == "example" || key == "examples" {
				delete(node, key)
				continue
			}
			plain(item)
		}
		if node["nullable"] == true {
			delete(node, "nullable")
			allowNull(node)
		}
	}
}

// allowNull lets a schema be null.
func allowNull(node map[string]any) {
	if enum, ok := node["enum"].([]any); ok && !slices.Contains(enum, nil) {
		node["enum"] = append(enum, nil)
	}
	if kind, ok := node["type"].(string); ok {
		node["type"] = []any{kind, "null"}
	}
	for _, word := range []string{"allOf", "anyOf", "oneOf"} {
		list, ok := node[word].([]any)
		if !ok {
			continue
		}
		delete(node, word)
		node["anyOf"] = []any{map[string]any{word: list}, map[string]any{"type": "null"}}
		delete(node, "type")
	}
}

// open drops additionalProperties: false from the webhook schemas, which are
// older than some fields that GitHub sends by now.
func open(v any) {
	switch node := v.(type) {
	case []any:
		for _, item := range node {
			open(item)
		}
	case map[string]any:
		if node["additionalProperties"] == false {
			delete(node, "additionalProperties")
		}
		for _, item := range node {
			open(item)
		}
	}
}

// schema compiles the schema at a JSON pointer of a document, once.
func (c *Contract) schema(document string, pointer ...string) (*jsonschema.Schema, error) {
	var at strings.Builder
	at.WriteString(document + "#")
	for _, word := range pointer {
		at.WriteString("/" + escapePointer(word))
	}
	if s := c.compiled[at.String()]; s != nil {
		return s, nil
	}
	s, err := c.compiler.Compile(at.String())
	if err != nil {
		return nil, fmt.Errorf("compile %s: %w", at.String(), err)
	}
	c.compiled[at.String()] = s
	return s, nil
}

var pointerWords = strings.NewReplacer("~", "~0", "/", "~1", "%", "%25", "{", "%7B", "}", "%7D", "$", "%24")

func escapePointer(word string) string { return pointerWords.Replace(word) }

// value reads JSON the way the schema validator wants it.
func value(text []byte) (any, error) {
	return jsonschema.UnmarshalJSON(bytes.NewReader(text))
}

// dig follows a path of keys into a document, through references.
func (c *Contract) dig(v any, keys ...string) (any, bool) {
	for _, key := range keys {
		node, ok := c.deref(v).(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = node[key]; !ok {
			return nil, false
		}
	}
	return c.deref(v), true
}

// deref follows $ref within the OpenAPI description.
func (c *Contract) deref(v any) any {
	for {
		node, ok := v.(map[string]any)
		if !ok {
			return v
		}
		ref, ok := node["$ref"].(string)
		if !ok {
			return v
		}
		v = c.api
		for word := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			v = v.(map[string]any)[strings.NewReplacer("~1", "/", "~0", "~").Replace(word)]
		}
	}
}
