package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/checks"
	"github.com/dfbot/dfbot/review"
)

// A check run belongs to a commit, not to a pull request, and of the runs of one name GitHub looks at the newest: on
// the page, and where a branch requires the check. So the newest run has to say what is true of all open pull requests
// with that head now. Each run carries, in its external id, the verdict on the one pull request that it is about; how
// it ends is the worst of theirs.

// CheckRun is one check run of this App.
type CheckRun struct {
	ID         int64 // a newer run has a larger one
	Name       string
	ExternalID string
	Completed  bool
	Conclusion review.Conclusion // "" until completed
}

// Verdict is the result of the review of one pull request on its own.
type Verdict struct {
	Name       string // of the check run
	Pull       int
	Key        string // what was reviewed, see [ExternalID]
	Conclusion review.Conclusion
}

// ExternalID names a check run: the pull request and a key of what was reviewed, so that the same is not said twice on
// a commit. A key may end in a dash and the name of a request, if someone requested another run of the same. The id
// comes back in events, and only this App can write it.
func ExternalID(pull int, key string) string { return fmt.Sprintf("v1:pr=%d:%s", pull, key) }

// withVerdict adds to an ExternalID how the check would end if its pull request were the only one with that head.
func withVerdict(id string, c review.Conclusion) string { return id + ":" + string(c) }

// verdictOf reads an ExternalID; false if the text is not one.
func verdictOf(id string) (v Verdict, ok bool) {
	parts := strings.Split(id, ":")
	if len(parts) < 2 || parts[0] != "v1" {
		return v, false
	}
	number, ok := strings.CutPrefix(parts[1], "pr=")
	n, err := strconv.ParseUint(number, 10, 31)
	if !ok || err != nil || n == 0 {
		return v, false
	}
	v.Pull = int(n)
	if len(parts) > 2 {
		v.Key = parts[2]
	}
	if last := review.Conclusion(parts[len(parts)-1]); last.Known() {
		v.Conclusion = last
	}
	return v, true
}

// Verdict is what the run says of the pull request that it is about, if it is about one. Runs of an earlier version end
// as that one does.
func (r CheckRun) Verdict() Verdict {
	v, _ := verdictOf(r.ExternalID)
	v.Name = r.Name
	v.Conclusion = cmp.Or(v.Conclusion, r.Conclusion)
	return v
}

// reviewed is the part of a key that says what was reviewed; request is the rest.
func reviewed(key string) string { before, _, _ := strings.Cut(key, "-"); return before }

func request(key string) string { _, after, _ := strings.Cut(key, "-"); return after }

// newest is the newest of the runs that fit, or nil.
func newest(runs []CheckRun, fits func(CheckRun) bool) *CheckRun {
	var best *CheckRun
	for i, r := range runs {
		if fits(r) && (best == nil || r.ID > best.ID) {
			best = &runs[i]
		}
	}
	return best
}

// Own is the newest run about the pull request itself, of whatever name, or nil.
func (s *Snapshot) Own() *CheckRun {
	return newest(s.Runs, func(r CheckRun) bool { return r.Verdict().Pull == s.Pull })
}

// Verdict is the newest complete verdict on the pull request, of a key other than this, and whether a run about it is
// in progress.
func (s *Snapshot) Verdict(except string) (v Verdict, begun bool) {
	var about []CheckRun
	for _, r := range s.Runs {
		switch said := r.Verdict(); {
		case said.Pull != s.Pull:
		case !r.Completed:
			begun = true
		case !said.About(except):
			about = append(about, r)
		}
	}
	if top := newest(about, func(CheckRun) bool { return true }); top != nil {
		v = top.Verdict()
	}
	return v, begun
}

// About reports whether the verdict is about what key says, whether or not someone requested it.
func (v Verdict) About(key string) bool { return reviewed(v.Key) == reviewed(key) }

// UpToDate reports whether a new check run would say nothing new: the newest run about the pull request is complete,
// has this name and is about what id says, a request has been met, and the newest run of the name says the worst of all
// open pull requests with this head.
func (s *Snapshot) UpToDate(ctx context.Context, name, id string) (bool, error) {
	own, want := s.Own(), CheckRun{ExternalID: id}.Verdict()
	if own == nil || !own.Completed || own.Name != name || !own.Verdict().About(want.Key) {
		return false, nil
	}
	met := func(r CheckRun) bool { v := r.Verdict(); return r.Completed && v.Pull == s.Pull && v.Key == want.Key }
	if request(want.Key) != "" && !slices.ContainsFunc(s.Runs, met) {
		return false, nil
	}
	return s.Shows(ctx, name, own.Verdict().Conclusion)
}

// Shows reports whether the newest run of the name has the right conclusion, where the pull request on its own deserves
// this one.
func (s *Snapshot) Shows(ctx context.Context, name string, own review.Conclusion) (bool, error) {
	top := newest(s.Runs, func(r CheckRun) bool { return r.Name == name })
	if top == nil || !top.Completed {
		return false, nil
	}
	worse, err := s.worse(ctx, name, own)
	if err != nil {
		return false, err
	}
	if worse != nil {
		own = worse.Conclusion
	}
	return top.Conclusion == own, nil
}

// mostTwins is how many other pull requests of a head are looked up. Of more it is not asked whether they are open.
const mostTwins = 50

