package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var addURLUnverified = &analysis.Rule{
	Name:       "add-url-unverified",
	Doc:        "ADD of a URL without a checksum, so whatever the server sends goes into the image",
	Topic:      analysis.Network,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning over http, notice over https",
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if add := copyIn(in); add != nil && add.Name == "ADD" && add.Flag("checksum") == nil {
				reportUnverified(p, in, add)
			}
		}
	},
}

func reportUnverified(p *analysis.Pass, in, add *dockerfile.Instruction) {
	sources := add.Words[:len(add.Words)-1]
	for _, w := range sources {
		url := bare(w)
		if v := add.Expand(w.Text); v.Known {
			url = v.Text
		}
		plain := strings.HasPrefix(url, "http://")
		if !plain && !strings.HasPrefix(url, "https://") || gitURL(url) || meantToChange(url) {
			continue
		}
		f := analysis.Finding{
			In: in, Span: w.Span,
			Message: analysis.Say("%s goes into the image without a checksum", url),
			Why: analysis.Say("If the file on the server is replaced, the image silently gets the new one; "+
				"with %s the build stops instead.", "--checksum=sha256:..."),
			AtMost: analysis.Notice,
		}
		if plain {
			f.AtMost = analysis.Off
			f.Why = analysis.Say("It is fetched without encryption, so anyone on the network path can replace it; "+
				"with %s the build stops instead.", "--checksum=sha256:...")
		}
		if len(sources) == 1 && !add.JSON {
			at := add.Keyword.End
			f.Fix = &analysis.Fix{
				Title: "Add the digest of the expected file",
				Edits: []analysis.Edit{analysis.Insert(at, " --checksum=sha256:<digest of the file>")},
			}
		}
		p.Report(f)
	}
}

// gitURL reports whether ADD clones the URL instead of fetching it
// (https://docs.docker.com/reference/dockerfile/#adding-files-from-a-git-repository).
func gitURL(url string) bool {
	url, _, _ = strings.Cut(url, "#")
	url, _, _ = strings.Cut(url, "?")
	return strings.HasSuffix(url, ".git")
}

// meantToChange reports whether the URL is fetched to see whether something changed, which is the usual
// way to rerun a later git clone.
func meantToChange(url string) bool {
	return strings.Contains(url, "//api.github.com/") || strings.Contains(url, "random.org/") ||
		strings.Contains(url, "/worldtimeapi.org/") || strings.Contains(url, "/api/v4/projects/")
}
