package review

import (
	"slices"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
)

// offered lists what the buttons of a pull request commit, as "button: text" for each Dockerfile.
func offered(prior Prior, files map[string]string) (texts []string, all []Offer) {
	var results []analysis.Result
	pull := Pull{Changes: map[string]Change{}}
	for path, src := range files {
		results = append(results, analyse(path, src))
		pull.Changes[path] = Change{Added: true, Patch: change("", src).Patch}
	}
	all = Offers(New(results, pull, prior, Policy{}), results)
	for _, o := range all {
		for _, f := range o.Files {
			texts = append(texts, o.Least.String()+" "+f.Path+": "+string(f.After))
		}
	}
	return texts, all
}

func TestOffers(t *testing.T) {
	for _, test := range []struct {
		name, src string
		prior     Prior
		path      string
		want      []string
	}{
		{name: "safe and unsafe", src: "FROM a\nRUN bad\nRUN risky\n", want: []string{
			"safe Dockerfile: FROM a\nRUN good\nRUN risky\n", "unsafe Dockerfile: FROM a\nRUN good\nRUN careful\n"}},
		{name: "safe only", src: "FROM a\nRUN bad\nRUN odd\n", want: []string{
			"safe Dockerfile: FROM a\nRUN good\nRUN even\n"}},
		{name: "unsafe only", src: "FROM a\nRUN risky\n", want: []string{"unsafe Dockerfile: FROM a\nRUN careful\n"}},
		{name: "no fix", src: "FROM a\nRUN wrong\nRUN vague\n"},
		{name: "of two for one place the more severe", src: "FROM a\nRUN clash\n",
			want: []string{"safe Dockerfile: FROM a\nRUN calm\n"}},
		{name: "what cannot be seen", src: "FROM a\nRUN hide\nRUN bad\n",
			want: []string{"safe Dockerfile: FROM a\nRUN hide\nRUN good\n"}},
		{name: "what is dismissed", src: "FROM a\nRUN bad\nRUN odd\n",
			prior: Prior{Comments: []Said{said(Dismissed, fingerprints("FROM a\nRUN bad\n", safeRule)...)}},
			want:  []string{"safe Dockerfile: FROM a\nRUN bad\nRUN even\n"}},
		{name: "what a command ignores", src: "FROM a\nRUN bad\nRUN odd\n",
			prior: Prior{Ignored: []Ignore{{Rule: "safe-rule"}}},
			want:  []string{"safe Dockerfile: FROM a\nRUN bad\nRUN even\n"}},
		{name: "a workflow's folder", src: "FROM a\nRUN bad\n", path: ".github/Workflows/Dockerfile"},
		{name: "CRLF", src: "FROM a\r\nRUN bad\r\n", want: []string{"safe Dockerfile: FROM a\r\nRUN good\r\n"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := test.path
			if path == "" {
				path = "Dockerfile"
			}
			if got, _ := offered(test.prior, map[string]string{path: test.src}); !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// What a pull request does not bring is in no button.
func TestOffersAreThePullRequestsOwn(t *testing.T) {
	results := results("FROM a\nRUN bad\nRUN odd\n")
	pull := Pull{Changes: map[string]Change{"Dockerfile": change("FROM a\nRUN bad\n", "FROM a\nRUN bad\nRUN odd\n")}}
	all := Offers(New(results, pull, Prior{}, Policy{}), results)
	if len(all) != 1 || string(all[0].Files[0].After) != "FROM a\nRUN bad\nRUN even\n" {
		t.Errorf("%+v", all)
	}
}

// A button names what it commits: other files, other fixes or another file around them are another button.
func TestButton(t *testing.T) {
	name := func(files map[string]string) string {
		_, all := offered(Prior{}, files)
		return all[0].Button()
	}
	seen := map[string]bool{}
	for _, files := range []map[string]string{
		{"Dockerfile": "FROM a\nRUN bad\n"},
		{"Dockerfile": "FROM b\nRUN bad\n"},
		{"Dockerfile": "FROM a\nRUN odd\n"},
		{"api/Dockerfile": "FROM a\nRUN bad\n"},
		{"Dockerfile": "FROM a\nRUN bad\n", "api/Dockerfile": "FROM a\nRUN bad\n"},
		{"Dockerfile": "FROM a\nRUN risky\n"},
	} {
		button := name(files)
		if len(button) > 20 || seen[button] || button != name(files) {
			t.Errorf("%s names %v", button, files)
		}
		seen[button] = true
	}
}
