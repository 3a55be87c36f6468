package githubtest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A FileChange is one file of a pull request or comparison.
type FileChange struct {
	Path         string
	PreviousPath string // of a renamed file
	Status       string // added, removed, modified, renamed, changed
	SHA          string // blob at the head; at the base for a removed file
	Mode         string // git mode at the head
	Additions    int
	Deletions    int
	Patch        string // hunks without file headers; empty for binary, too large, pure rename
}

// GitHub leaves out the patch of a file beyond these sizes
// (docs.github.com, "Repository limits", diff limits).
const (
	maxPatchLines = 20_000
	maxPatchBytes = 500 * 1024
)

// diff lists what changed between two commits, as git sees it with renames found.
func (o *Objects) diff(base, head string) ([]FileChange, error) {
	var trees [2]string
	for i, commit := range []string{base, head} {
		tree, err := o.objects.read(commit + "^{tree}")
		if err != nil {
			return nil, err
		}
		trees[i] = tree.sha
	}
	return o.diffs.get(trees, func() ([]FileChange, error) { return o.compare(trees[0], trees[1]) })
}

// compare has git compare two trees.
func (o *Objects) compare(base, head string) ([]FileChange, error) {
	if err := o.attributes(head); err != nil {
		return nil, err
	}
	raw, err := o.git(nil, "diff-tree", "-r", "-M", "-z", "--raw", "--numstat", "--no-abbrev", base, head)
	if err != nil {
		return nil, err
	}
	files, err := parseRaw(string(raw))
	if err != nil {
		return nil, err
	}
	text, err := o.git(nil, "diff-tree", "-r", "-M", "-p", "--no-color", base, head)
	if err != nil {
		return nil, err
	}
	return files, addPatches(files, text)
}

// attributes lets git treat as binary what .gitattributes at the root of the head says is: GitHub shows no patch of it
// and counts no lines. All else that attributes can say is left out.
func (o *Objects) attributes(head string) error {
	var kept strings.Builder
	if row, err := o.entry(head, ".gitattributes"); err == nil {
		o, err := o.objects.read(row.sha)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(o.data)) {
			words := strings.Fields(line)
			if len(words) > 1 && (slices.Contains(words[1:], "-diff") || slices.Contains(words[1:], "binary")) {
				fmt.Fprintf(&kept, "%s -diff\n", words[0])
			}
		}
	}
	info := filepath.Join(o.repo.Top, "info")
	if err := os.MkdirAll(info, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(info, "attributes"), []byte(kept.String()), 0o644)
}

var statusNames = map[byte]string{'A': "added", 'D': "removed", 'M': "modified", 'R': "renamed", 'T': "changed"}

// parseRaw reads the output of git diff-tree -z --raw --numstat: all raw rows,
// then all count rows in the same order.
func parseRaw(out string) ([]FileChange, error) {
	words := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
	var files []FileChange
	for len(words) > 0 && strings.HasPrefix(words[0], ":") {
		f := strings.Fields(words[0])
		if len(f) != 5 || len(words) < 2 {
			return nil, fmt.Errorf("read git diff: bad row %q", words[0])
		}
		file := FileChange{Path: words[1], Status: statusNames[f[4][0]], SHA: f[3], Mode: f[1]}
		words = words[2:]
		switch file.Status {
		case "renamed":
			file.PreviousPath, file.Path, words = file.Path, words[0], words[1:]
		case "removed":
			file.SHA, file.Mode = f[2], strings.TrimPrefix(f[0], ":")
		}
		files = append(files, file)
	}
	for i := range files {
		if len(words) == 0 {
			return nil, fmt.Errorf("read git diff: no counts for %q", files[i].Path)
		}
		counts := strings.SplitN(words[0], "\t", 3)
		files[i].Additions, _ = strconv.Atoi(counts[0]) // "-" for a binary file: 0
		files[i].Deletions, _ = strconv.Atoi(counts[1])
		words = words[1:]
		if files[i].Status == "renamed" {
			words = words[2:]
		}
	}
	return files, nil
}

