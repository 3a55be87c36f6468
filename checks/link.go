package checks

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
)

// linkTo is where on GitHub the finding is reported: at its earlier comment, or at the lines of its new one, which has
// no number yet; "" where it has none, or the page of the pull request is not known. It is made of digits and that
// page's address alone.
func (m Meta) linkTo(f review.Finding, comments []review.Comment) string {
	switch {
	case m.URL == "":
	case f.Earlier > 0:
		return fmt.Sprintf("%s#discussion_r%d", m.URL, f.Earlier)
	case f.Where == review.InComment:
		about := func(d analysis.Diagnostic) bool { return d.Fingerprint == f.Diagnostic.Fingerprint }
		for _, c := range comments {
			if slices.ContainsFunc(c.Diagnostics, about) {
				path := sha256.Sum256([]byte(c.Path))
				return fmt.Sprintf("%s/files#diff-%sR%d", m.URL, hex.EncodeToString(path[:]), c.End)
			}
		}
	}
	return ""
}