// worse finds, of the other open pull requests with this head, the one with the worst verdict under the name, if that
// is worse than own. It asks GitHub nothing where dfbot has reviewed the commit for this pull request only.
func (s *Snapshot) worse(ctx context.Context, name string, own review.Conclusion) (*checks.Other, error) {
	var found []Verdict
	for _, r := range byPull(s.Runs) {
		if v := r.Verdict(); v.Pull != s.Pull && r.Name == name && v.Conclusion.Worse(own) {
			found = append(found, v)
		}
	}
	slices.SortStableFunc(found, func(x, y Verdict) int {
		switch {
		case x.Conclusion.Worse(y.Conclusion):
			return -1
		case y.Conclusion.Worse(x.Conclusion):
			return 1
		}
		return cmp.Compare(x.Pull, y.Pull)
	})
	for i, v := range found {
		open := i >= mostTwins
		if !open {
			var err error
			if open, err = s.shares(ctx, v.Pull); err != nil {
				return nil, err
			}
		}
		if open {
			return &checks.Other{PullRequest: v.Pull, Conclusion: v.Conclusion}, nil
		}
	}
	return nil, nil
}

// byPull keeps the newest run about each pull request, in no order.
func byPull(runs []CheckRun) map[int]CheckRun {
	latest := map[int]CheckRun{}
	for _, r := range runs {
		if v := r.Verdict(); v.Pull > 0 && r.ID > latest[v.Pull].ID {
			latest[v.Pull] = r
		}
	}
	return latest
}

// twins reports whether dfbot has reviewed the head for another pull request too.
func (s *Snapshot) twins() bool {
	return slices.ContainsFunc(s.Runs, func(r CheckRun) bool {
		v := r.Verdict()
		return v.Pull > 0 &&
			v.Pull != s.Pull
	})
}

// shares asks whether another pull request is open and has the same head.
func (s *Snapshot) shares(ctx context.Context, pull int) (bool, error) {
	if known, ok := s.sharing[pull]; ok {
		return known, nil
	}
	p, _, err := s.in.rest.PullRequests.Get(ctx, s.Owner, s.Name, pull)
	if err != nil && !missing(err) {
		return false, fmt.Errorf("look at %s/%s#%d, which has the same head as %s: %w", s.Owner, s.Name, pull, s.Ref,
			typed(err))
	}
	s.sharing[pull] = err == nil && p.GetState() == "open" && p.GetHead().GetSHA() == s.Head
	return s.sharing[pull], nil
}

// leftQuery asks whether a pull request is open, and for the check runs of the commit that was its head.
const leftQuery = `query($owner: String!, $name: String!, $number: Int!, $head: GitObjectID!, $app: Int!) {
  repository(owner: $owner, name: $name) {
    databaseId
    pullRequest(number: $number) { state }
    object(oid: $head) { ...runs }
  }
}
` + runsFragment

// Left looks at the commit that was the head of a pull request when that was closed. Others are open pull requests with
// the same head of which the newest check run no longer says what is true without the one that was closed. If that is
// open, it is not looked for others; one that is not to be seen is not open.
func (c *Client) Left(ctx context.Context, ref job.Ref) (open bool, others []int, err error) {
	in := c.as(ref)
	s := in.newSnapshot(ref)
	open, err = s.readLeft(ctx)
	if missing(err) {
		return false, nil, nil
	}
	if err != nil {
		return false, nil, fmt.Errorf("look at %s: %w", ref, typed(err))
	}
	if open || !s.twins() {
		return open, nil, nil
	}
	others, err = s.misjudged(ctx)
	return false, others, err
}

// LeftBehind are open pull requests whose head is the commit that this one's was before, as Left finds them for one
// that was closed. It asks GitHub nothing where dfbot has reviewed that commit for this pull request only.
func (s *Snapshot) LeftBehind(ctx context.Context) ([]int, error) {
	before := s.in.newSnapshot(s.Ref)
	before.Head, before.Runs = s.Left, s.left
	if s.Left == s.Head || !before.twins() {
		return nil, nil
	}
	others, err := before.misjudged(ctx)
	if err != nil {
		return nil, fmt.Errorf("look at the former head of %s: %w", s.Ref, err)
	}
	return others, nil
}

// readLeft reads what leftQuery asks for, by REST where that is not answered.
func (s *Snapshot) readLeft(ctx context.Context) (open bool, err error) {
	var answer struct {
		Repository *struct {
			DatabaseID int64                   `json:"databaseId"`
			Pull       *struct{ State string } `json:"pullRequest"`
			Object     headNode
		}
	}
	err = s.in.query(ctx, leftQuery, map[string]any{
		"owner": s.Owner, "name": s.Name, "number": s.Pull, "head": s.Head, "app": s.in.client.opts.AppID,
	}, &answer)
	if repo := answer.Repository; err == nil && repo != nil && repo.Pull != nil && repo.DatabaseID == s.Repository {
		return repo.Pull.State == "OPEN", s.takeRuns(ctx, s.Head, repo.Object)
	}
	if err != nil && !errors.Is(err, errNoGraphQL) {
		return false, err
	}
	p, _, err := s.in.rest.PullRequests.Get(ctx, s.Owner, s.Name, s.Pull)
	if err != nil || p.GetState() == "open" {
		return err == nil, err
	}
	s.Runs, err = s.in.runs(ctx, s.Ref)
	return false, err
}

// misjudged finds for each name of a check run the open pull request, other than the snapshot's, with the worst
// verdict, unless the newest run of the name says the same.
func (s *Snapshot) misjudged(ctx context.Context) ([]int, error) {
	var others []int
	for name, top := range byName(s.Runs) {
		worst, err := s.worse(ctx, name, "")
		if err != nil {
			return nil, err
		}
		if worst != nil && (!top.Completed || top.Conclusion != worst.Conclusion) {
			others = append(others, worst.PullRequest)
		}
	}
	slices.Sort(others)
	return others, nil
}

// byName keeps the newest run of each name.
func byName(runs []CheckRun) map[string]CheckRun {
	latest := map[string]CheckRun{}
	for _, r := range runs {
		if r.ID > latest[r.Name].ID {
			latest[r.Name] = r
		}
	}
	return latest
}