// addPatches cuts git's patch text into the files it belongs to.
func addPatches(files []FileChange, text []byte) error {
	sections := bytes.Split(append([]byte("\n"), text...), []byte("\ndiff --git "))[1:]
	for i := range files {
		n := 1
		if files[i].Status == "changed" {
			n = 2 // git writes a change of type as a deletion and an addition
		}
		if len(sections) < n {
			return fmt.Errorf("read git diff: no patch for %q", files[i].Path)
		}
		if n == 1 {
			files[i].Patch = gitHubPatch(string(sections[0]))
		}
		sections = sections[n:]
	}
	return nil
}

// gitHubPatch cuts the headers off one file's patch.
func gitHubPatch(section string) string {
	at := strings.Index(section, "\n@@ -")
	if at < 0 || strings.Count(section, "\n") > maxPatchLines || len(section) > maxPatchBytes {
		return ""
	}
	return strings.TrimSuffix(section[at+1:], "\n")
}

// hunkLine is one line of a patch below a hunk's header.
type hunkLine struct {
	kind     byte // ' ', '+', '-'
	old, new int  // 1-based line on each side; 0 where it does not exist
	position int  // GitHub's 1-based position in the patch
}

// hunk is one hunk of a patch.
type hunk struct {
	lines []hunkLine
	text  []string // header first, then its lines, for diff_hunk
	oldStart, oldCount,
	newStart, newCount int
}

var hunkHeader = regexp.MustCompile(`^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@`)

// parsePatch reads the hunks of a patch.
func parsePatch(patch string) []hunk {
	var hunks []hunk
	old, new, position := 0, 0, -1
	for line := range strings.SplitSeq(patch, "\n") {
		position++
		if m := hunkHeader.FindStringSubmatch(line); m != nil {
			h := hunk{oldStart: atoi(m[1]), oldCount: count(m[2]), newStart: atoi(m[3]), newCount: count(m[4]),
				text: []string{line}}
			old, new = h.oldStart, h.newStart
			hunks = append(hunks, h)
			continue
		}
		if len(hunks) == 0 || line == "" {
			continue
		}
		h := &hunks[len(hunks)-1]
		h.text = append(h.text, line)
		row := hunkLine{kind: line[0], position: position}
		switch line[0] {
		case '+':
			row.new = new
			new++
		case '-':
			row.old = old
			old++
		case ' ':
			row.old, row.new = old, new
			old++
			new++
		default:
			row.kind = '\\' // "\ No newline at end of file"
		}
		h.lines = append(h.lines, row)
	}
	return hunks
}

func atoi(s string) int { n, _ := strconv.Atoi(s); return n }

// count reads the optional length of a hunk's side: 1 when it is left out.
func count(s string) int {
	if s == "" {
		return 1
	}
	return atoi(s)
}

// find gives the index of the row that shows a line of one side, or -1.
// RIGHT finds added and context lines, LEFT deleted and context ones.
func (h hunk) find(side string, line int) int {
	for i, row := range h.lines {
		if side == "LEFT" && row.old == line && row.old > 0 || side != "LEFT" && row.new == line && row.new > 0 {
			return i
		}
	}
	return -1
}

// moveLines returns where the lines first..last of one blob are in another.
// ok is false when one of them was changed or removed.
func (o *Objects) moveLines(from, to string, first, last int) (moved int, ok bool, err error) {
	if from == to {
		return first, true, nil
	}
	out, err := o.once(nil, "diff", "--no-color", "--text", "-U0", from, to)
	if err != nil {
		return 0, false, err
	}
	shift := 0
	for line := range strings.Lines(string(out)) {
		m := hunkHeader.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		start, removed, added := atoi(m[1]), count(m[2]), count(m[4])
		if removed == 0 {
			start++ // "-5,0" is an insertion after line 5
		}
		if start > last {
			break
		}
		if start+removed > first && (removed > 0 || start > first) {
			return 0, false, nil
		}
		shift += added - removed
	}
	return first + shift, true, nil
}
