package dockerfile

import (
	"bytes"
	"strings"
)

// Begins reports whether the text begins as a Dockerfile does: its first word outside of comments is FROM or ARG.
func Begins(src []byte) bool {
	for line := range bytes.Lines(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' {
			word := string(bytes.Fields(line)[0])
			return strings.EqualFold(word, "FROM") || strings.EqualFold(word, "ARG")
		}
	}
	return false
}
