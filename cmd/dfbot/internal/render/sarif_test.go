package render_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/dfbot/dfbot/cmd/dfbot/internal/render"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rules"
)

// judged is what analysis makes of the unit.
func judged(u analysis.Unit) analysis.Result {
	res, err := analysis.Run(context.Background(), u)
	if err != nil {
		panic(err) // the context has no end
	}
	return res
}

// files are Dockerfiles with fixes at places that are easy to miscount.
var files = map[string]string{
	"plain/Dockerfile": "FROM debian:12\nRUN apt-get install -y gcc\nCMD serve\n",
	"a b/größe#1:x":    "FROM debian:12\nRUN echo 'größe 漢字' && apt-get install -y gcc\nCMD serve \"größe\"",
	"mark/Dockerfile":  "\ufeffFROM debian:12\nRUN apt-get install -y gcc\n",
	"crlf/Dockerfile": "FROM debian:12\r\nRUN echo ä && \\\r\n\tapt-get install \\\r\n\t  gcc\r\nENTRYPOINT " +
		"serve --all\r\n",
	"broken/Dockerfile":       "FROM debian:12\nNONSENSE [x](http://example.com)\n",
	"clean/Containerfile.dev": "FROM scratch\n",
	"empty/Dockerfile":        "",
}

// model are three rules whose fixes reach over words, lines and instructions: a new rule changes no test here.
func model() []analysis.Active {
	var all []analysis.Active
	for _, name := range []string{"apt-recommends", "copy-before-install", "shell-form-command"} {
		r := rules.ByName(name)
		all = append(all, analysis.Active{Rule: r, Severity: r.Severity})
	}
	return all
}

func report(t testing.TB, files map[string]string) *render.Report {
	r := &render.Report{Rules: append([]*analysis.Rule{analysis.DoesNotParse}, rules.All...)}
	for path, src := range files {
		res := judged(analysis.Unit{Path: path, Src: []byte(src), Rules: model()})
		r.Files = append(r.Files,
			&render.File{Name: path, Path: path, Abs: "/root/" + path, Src: []byte(src), Diagnostics: res.Diagnostics})
	}
	slices.SortFunc(r.Files, func(a, b *render.File) int { return strings.Compare(a.Name, b.Name) })
	return r
}

// decode holds SARIF against the schema of the standard and reads it back.
func decode(t *testing.T, data []byte) *sarif.Run {
	t.Helper()
	validate(t, data)
	log, err := sarif.FromBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	return log.Runs[0]
}

func TestSARIFIsValid(t *testing.T) {
	for name, r := range map[string]*render.Report{
		"findings": report(t, files),
		"nothing":  {},
		"trouble":  {Trouble: []render.Trouble{{Name: "x", Line: 3, Message: "is broken"}}},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := render.SARIF(&b, r, "1.2.3"); err != nil {
				t.Fatal(err)
			}
			run := decode(t, b.Bytes())
			if *run.ColumnKind != "unicodeCodePoints" {
				t.Errorf("columns are %s", *run.ColumnKind)
			}
			if ok := *run.Invocations[0].ExecutionSuccessful; ok != (len(r.Trouble) == 0) {
				t.Errorf("successful: %v", ok)
			}
			for _, res := range run.Results {
				if rule := run.Tool.Driver.Rules[res.RuleIndex]; *rule.ID != *res.RuleID {
					t.Errorf("result of %s points to rule %s", *res.RuleID, *rule.ID)
				}
			}
		})
	}
}

