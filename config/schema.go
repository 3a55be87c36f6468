package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
)

// SchemaURL is the identity of the published schema, and where editors find it.
const SchemaURL = "https://raw.githubusercontent.com/dfbot/dfbot/main/config/dfbot.schema.json"

// Schema is the JSON Schema, draft 2020-12, of a .dfbot.yml for these rules. It accepts exactly what Parse accepts
// without a problem, except for what a schema cannot express: duplicate keys, two keys for one rule, mistakes inside
// globs, several documents.
func Schema(known []*analysis.Rule) []byte {
	s := object("How dfbot reviews the Dockerfiles of this repository.", props{
		"version":  {Const: Version, Default: Version, Description: "The version of this format."},
		"files":    filesSchema(),
		"rules":    rulesSchema(known),
		"comments": commentsSchema(),
		"check":    checkSchema(),
		"ignore":   ignoreSchema(known),

		"ignore-comments": {
			Description: "Whether comments in Dockerfiles, such as # dfbot ignore=..., turn off a rule.",
			Type:        "boolean", Default: true,
		},

		"scope": {
			Description: "Which findings are raised: those that the pull request introduces or makes worse, " +
				"also older ones in instructions that it changes, or all of the Dockerfiles that it affects.",
			Enum: scopes, Default: ScopeIntroduced,
		},
		"drafts": {
			Description: "What dfbot does with a draft: it writes a check run without comments, reviews it as any " +
				"other, or skips it.",
			Enum: drafts, Default: DraftsCheckOnly,
		},
		"builds": buildsSchema(),
		"extends": {
			Description: "Adds this file to the .dfbot.yml of the organization's repository named .github.",
			Const:       Organization, Examples: []any{Organization},
		},
		"rules-version": {
			Description: "The release of dfbot whose rules may fail the check. Rules that are newer give notices " +
				"until this number moves. Default: every rule counts.",
			Type: []string{"string", "number"}, Pattern: release.String(), Examples: []any{"0.1"},
		},
	})
	s.Schema, s.ID, s.Title = "https://json-schema.org/draft/2020-12/schema", SchemaURL, ".dfbot.yml"
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil { // strings and numbers only
		panic(fmt.Sprintf("config.Schema: %v", err))
	}
	return b.Bytes()
}

// schema is the part of JSON Schema that this package uses.
type schema struct {
	Schema               string    `json:"$schema,omitempty"`
	ID                   string    `json:"$id,omitempty"`
	Title                string    `json:"title,omitempty"`
	Description          string    `json:"description,omitempty"`
	Type                 any       `json:"type,omitempty"`
	Const                any       `json:"const,omitempty"`
	Enum                 []string  `json:"enum,omitempty"`
	Default              any       `json:"default,omitempty"`
	Minimum              *int      `json:"minimum,omitempty"`
	Maximum              *int      `json:"maximum,omitempty"`
	MinLength            int       `json:"minLength,omitempty"`
	MaxLength            int       `json:"maxLength,omitempty"`
	Pattern              string    `json:"pattern,omitempty"`
	Not                  *schema   `json:"not,omitempty"`
	AnyOf                []*schema `json:"anyOf,omitempty"`
	OneOf                []*schema `json:"oneOf,omitempty"`
	Items                *schema   `json:"items,omitempty"`
	MinItems             int       `json:"minItems,omitempty"`
	MaxItems             int       `json:"maxItems,omitempty"`
	Required             []string  `json:"required,omitempty"`
	Properties           props     `json:"properties,omitempty"`
	PatternProperties    props     `json:"patternProperties,omitempty"`
	AdditionalProperties *bool     `json:"additionalProperties,omitempty"`
	Examples             []any     `json:"examples,omitempty"`
}

type props map[string]*schema

// object is a mapping with these keys and no others. It may be empty as in YAML: a key without a value.
func object(doc string, p props) *schema {
	return &schema{Description: doc, Type: []string{"object", "null"}, Properties: p, AdditionalProperties: new(bool)}
}

func array(doc string, items *schema) *schema {
	return &schema{Description: doc, Type: []string{"array", "null"}, Items: items, MaxItems: maxItems}
}

func oneWord(doc string, severities []analysis.Severity) *schema {
	return &schema{Description: doc, Enum: toStrings(severities)}
}

// otherwise is the schema with a default.
func (s *schema) otherwise(value any) *schema {
	s.Default = value
	return s
}

func integer(doc string, least, most int) *schema {
	return &schema{Description: doc, Type: "integer", Minimum: &least, Maximum: &most}
}

func glob() *schema {
	return &schema{Type: "string", MinLength: 1, MaxLength: maxGlob, Not: &schema{Pattern: `^(!|/|\./)|/$`}}
}

