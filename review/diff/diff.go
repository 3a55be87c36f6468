// Package diff reads and writes patches. In one direction it reads the patch that GitHub gives for a file of a pull
// request and says which lines of the head version may take a comment and which of them the pull request changed. In
// the other it shows the difference of two texts as a unified diff, and as the one run of lines that a suggestion has
// to replace.
//
// The package knows bytes and lines only. It must never know of Dockerfiles or of GitHub's API, and never do I/O. Line
// numbers are 1-based and count line feeds, as git and GitHub do; a carriage return is part of its line.
package diff

import "strings"

// splitLines cuts text after each line feed. The line feeds stay on, so the
// lines joined again are the text; only the last line may lack one.
func splitLines(text string) []string {
	if text == "" {
		return nil
	}
	lines := strings.SplitAfter(text, "\n")
	if last := len(lines) - 1; lines[last] == "" {
		lines = lines[:last]
	}
	return lines
}