// TestSARIFReplacements makes the fixes as a reader of the file would, by lines and columns, and
// compares with what the edits make of it.
func TestSARIFReplacements(t *testing.T) {
	r := report(t, files)
	var b bytes.Buffer
	if err := render.SARIF(&b, r, ""); err != nil {
		t.Fatal(err)
	}
	run := decode(t, b.Bytes())
	i, fixes := 0, 0
	for _, f := range r.Files {
		for _, d := range f.Diagnostics {
			res := run.Results[i]
			i++
			if got := res.PartialFingerprints["dfbot/v1"]; got != d.Fingerprint || got == "" {
				t.Errorf("%s: fingerprint %q, want %q", f.Name, got, d.Fingerprint)
			}
			if d.Fix == nil {
				continue
			}
			want, err := analysis.Apply(f.Src, d.Fix.Edits)
			if err != nil {
				t.Fatal(err)
			}
			if got := replace(string(f.Src), res.Fixes[0].ArtifactChanges[0].Replacements); got != string(want) {
				t.Errorf("%s: %s: got\n%s\nwant\n%s", f.Name, d.Fix.Title, got, want)
			}
			fixes++
		}
	}
	if fixes < 5 {
		t.Errorf("only %d fixes were compared", fixes)
	}
}

func replace(src string, rs []*sarif.Replacement) string {
	slices.SortFunc(rs, func(a, b *sarif.Replacement) int { return start(src, b) - start(src, a) })
	for _, r := range rs {
		d, text := r.DeletedRegion, ""
		if r.InsertedContent != nil {
			text = *r.InsertedContent.Text
		}
		src = src[:start(src, r)] + text + src[offset(src, *d.EndLine, *d.EndColumn):]
	}
	return src
}

func start(src string, r *sarif.Replacement) int {
	return offset(src, *r.DeletedRegion.StartLine, *r.DeletedRegion.StartColumn)
}

// offset counts as the standard says: characters of the line, without the byte order mark.
func offset(src string, line, column int) int {
	at := 0
	if strings.HasPrefix(src, "\ufeff") {
		at = len("\ufeff")
	}
	for ; line > 1; line-- {
		at += strings.Index(src[at:], "\n") + 1
	}
	for ; column > 1; column-- {
		_, n := utf8.DecodeRuneInString(src[at:])
		at += n
	}
	return at
}

func TestSARIFPlaces(t *testing.T) {
	r := report(t, map[string]string{
		"a b/größe#1:x":     files["a b/größe#1:x"],
		"broken/Dockerfile": files["broken/Dockerfile"],
	})
	var b bytes.Buffer
	if err := render.SARIF(&b, r, ""); err != nil {
		t.Fatal(err)
	}
	results := decode(t, b.Bytes()).Results
	at := results[0].Locations[0].PhysicalLocation
	if got := *at.ArtifactLocation.URI; got != "a%20b/gr%C3%B6%C3%9Fe%231:x" {
		t.Errorf("address %s", got)
	}
	if got := *at.ArtifactLocation.URIBaseID; got != "%SRCROOT%" {
		t.Errorf("base %s", got)
	}
	if got := *at.Region.StartColumn; got != 24 {
		t.Errorf("column %d, want 24", got)
	}
	r.Several = true
	b.Reset()
	if err := render.SARIF(&b, r, ""); err != nil {
		t.Fatal(err)
	}
	at = decode(t, b.Bytes()).Results[0].Locations[0].PhysicalLocation
	if got := *at.ArtifactLocation.URI; got != "file:///root/a%20b/gr%C3%B6%C3%9Fe%231:x" ||
		at.ArtifactLocation.URIBaseID != nil {
		t.Errorf("address %s", got)
	}
}

// TestCorpus renders real Dockerfiles in every way.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("DFBOT_CORPUS")
	if dir == "" {
		t.Skip("DFBOT_CORPUS is not set: no real Dockerfiles to read")
	}
	names, err := filepath.Glob(filepath.Join(dir, "dockerfiles", "*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	all := map[string]string{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(name)] = string(data)
	}
	r := report(t, all)
	var b bytes.Buffer
	if err := render.SARIF(&b, r, ""); err != nil {
		t.Fatal(err)
	}
	decode(t, b.Bytes())
	b.Reset()
	if err := render.JSON(&b, r); err != nil || !json.Valid(b.Bytes()) {
		t.Errorf("JSON: %v", err)
	}
	b.Reset()
	if err := render.Text(&b, r, true); err != nil || !utf8.Valid(b.Bytes()) {
		t.Errorf("text: %v", err)
	}
	t.Logf("%d files, %+v", len(names), r.Summary())
}
