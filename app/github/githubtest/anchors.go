package githubtest

import (
	"cmp"
	"strings"
)

// anchorInput is where a client asks for a comment.
type anchorInput struct {
	Path      string `json:"path"`
	Line      *int   `json:"line"`
	Side      string `json:"side"`
	StartLine *int   `json:"start_line"`
	StartSide string `json:"start_side"`
	Position  *int   `json:"position"`
	Subject   string `json:"subject_type"`
}

// complaint is what GitHub holds against one field of a comment's anchor.
type complaint struct{ field, text string }

// GitHub's complaints, as its answers quoted in issue threads have them.
var (
	badPath      = complaint{"path", "is invalid"}
	badPosition  = complaint{"position", "is invalid"}
	badSide      = complaint{"side", "is not included in the list"}
	outsideDiff  = complaint{"line", "must be part of the diff"}
	startOutside = complaint{"start_line", "must be part of the same hunk as the line."}
	startAfter   = complaint{"start_line", "must precede the end line."}
	noHunk       = complaint{"diff_hunk", "can't be blank"}
	noBody       = complaint{"body", "can't be blank"}
	longBody     = complaint{"body", "is too long (maximum is 65536 characters)"}
)

// sentence writes the complaints about one comment as the one text that a
// refused review has for it.
func sentence(list []complaint) string {
	var words []string
	for _, c := range list {
		words = append(words, "Pull request review thread "+strings.ReplaceAll(c.field, "_", " ")+" "+c.text)
	}
	switch n := len(words); n {
	case 0, 1:
		return strings.Join(words, "")
	case 2:
		return words[0] + " and " + words[1]
	default:
		return strings.Join(words[:n-1], ", ") + ", and " + words[n-1]
	}
}

// anchor checks the input against the diff of the pull request at one of its
// commits. The second result is what GitHub has against it; nil when all is well.
func (p *Pull) anchor(in anchorInput, commit string) (Anchor, []complaint) {
	a := Anchor{CommitID: commit, OriginalCommitID: commit, Subject: "line", Side: cmp.Or(in.Side, "RIGHT")}
	base, err := p.repo.store.mergeBase(p.base, commit)
	file, ok := p.fileAt(commit, in.Path)
	if err != nil || !ok {
		return a, []complaint{badPath, noHunk}
	}
	a.originalBase = base
	if in.Subject == "file" {
		a.Subject, a.Side = "file", ""
		return a, nil
	}
	hunks := parsePatch(file.Patch)
	if in.Position != nil {
		return a, a.atPosition(hunks, *in.Position)
	}
	if in.Line == nil {
		return a, []complaint{outsideDiff, noHunk}
	}
	a.Line = *in.Line
	if in.StartLine != nil {
		a.StartLine, a.StartSide = *in.StartLine, cmp.Or(in.StartSide, a.Side)
	}
	return a, a.place(hunks)
}

// place checks the anchor's lines against the hunks and fills in the rest.
func (a *Anchor) place(hunks []hunk) []complaint {
	if a.Side != "RIGHT" && a.Side != "LEFT" {
		return []complaint{badSide}
	}
	i, row := locate(hunks, a.Side, a.Line)
	if i < 0 && a.StartSide != "" {
		return []complaint{outsideDiff, startOutside, noHunk}
	}
	if i < 0 {
		return []complaint{outsideDiff, noHunk}
	}
	if a.StartSide != "" {
		j, first := locate(hunks, a.StartSide, a.StartLine)
		if j != i {
			return []complaint{startOutside}
		}
		if first >= row {
			return []complaint{startAfter}
		}
	}
	a.Position = hunks[i].lines[row].position
	a.OriginalPosition, a.OriginalLine, a.OriginalStartLine = a.Position, a.Line, a.StartLine
	a.DiffHunk = joinLines(hunks[i].text[:row+2])
	return nil
}

// atPosition places the anchor by the older position in the patch.
func (a *Anchor) atPosition(hunks []hunk, position int) []complaint {
	for _, h := range hunks {
		for _, row := range h.lines {
			if row.position != position || row.kind == '\\' {
				continue
			}
			a.Side, a.Line = "RIGHT", row.new
			if row.kind == '-' {
				a.Side, a.Line = "LEFT", row.old
			}
			return a.place(hunks)
		}
	}
	return []complaint{badPosition, noHunk}
}

// locate finds a line in the hunks: which hunk, and which row of it; -1 when it is not shown.
func locate(hunks []hunk, side string, line int) (int, int) {
	for i, h := range hunks {
		if row := h.find(side, line); row >= 0 {
			return i, row
		}
	}
	return -1, -1
}

// followDiff moves every thread with its lines after a push or a retarget: a
// thread whose lines were changed, or are no longer in the diff, is outdated.
func (p *Pull) followDiff() error {
	base, err := p.repo.store.mergeBase(p.base, p.head)
	if err != nil {
		return err
	}
	for _, t := range p.threads {
		if err := p.follow(t, base); err != nil {
			return err
		}
	}
	return nil
}

func (p *Pull) follow(t *Thread, base string) error {
	a := &t.Anchor
	file, shown := p.fileAt(p.head, t.Path)
	if a.Subject == "file" {
		t.Outdated = !shown
		if shown {
			a.CommitID = p.head
		}
		return nil
	}
	line, start, ok, err := p.moved(t, file, base)
	if err != nil {
		return err
	}
	hunks := parsePatch(file.Patch)
	i, row := locate(hunks, a.Side, line)
	if !ok || !shown || i < 0 {
		t.Outdated, a.Line, a.StartLine, a.Position = true, 0, 0, 0
		return nil
	}
	t.Outdated, a.Line, a.StartLine = false, line, start
	a.Position, a.CommitID = hunks[i].lines[row].position, p.head
	return nil
}

// moved says where the thread's lines are now, counted from where they were
// when it was written, so that a reverted change brings a comment back.
func (p *Pull) moved(t *Thread, file FileChange, base string) (line, start int, ok bool, err error) {
	a := t.Anchor
	from, to, path := a.OriginalCommitID, p.head, t.Path
	if a.Side == "LEFT" {
		from, to, path = a.originalBase, base, cmp.Or(file.PreviousPath, t.Path)
	}
	old, err1 := p.repo.store.objects.read(from + ":" + path)
	new, err2 := p.repo.store.objects.read(to + ":" + path)
	if err1 != nil || err2 != nil {
		return 0, 0, false, nil
	}
	first := a.OriginalLine
	if a.OriginalStartLine != 0 && a.StartSide == a.Side {
		first = a.OriginalStartLine
	}
	now, ok, err := p.repo.store.moveLines(old.sha, new.sha, first, a.OriginalLine)
	if err != nil || !ok {
		return 0, 0, false, err
	}
	line = now + a.OriginalLine - first
	if a.OriginalStartLine != 0 {
		start = a.OriginalStartLine + line - a.OriginalLine
	}
	return line, start, true, nil
}
