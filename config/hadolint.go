package config

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dfbot/dfbot/review/analysis"
)

// IsHadolint reports whether the file at this path is hadolint's configuration, not dfbot's own.
func IsHadolint(file string) bool {
	switch strings.TrimPrefix(path.Base(file), ".") {
	case "hadolint.yaml", "hadolint.yml":
		return true
	}
	return false
}

// ParseFile reads the configuration at a path: hadolint's if the file has that name, or else dfbot's own.
func ParseFile(file string, data []byte, known []*analysis.Rule) (Repo, []Problem) {
	if IsHadolint(file) {
		return ParseHadolint(data, known)
	}
	return Parse(data, known)
}

// ParseHadolint reads a .hadolint.yaml, as hadolint's documentation describes it, and applies it to dfbot's rules: a
// code means the rules that have it as an alias. It accepts codes that dfbot has no rule for, and keys about hadolint's
// output, and ignores them. It reports what is wrong with the file and limits its size as [Parse] does.
//
// If several of its codes mean one rule, each sets the severity of its own findings, and the rule itself gets the most
// severe one.
func ParseHadolint(data []byte, known []*analysis.Rule) (Repo, []Problem) {
	d := decoder{known: known, left: maxValues}
	h := hadolint{decoder: &d, ignored: map[string]bool{}, override: map[string]analysis.Severity{}}
	if n := d.load(data); n != nil {
		h.root(n)
	}
	h.apply()
	return d.repo, d.reported()
}

// hadolint collects the settings of a .hadolint.yaml, in hadolint's terms.
type hadolint struct {
	*decoder
	ignored    map[string]bool              // by code
	override   map[string]analysis.Severity // by code
	registries []string
	labels     []string // as key:type
	strict     bool
	noFail     bool
}

func (h *hadolint) root(n *yaml.Node) {
	unused := func(*yaml.Node) {}
	h.object(n, top, fields{
		"ignored": func(n *yaml.Node) {
			h.codes(n, "ignored",
				func(code string) { h.ignored[code] = true })
		},
		"override":          h.overrides,
		"trustedRegistries": h.trusted,
		"label-schema":      h.labelSchema,
		"strict-labels":     func(n *yaml.Node) { h.strict, _ = h.boolean(n, "strict-labels") },
		"failure-threshold": h.threshold,
		"no-fail":           func(n *yaml.Node) { h.noFail, _ = h.boolean(n, "no-fail") },
		"disable-ignore-pragma": func(n *yaml.Node) {
			if off, ok := h.boolean(n, "disable-ignore-pragma"); ok {
				h.repo.IgnoreComments = new(!off)
			}
		},
		"format":   unused,
		"formats":  unused,
		"no-color": unused,
		"verbose":  unused,
	})
}

// hadolintSeverities are hadolint's severities, from the most severe.
var hadolintSeverities = []string{"error", "warning", "info", "style", "ignore"}

// hadolintSeverity is dfbot's severity for one of hadolint's. Below a notice there is only off.
func hadolintSeverity(word string) analysis.Severity {
	switch word {
	case "error":
		return analysis.Error
	case "warning":
		return analysis.Warning
	case "ignore":
		return analysis.Off
	}
	return analysis.Notice
}

func (h *hadolint) overrides(n *yaml.Node) {
	lists := fields{}
	for _, word := range hadolintSeverities {
		severity := hadolintSeverity(word)
		lists[word] = func(n *yaml.Node) {
			h.codes(n, "override."+word, func(code string) { h.override[code] = *moreSevere(h.said(code), severity) })
		}
	}
	h.object(n, "override", lists)
}

// said is the severity that the file gives to a code or a rule, nil where it says nothing.
func (h *hadolint) said(code string) *analysis.Severity {
	if s, ok := h.override[code]; ok {
		return &s
	}
	return nil
}

// moreSevere is the more severe of two severities, of which the first may be nil.
func moreSevere(a *analysis.Severity, b analysis.Severity) *analysis.Severity {
	if a == nil || b > *a {
		return &b
	}
	return a
}

// foreignCode matches the codes of hadolint and of ShellCheck, whether dfbot knows them or not.
var foreignCode = regexp.MustCompile(`^(DL|SC)[0-9]{4}$`)