func filesSchema() *schema {
	include := array("Globs of additional Dockerfiles. Files named Dockerfile, Dockerfile.*, *.Dockerfile, "+
		"*.dockerfile or Containerfile*, and Dockerfiles named Dockerfile-* or Dockerfile_*, need none.", glob())
	include.Examples = []any{[]string{"images/*/build.docker"}}
	exclude := array("Globs of files that dfbot does not review. They override include.", glob())
	exclude.Examples = []any{[]string{"test/fixtures/**"}}
	frontends := array("Images, without tag and digest, that are copies of docker/dockerfile. dfbot reviews a "+
		"Dockerfile "+
		"with a syntax directive only if it names Docker's own frontend or one of these.",
		&schema{Type: "string", MaxLength: maxImage, Pattern: imageName.String()})
	frontends.Examples = []any{[]string{"registry.example.com/docker/dockerfile"}}
	return object("Which files are Dockerfiles. A glob matches the whole path from the root of the repository; ** "+
		"matches "+
		"any number of folders.",
		props{"include": include, "exclude": exclude, "frontends": frontends})
}

func commentsSchema() *schema {
	most := integer("The most comments of one review; other findings become annotations of the check run. "+
		"0 turns comments off.", 0, MostComments)
	most.Default = DefaultComments
	return object("Which findings get a comment in the diff.", props{
		"max": most,
		"min-severity": oneWord("The least severity that gets a comment. Less severe findings become annotations.",
			diagnosed).otherwise(analysis.Warning),
	})
}

// Patterns that the name of a check must not match. They contain the characters themselves, because engines differ on
// how to escape them.
const (
	controls = "[\u0000-\u001f\u007f-\u009f]"
	blank    = "^[ \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$"
)

func checkSchema() *schema {
	return object("The check run.", props{
		"name": {
			Description: "The name of the check run. Branch rules that require the check refer to this name.",
			Type:        "string", Default: DefaultCheck, MinLength: 1, MaxLength: maxName,
			Not: &schema{Pattern: controls + "|" + blank},
		},
		"fail-on": oneWord("The least severity that fails the check.", failing).otherwise(analysis.Error),
		"on-unreviewed": {
			Description: "How the check ends if dfbot could not review something. For a branch that requires the " +
				"check, neutral is a pass.",
			Enum: unreviewed, Default: UnreviewedNeutral,
		},
		"rebuilds": {
			Description: "Whether the check run says which steps of a build the pull request runs again. auto says " +
				"it where a RUN is among them.",
			Enum: rebuilds, Default: RebuildsAuto,
		},
	})
}

func ignoreSchema(known vocabulary) *schema {
	paths := array("Globs of the files. Default: all files.", glob())
	paths.Examples = []any{[]string{"examples/**"}}
	word := &schema{Enum: known.words()}
	if len(word.Enum) == 0 {
		word.Not = &schema{} // without known rules, no name is valid
	}
	rules := array("Names or aliases of the rules. Default: all rules.", word)
	entry := object("", props{"paths": paths, "rules": rules})
	entry.Type = "object"
	says := func(key string) *schema {
		return &schema{Required: []string{key}, Properties: props{key: {Type: "array", MinItems: 1}}}
	}
	entry.AnyOf = []*schema{says("paths"), says("rules")}
	return array("Rules to ignore in some files.", entry)
}

func rulesSchema(known vocabulary) *schema {
	p := props{}
	for _, word := range known.words() {
		p[word] = ruleSchema(word, known.named(word))
	}
	s := object("How to configure each rule: a severity, or a mapping of a severity and the rule's options. Default: "+
		"the "+
		"rule's own severity.", p)
	severity := oneWord("", settable)
	s.PatternProperties = props{outsideCode.String(): {
		Description: "The severity of one ShellCheck code.",
		AnyOf:       []*schema{severity, {Type: "object", Properties: props{"severity": severity}}},
	}}
	return s
}

// ruleSchema is the setting under a word that means these rules.
func ruleSchema(word string, meant []*analysis.Rule) *schema {
	var docs []string
	for _, r := range meant {
		if r.Name == word {
			docs = append(docs, r.Doc)
		} else {
			docs = append(docs, r.Name+": "+r.Doc)
		}
	}
	var own any // where the word means one rule
	keys := props{}
	if len(meant) == 1 {
		own = meant[0].Severity
		for _, o := range meant[0].Options {
			keys[o.Name] = optionSchema(o)
		}
	}
	keys["severity"] = oneWord("The severity; off turns the rule off.", settable).otherwise(own)
	mapping := object("", keys)
	mapping.Type = "object"
	return &schema{Description: strings.Join(docs, "\n"),
		OneOf: []*schema{oneWord("", settable).otherwise(own), mapping}}
}

func optionSchema(o analysis.Option) *schema {
	var s *schema
	switch v := o.Default.(type) {
	case bool:
		s = &schema{Description: o.Doc, Type: "boolean"}
	case int:
		s = integer(o.Doc, math.MinInt32, math.MaxInt32)
	case string:
		s = &schema{Description: o.Doc, Type: "string"}
	case []string:
		s = array(o.Doc, &schema{Type: "string"})
		if v == nil {
			return s
		}
	default:
		panic(fmt.Sprintf("config: an option of type %T", v))
	}
	return s.otherwise(o.Default)
}
