package rules_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rulebook"
	"github.com/dfbot/dfbot/review/rules"
)

const hadolintPage = "../../docs/hadolint.md"

// hadolintCode is one of hadolint's rules, with what it finds in a few words.
type hadolintCode struct{ code, finds string }

// hadolintCodes are the rules of hadolint 2.15.1.
var hadolintCodes = []hadolintCode{
	{"DL1001", "a comment that ignores rules"},
	{"DL3000", "a relative WORKDIR"},
	{"DL3001", "programs that make no sense in a container: ssh, vim, mount, ..."},
	{"DL3002", "the last USER is root"},
	{"DL3003", "cd in a RUN"},
	{"DL3004", "sudo"},
	{"DL3006", "a base image without a tag"},
	{"DL3007", "a base image with the tag latest"},
	{"DL3008", "apt-get install without versions"},
	{"DL3009", "apt's lists stay in the image"},
	{"DL3010", "COPY of an archive that is unpacked later: ADD does both"},
	{"DL3011", "a port above 65535"},
	{"DL3012", "more than one HEALTHCHECK"},
	{"DL3013", "pip install without versions"},
	{"DL3014", "apt-get install without -y"},
	{"DL3015", "apt-get install without --no-install-recommends"},
	{"DL3016", "npm install without versions"},
	{"DL3018", "apk add without versions"},
	{"DL3019", "apk add without --no-cache"},
	{"DL3020", "ADD of local files"},
	{"DL3021", "COPY of several files to a destination without a slash"},
	{"DL3022", "COPY --from a stage that does not exist"},
	{"DL3023", "COPY --from the stage itself"},
	{"DL3024", "two stages with the same name"},
	{"DL3025", "CMD and ENTRYPOINT in shell form"},
	{"DL3026", "an image from a registry that is not trusted"},
	{"DL3027", "apt instead of apt-get"},
	{"DL3028", "gem install without versions"},
	{"DL3029", "a fixed --platform in FROM"},
	{"DL3030", "yum install without -y"},
	{"DL3032", "yum's cache stays in the image"},
	{"DL3033", "yum install without versions"},
	{"DL3034", "zypper without --non-interactive"},
	{"DL3035", "zypper dist-upgrade"},
	{"DL3036", "zypper's cache stays in the image"},
	{"DL3037", "zypper install without versions"},
	{"DL3038", "dnf install without -y"},
	{"DL3040", "dnf's cache stays in the image"},
	{"DL3041", "dnf install without versions"},
	{"DL3042", "pip's cache stays in the image"},
	{"DL3043", "ONBUILD of ONBUILD, FROM or MAINTAINER"},
	{"DL3044", "an ENV that uses a variable it sets itself"},
	{"DL3045", "COPY to a relative destination without a WORKDIR"},
	{"DL3046", "useradd with a high user id without --no-log-init"},
	{"DL3047", "wget without --progress"},
	{"DL3048", "a label's key that is not well formed"},
	{"DL3049", "a missing label that the schema requires"},
	{"DL3050", "a label that the schema does not know"},
	{"DL3051", "an empty label"},
	{"DL3052", "a label that should be a URL"},
	{"DL3053", "a label that should be a time"},
	{"DL3054", "a label that should be a licence"},
	{"DL3055", "a label that should be a Git hash"},
	{"DL3056", "a label that should be a semantic version"},
	{"DL3057", "no HEALTHCHECK"},
	{"DL3058", "a label that should be an e-mail address"},
	{"DL3059", "RUNs that could be one"},
	{"DL3060", "yarn's cache stays in the image"},
	{"DL3061", "an instruction before the first FROM"},
	{"DL3062", "go install without a version"},
	{"DL3063", "a stage named scratch or context"},
	{"DL3064", "a secret in ARG or ENV"},
	{"DL3065", "FROM --platform=$TARGETPLATFORM, which is the default"},
	{"DL3066", "a USER by name"},
	{"DL3067", "COPY of the whole file system of another stage"},
	{"DL4000", "MAINTAINER"},
	{"DL4001", "wget and curl in one image"},
	{"DL4003", "more than one CMD"},
	{"DL4004", "more than one ENTRYPOINT"},
	{"DL4005", "ln over /bin/sh"},
	{"DL4006", "a pipe without pipefail"},
}

// beyondHadolint are hadolint's codes without a rule: the one for files that do not parse, and those that it dropped.
var beyondHadolint = []string{"DL1000", "DL3005", "DL3017", "DL3031", "DL3039"}