// codes calls f for the codes of a list.
func (h *hadolint) codes(n *yaml.Node, at string, f func(code string)) {
	h.list(n, at, func(item *yaml.Node) {
		switch {
		case !isString(item):
			h.wrong(item, at+"[]", "the code of a rule")
		case foreignCode.MatchString(item.Value) || len(h.rule(item)) > 0:
			f(item.Value)
		}
	})
}

// trusted reads a list or, as hadolint's documentation also allows, one registry.
func (h *hadolint) trusted(n *yaml.Node) {
	const at = "trustedRegistries"
	if isString(n) {
		h.registries = []string{n.Value}
		return
	}
	h.list(n, at, func(item *yaml.Node) {
		if s, ok := h.text(item, at+"[]", nil); ok {
			h.registries = append(h.registries, s)
		}
	})
}

// labelTypes are the types of labels; a label without one takes any text.
var labelTypes = []string{"text", "url", "semver", "hash", "rfc3339", "spdx", "email"}

func (h *hadolint) labelSchema(n *yaml.Node) {
	h.each(n, "label-schema", func(key, value *yaml.Node) {
		kind := labelTypes[0]
		if !isNull(value) && !(isString(value) && value.Value == "") {
			if word, ok := h.text(value, "label-schema."+key.Value, labelTypes); ok {
				kind = word
			}
		}
		h.labels = append(h.labels, key.Value+":"+kind)
	})
}

func (h *hadolint) threshold(n *yaml.Node) {
	word, ok := h.text(n, "failure-threshold", append(slices.Clone(hadolintSeverities), "none"))
	h.repo.Check.Hadolint = ok
	switch {
	case !ok:
	case word == "none":
		h.repo.Check.FailOn = analysis.Never
	case word == "ignore": // everything fails, and a notice is the least severity
		h.repo.Check.FailOn = analysis.Notice
	default:
		h.repo.Check.FailOn = hadolintSeverity(word)
	}
}

// apply applies to dfbot's rules what the file says of hadolint's.
func (h *hadolint) apply() {
	for code := range h.ignored {
		h.override[code] = analysis.Off
	}
	for code, severity := range h.override {
		if outsideCode.MatchString(code) {
			h.repo.setCode(code, severity)
		}
	}
	for _, r := range h.known {
		rule := Rule{Severity: h.severityOf(r), Options: h.options(r)}
		if rule.Options != nil && rule.Severity == nil && r.Severity == analysis.Off {
			rule.Severity = new(analysis.Warning) // hadolint turns the rule on as soon as it has these settings
		}
		if rule.Severity != nil || rule.Options != nil {
			h.repo.setRule(r.Name, rule)
		}
	}
	if h.noFail {
		h.repo.Check.FailOn = analysis.Never
	}
}

// severityOf is what the file says of a rule by its name or by its codes, nil where it says nothing. Of a rule with
// several codes of hadolint's it sets the severity of each.
func (h *hadolint) severityOf(r *analysis.Rule) *analysis.Severity {
	var codes []string
	most, own := (*analysis.Severity)(nil), h.said(r.Name)
	for _, a := range r.Aliases {
		if s := h.said(a); s != nil {
			most = moreSevere(most, *s)
		}
		if strings.HasPrefix(a, "DL") {
			codes = append(codes, a)
		}
	}
	switch {
	case own != nil:
		return moreSevere(most, *own)
	case most == nil || len(codes) < 2:
		return most
	}
	for _, code := range codes {
		severity := *cmp.Or(h.said(code), &r.Severity)
		h.repo.setCode(code, severity)
		most = moreSevere(most, severity)
	}
	return most
}

// options are those that the file sets for a rule: the lists of registries and labels go to the rules with the codes of
// hadolint that use them.
func (h *hadolint) options(r *analysis.Rule) map[string]any {
	values := map[string]any{}
	if slices.Contains(r.Aliases, "DL3026") && h.registries != nil {
		values["trusted-registries"] = h.registries
	}
	if slices.ContainsFunc(r.Aliases, aboutLabels) {
		if h.labels != nil {
			values["labels"], values["required"] = h.labels, h.labels
		}
		if h.strict {
			values["strict"] = true
		}
	}
	var options map[string]any
	for _, o := range r.Options {
		if v, ok := values[o.Name]; ok {
			if options == nil {
				options = make(map[string]any)
			}
			options[o.Name] = v
		}
	}
	return options
}

// aboutLabels reports whether a code is one of those that use the label schema.
func aboutLabels(code string) bool { return "DL3049" <= code && code <= "DL3058" && code != "DL3057" }
