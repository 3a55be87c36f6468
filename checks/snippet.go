package checks

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
)

// blocks joins what the diagnostics would add to other files: one block for each file, each line once.
func blocks(ds []analysis.Diagnostic) []analysis.Snippet {
	var all []analysis.Snippet
	for _, d := range ds {
		if d.Snippet == nil {
			continue
		}
		at := slices.IndexFunc(all, func(b analysis.Snippet) bool { return b.Path == d.Snippet.Path })
		if at < 0 {
			at = len(all)
			all = append(all, analysis.Snippet{Path: d.Snippet.Path, New: d.Snippet.New})
		}
		for _, l := range d.Snippet.Lines {
			if !slices.Contains(all[at].Lines, l) {
				all[at].Lines = append(all[at].Lines, l)
			}
		}
	}
	return all
}

// forOtherFiles shows the blocks of the diagnostics to be copied, each a sentence and a fence.
func forOtherFiles(ds []analysis.Diagnostic) string {
	var parts []string
	for _, b := range blocks(ds) {
		parts = append(parts, "\n"+fencedSnippet(b))
	}
	shown, left := within(parts, blockShare)
	if left > 0 {
		shown += "\nThe lines for " + plural(left, "more file", "more files") + " are too long to show here.\n"
	}
	return strings.TrimPrefix(shown, "\n")
}

func fencedSnippet(b analysis.Snippet) string {
	text := ""
	for _, l := range b.Lines {
		text += l + "\n"
	}
	block, ok := Fence("", text)
	if !ok {
		return "The lines for " + Code(b.Path) + " contain characters that cannot be shown.\n"
	}
	return intoFile(b) + ":\n\n" + block
}

// intoFile begins the sentence that ends in the block's lines.
func intoFile(b analysis.Snippet) string {
	if b.New {
		return "Add a file " + Code(b.Path)
	}
	return "Add at the end of " + Code(b.Path)
}

// mostLines is the most lines of a block that a sentence names.
const mostLines = 10

// inWords is the block in a sentence, where there is no room for a fence; "" where there is none.
func inWords(b *analysis.Snippet) string {
	if b == nil {
		return ""
	}
	var lines []string
	for _, l := range b.Lines[:min(len(b.Lines), mostLines)] {
		lines = append(lines, Code(l))
	}
	if more := len(b.Lines) - mostLines; more > 0 {
		lines = append(lines, plural(more, "more line", "more lines"))
	}
	return " " + intoFile(*b) + ": " + and(lines) + "."
}

// unfenced shows the blocks of the findings in annotations, which have no fences.
func unfenced(fs []review.Finding) string {
	var ds []analysis.Diagnostic
	for _, f := range fs {
		if f.Where == review.InAnnotation {
			ds = append(ds, f.Diagnostic)
		}
	}
	if text := forOtherFiles(ds); text != "" {
		return "\n### For other files\n\n" + text
	}
	return ""
}