// TestHadolintPage: docs/hadolint.md has a row for each of hadolint's codes, with the rules that
// have it as an alias, and lists the differences; -update writes both into the page.
func TestHadolintPage(t *testing.T) {
	data, err := os.ReadFile(hadolintPage)
	if err != nil {
		t.Fatal(err)
	}
	want := string(data)
	for name, text := range map[string]string{"codes": codesTable(t), "differences": differencesList(t)} {
		if want, err = between(want, name, text); err != nil {
			t.Fatal(err)
		}
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(hadolintPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(data) {
		t.Errorf("%s is not what the rules say: run make update", hadolintPage)
	}
}

// between puts the text between the page's marks of that name.
func between(page, name, text string) (string, error) {
	head, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	before, rest, ok := strings.Cut(page, head)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return "", fmt.Errorf("no place for the %s in %s", name, hadolintPage)
	}
	return before + head + text + end + after, nil
}

func codesTable(t *testing.T) string {
	t.Helper()
	if len(hadolintCodes) != 71 ||
		!slices.IsSortedFunc(hadolintCodes, func(a, b hadolintCode) int { return strings.Compare(a.code, b.code) }) {
		t.Errorf("%d codes, perhaps out of order: hadolint has 71", len(hadolintCodes))
	}
	var b strings.Builder
	b.WriteString("| code | finds | rule | severity | proved fix |\n|---|---|---|---|---|\n")
	for i, c := range hadolintCodes {
		if i > 0 && hadolintCodes[i-1].code == c.code {
			t.Errorf("%s is there twice", c.code)
		}
		var names, severities, fixes []string
		for _, r := range rulesFor(c.code) {
			names = append(names, fmt.Sprintf("[%s](rules/%s.md)", r.Name, r.Name))
			severities = append(severities, r.Severity.String())
			fixes = append(fixes, map[bool]string{true: "yes", false: "no"}[rulebook.HasFix(r)])
		}
		if len(names) == 0 {
			t.Errorf("no rule has the alias %s", c.code)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", c.code, cell(c.finds),
			strings.Join(names, ", "), strings.Join(severities, ", "), strings.Join(fixes, ", "))
	}
	return b.String()
}

// differencesList names the differences, code by code.
func differencesList(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| code | dfbot, unlike hadolint | reason |\n|---|---|---|\n")
	sorted := slices.Clone(deliberate)
	slices.SortStableFunc(sorted, func(a, b difference) int { return strings.Compare(a.codes, b.codes) })
	for _, d := range sorted {
		codes := strings.Fields(d.codes)
		for _, code := range codes {
			if strings.HasPrefix(code, "DL") && !isHadolintCode(code) {
				t.Errorf("hadolint has no %s", code)
			}
		}
		does := map[bool]string{true: "reports it", false: "is silent"}[d.fires]
		fmt.Fprintf(&b, "| %s | %s | %s |\n", strings.Join(codes, ", "), does, cell(d.why))
	}
	return b.String()
}

// cell makes text fit into a table of Markdown.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// TestHadolintAliases: no alias of a rule is a code that hadolint does not have.
func TestHadolintAliases(t *testing.T) {
	for _, r := range rulebook.All() {
		for _, a := range r.Aliases {
			if strings.HasPrefix(a, "DL") && !isHadolintCode(a) && !slices.Contains(beyondHadolint, a) {
				t.Errorf("%s has the alias %s, which hadolint does not have", r.Name, a)
			}
		}
	}
}

// TestAliasOfFinding: a finding of a rule with several of hadolint's codes has the one that means it.
func TestAliasOfFinding(t *testing.T) {
	schema := map[string]any{"strict": true,
		"labels": []string{"a:url", "b:rfc3339", "c:spdx", "d:hash", "e:semver", "f:email", "g:text"}}
	for _, c := range []struct{ rule, line, code string }{
		{"unpinned-package", "RUN apt-get install -y gcc", "DL3008"},
		{"unpinned-package", "RUN apk add gcc", "DL3018"},
		{"unpinned-package", "RUN yum install -y gcc", "DL3033"},
		{"unpinned-package", "RUN zypper install gcc", "DL3037"},
		{"unpinned-package", "RUN dnf install -y gcc", "DL3041"},
		{"unpinned-language-package", "RUN pip install flask", "DL3013"},
		{"unpinned-language-package", "RUN pipx install black", "DL3013"},
		{"unpinned-language-package", "RUN yarn add express", "DL3016"},
		{"unpinned-language-package", "RUN npm install express", "DL3016"},
		{"unpinned-language-package", "RUN gem install rake", "DL3028"},
		{"unpinned-language-package", "RUN go install example.com/x@latest", "DL3062"},
		{"label-schema", "LABEL z=1", "DL3050"},
		{"label-schema", `LABEL g=""`, "DL3051"},
		{"label-schema", "LABEL a=x", "DL3052"},
		{"label-schema", "LABEL b=x", "DL3053"},
		{"label-schema", "LABEL c=x", "DL3054"},
		{"label-schema", "LABEL d=x", "DL3055"},
		{"label-schema", "LABEL e=x", "DL3056"},
		{"label-schema", "LABEL f=x", "DL3058"},
	} {
		active := analysis.Active{Rule: rules.ByName(c.rule), Severity: analysis.Notice, Options: schema}
		res := judged(analysis.Unit{Path: "Dockerfile", Src: []byte("FROM debian:12\n" + c.line + "\n"),
			Rules: []analysis.Active{active}})
		if len(res.Diagnostics) != 1 || res.Diagnostics[0].Code != c.code ||
			!slices.Contains(active.Rule.Aliases, c.code) {
			t.Errorf("%s: %d findings of %s, want one of %s", c.line, len(res.Diagnostics), c.rule, c.code)
		}
	}
}

func isHadolintCode(code string) bool {
	return slices.ContainsFunc(hadolintCodes, func(c hadolintCode) bool { return c.code == code })
}

// rulesFor returns the rules that have the code as an alias.
func rulesFor(code string) []*analysis.Rule {
	var all []*analysis.Rule
	for _, r := range rulebook.All() {
		if slices.Contains(r.Aliases, code) {
			all = append(all, r)
		}
	}
	return all
}
