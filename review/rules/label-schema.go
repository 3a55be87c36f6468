package rules

import (
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/github/go-spdx/v2/spdxexp"
)

var labelSchema = &analysis.Rule{
	Name:     "label-schema",
	Doc:      "Label that the configuration does not allow, or whose value is not of the configured type",
	Topic:    analysis.Labels,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DL3050", "DL3051", "DL3052", "DL3053", "DL3054", "DL3055", "DL3056", "DL3058"},
	Options: []analysis.Option{
		{Name: "labels", Default: []string(nil),
			Doc: "Labels and the types of their values, each as key:type; types are text, url, semver, hash, " +
				"rfc3339, spdx and email"},
		{Name: "strict", Doc: "Report labels that are not in labels", Default: false},
	},
	Run: func(p *analysis.Pass) {
		s := schema{p: p, strict: p.Option("strict").(bool), types: map[string]string{}}
		for _, entry := range p.Option("labels").([]string) {
			key, kind, _ := strings.Cut(entry, ":")
			s.types[key] = kind
		}
		if len(s.types) > 0 || s.strict {
			s.values()
		}
	},
}

// schema is what the configuration requires of labels.
type schema struct {
	p      *analysis.Pass
	types  map[string]string
	strict bool
}

// values checks the labels that are set.
func (s *schema) values() {
	for _, in := range s.p.File.Instructions() {
		label := in.Inner()
		if label.Name != "LABEL" {
			continue
		}
		for _, pair := range label.Pairs {
			f := analysis.Finding{In: in, Span: pair.Span}
			if s.breaks(&f, label.Expand(pair.Key), label.Expand(pair.Value)) {
				s.p.Report(f)
			}
		}
	}
}

// breaks reports whether the label breaks the schema, and fills in the finding with how.
func (s *schema) breaks(f *analysis.Finding, key, v dockerfile.Value) bool {
	kind, listed := s.types[key.Text]
	switch form := labelTypes[kind]; {
	case !key.Known, !listed && !s.strict:
		return false
	case !listed:
		f.Alias = "DL3050"
		f.Message = analysis.Say("The label %s is not one that the configuration allows", key.Text)
		f.Why = analysis.Say("%s allows only the labels that the configuration lists.", "label-schema.strict")
	case !v.Known || v.Default:
		return false
	case v.Text == "":
		f.Alias = "DL3051"
		f.Message = analysis.Say("The label %s is empty", key.Text)
		f.Why = analysis.Say("The configuration requires a value.")
	case !form.takes(v.Text):
		f.Alias = form.code
		f.Message = analysis.Say("The value of the label %s is not "+form.name, key.Text)
		f.Why = analysis.Say("The configuration requires the type %s.", kind)
	default:
		return false
	}
	return true
}

// labelType is one type of value.
type labelType struct {
	name string // with its article
	form func(string) bool
	code string // hadolint's
}

func (t labelType) takes(v string) bool { return t.form == nil || t.form(v) }

var (
	// https://semver.org
	semverForm = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)` +
		`(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$`)
	hashForm = regexp.MustCompile(`^([0-9a-f]{7}|[0-9a-f]{40}|[0-9a-f]{64})$`)
)

// labelTypes are hadolint's; a type that is not among them takes any text.
var labelTypes = map[string]labelType{
	"url": {"a URL", func(v string) bool {
		u, err := url.Parse(v)
		return err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque != "" || u.Path != "")
	}, "DL3052"},
	"semver": {"a version as semver.org defines it", semverForm.MatchString, "DL3056"},
	"hash":   {"a commit hash", hashForm.MatchString, "DL3055"},
	"rfc3339": {"a time in RFC 3339 form", func(v string) bool {
		_, err := time.Parse(time.RFC3339, v)
		return err == nil
	}, "DL3053"},
	"spdx": {"a license that SPDX knows", func(v string) bool {
		if len(v) > 500 {
			return false // no license has a name that long
		}
		ok, _ := spdxexp.ValidateLicenses([]string{v})
		return ok
	}, "DL3054"},
	"email": {"an email address", func(v string) bool {
		a, err := mail.ParseAddress(v)
		return err == nil && strings.Contains(a.Address, "@")
	}, "DL3058"},
}
