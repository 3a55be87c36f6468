package render

import (
	"encoding/base64"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rulebook"
)

// The part of SARIF 2.1.0 that dfbot fills
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		ColumnKind  string            `json:"columnKind"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID                   string             `json:"id"`
		ShortDescription     sarifText          `json:"shortDescription"`
		Help                 *sarifText         `json:"help,omitempty"`
		HelpURI              string             `json:"helpUri"`
		DefaultConfiguration sarifConfiguration `json:"defaultConfiguration"`
		Properties           *sarifProperties   `json:"properties,omitempty"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifConfiguration struct {
		Level string `json:"level"`
	}
	sarifProperties struct {
		Tags []string `json:"tags"` // the codes by which other tools know the rule
	}
	sarifInvocation struct {
		ExecutionSuccessful bool                `json:"executionSuccessful"`
		Notifications       []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifResult struct {
		RuleID              string            `json:"ruleId"`
		RuleIndex           int               `json:"ruleIndex"`
		Level               string            `json:"level"`
		Message             sarifText         `json:"message"`
		Locations           []sarifLocation   `json:"locations"`
		PartialFingerprints map[string]string `json:"partialFingerprints"`
		Fixes               []sarifFix        `json:"fixes,omitempty"`
	}
	sarifLocation struct {
		PhysicalLocation sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI       string `json:"uri"`
		URIBaseID string `json:"uriBaseId,omitempty"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine"`
		EndColumn   int `json:"endColumn"`
	}
	sarifFix struct {
		Description     sarifText     `json:"description"`
		ArtifactChanges []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		ArtifactLocation sarifArtifact      `json:"artifactLocation"`
		Replacements     []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		DeletedRegion   sarifRegion   `json:"deletedRegion"`
		InsertedContent *sarifContent `json:"insertedContent,omitempty"`
	}
	sarifContent struct {
		Text   string `json:"text,omitempty"`
		Binary string `json:"binary,omitempty"`
	}
)

const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// SARIF writes the report for code scanning services and editors. Paths are relative to the
// repository's root, %SRCROOT%, or absolute where there is more than one repository.
func SARIF(w io.Writer, r *Report, version string) error {
	index := map[*analysis.Rule]int{}
	driver := sarifDriver{Name: "dfbot", Version: version, InformationURI: "https://github.com/dfbot/dfbot",
		Rules: []sarifRule{}}
	for i, rule := range r.Rules {
		index[rule] = i
		driver.Rules = append(driver.Rules, newSarifRule(rule))
	}
	run := sarifRun{Tool: sarifTool{driver}, Invocations: []sarifInvocation{invocation(r)},
		ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	for _, f := range r.Files {
		s, at := newSource(f.Src), artifact(f, r.Several)
		for _, d := range f.Diagnostics {
			res := newSarifResult(s, at, d)
			res.RuleIndex = index[d.Rule]
			run.Results = append(run.Results, res)
		}
	}
	return indented(w, sarifLog{sarifSchema, "2.1.0", []sarifRun{run}})
}

func newSarifRule(r *analysis.Rule) sarifRule {
	out := sarifRule{ID: r.Name, ShortDescription: sarifText{Text: r.Doc}, HelpURI: RulePage(r),
		DefaultConfiguration: sarifConfiguration{level(r.Severity)}}
	if page := rulebook.Page(r); page != "" {
		out.Help = &sarifText{Text: page, Markdown: page}
	}
	if len(r.Aliases) > 0 {
		out.Properties = &sarifProperties{r.Aliases}
	}
	return out
}

// level is the severity in SARIF's words.
func level(s analysis.Severity) string {
	return map[analysis.Severity]string{analysis.Off: "none", analysis.Notice: "note", analysis.Warning: "warning",
		analysis.Error: "error"}[s]
}

func invocation(r *Report) sarifInvocation {
	inv := sarifInvocation{ExecutionSuccessful: len(r.Trouble) == 0}
	for _, t := range r.Trouble {
		inv.Notifications = append(inv.Notifications, sarifNotification{"error", sarifText{Text: t.String()}})
	}
	return inv
}

func artifact(f *File, several bool) sarifArtifact {
	if several && f.Abs != "" {
		return sarifArtifact{URI: (&url.URL{Scheme: "file", Path: filepath.ToSlash(f.Abs)}).String()}
	}
	return sarifArtifact{URI: (&url.URL{Path: f.Path}).String(), URIBaseID: "%SRCROOT%"}
}

func newSarifResult(s *source, at sarifArtifact, d analysis.Diagnostic) sarifResult {
	span := s.span(d)
	res := sarifResult{
		RuleID: d.Rule.Name, Level: level(d.Severity), Message: sarifText{Text: sentence(d)},
		Locations:           []sarifLocation{{sarifPhysical{at, s.region(span.Start, span.End)}}},
		PartialFingerprints: map[string]string{"dfbot/v1": d.Fingerprint},
	}
	if d.Fixable(analysis.Unsafe) {
		res.Fixes = append(res.Fixes, newSarifFix(s, at, *d.Fix))
	}
	return res
}

// sentence is the message, its reason and what belongs in another file, which is not a fix: its region would
// be the end of a file that was not read here. Text from the repository that viewers would take for a
// link has its brackets escaped.
func sentence(d analysis.Diagnostic) string {
	quote := func(text string) string {
		if strings.Contains(text, "](") {
			text = strings.NewReplacer("[", `\[`, "]", `\]`).Replace(text)
		}
		return quoted(text)
	}
	text := d.Message.Render(quote) + "."
	if d.Why.Format != "" {
		text += " " + d.Why.Render(quote)
	}
	if d.Snippet != nil {
		where := "At the end of " + quote(d.Snippet.Path)
		if d.Snippet.New {
			where = "In a new file " + quote(d.Snippet.Path)
		}
		text += " " + where + " belong:"
		for _, l := range d.Snippet.Lines {
			text += "\n" + quote(l)
		}
	}
	return text
}

func newSarifFix(s *source, at sarifArtifact, fix analysis.Fix) sarifFix {
	text := fix.Title
	if fix.Applicability != analysis.Safe {
		text = strings.TrimSpace(text + " (" + fix.Applicability.String() + "). " + fix.Check().String())
	}
	change := sarifChange{ArtifactLocation: at}
	for _, e := range fix.Edits {
		r := sarifReplacement{DeletedRegion: s.region(e.Span.Start, e.Span.End)}
		switch {
		case !utf8.ValidString(e.New):
			r.InsertedContent = &sarifContent{Binary: base64.StdEncoding.EncodeToString([]byte(e.New))}
		case e.New != "":
			r.InsertedContent = &sarifContent{Text: e.New}
		}
		change.Replacements = append(change.Replacements, r)
	}
	return sarifFix{Description: sarifText{Text: text}, ArtifactChanges: []sarifChange{change}}
}

func (s *source) region(start, end int) sarifRegion {
	a, b := s.position(start), s.position(end)
	return sarifRegion{a.Line, a.Column, b.Line, b.Column}
}
