package githubtest

import (
	"fmt"
	"slices"
	"time"
)

// A CheckRun is one check run, as an App wrote it.
type CheckRun struct {
	ID          int64
	Name        string
	HeadSHA     string
	Status      string // queued, in_progress, completed
	Conclusion  string // empty until completed
	ExternalID  string
	DetailsURL  string
	Title       string
	Summary     string
	Text        string
	Annotations []Annotation
	Actions     []Action
	StartedAt   time.Time
	CompletedAt time.Time
	App         *App

	suite *CheckSuite
}

// An Annotation is one annotation of a check run, with the API's own names.
type Annotation struct {
	Path        string `json:"path"`
	StartLine   int    `json:"start_line"` // 1-based
	EndLine     int    `json:"end_line"`
	StartColumn int    `json:"start_column"` // 0 when not given
	EndColumn   int    `json:"end_column"`
	Level       string `json:"annotation_level"` // notice, warning, failure
	Message     string `json:"message"`
	Title       string `json:"title"`
	RawDetails  string `json:"raw_details"`
}

// An Action is a button on a check run.
type Action struct {
	Label       string `json:"label"`
	Description string `json:"description"`
	Identifier  string `json:"identifier"`
}

// A CheckSuite is the check runs of one App on one commit.
type CheckSuite struct {
	ID      int64
	HeadSHA string
	App     *App

	branch        string // empty for a commit of a fork
	before, after string
	createdAt     time.Time
}

// suite finds or makes the App's suite for a commit of the repository.
func (s *Server) suite(r *Repo, a *App, sha string) *CheckSuite {
	i := slices.IndexFunc(r.suites, func(cs *CheckSuite) bool { return cs.App == a && cs.HeadSHA == sha })
	if i >= 0 {
		return r.suites[i]
	}
	cs := &CheckSuite{ID: s.id("suite", 6001), HeadSHA: sha, App: a, createdAt: s.now(), after: sha}
	heads := r.store.heads[r.ID]
	for _, name := range sortedKeys(heads) {
		if heads[name] == sha && cs.branch == "" {
			cs.branch = name
		}
	}
	r.suites = append(r.suites, cs)
	return cs
}

// requestSuites makes a suite for each App that may write checks, as GitHub
// does on a push, and sends check_suite requested.
func (s *Server) requestSuites(r *Repo, branch, before, after string) {
	for _, in := range s.installations {
		if !in.covers(r) || !in.suspended.IsZero() || in.permissions["checks"] != "write" {
			continue
		}
		cs := s.suite(r, in.App, after)
		cs.branch, cs.before = branch, before
		s.emitTo(in, "check_suite", "requested", r, r.owner, obj{"check_suite": s.suiteJSON(r, cs, false)})
	}
}

// state is the status and conclusion of a suite: those of its newest runs.
func (r *Repo) suiteState(cs *CheckSuite) (status, conclusion string) {
	status = "queued"
	worst := -1
	for _, run := range latest(r.runsOf(cs)) {
		if run.Status != "completed" {
			return "in_progress", ""
		}
		if rank := slices.Index(conclusionRank, run.Conclusion); rank > worst {
			worst = rank
		}
		status = "completed"
	}
	if worst >= 0 {
		conclusion = conclusionRank[worst]
	}
	return status, conclusion
}

// conclusionRank orders conclusions by what they make of a suite.
var conclusionRank = []string{"skipped", "neutral", "success", "stale", "cancelled", "timed_out", "failure",
	"action_required"}

func (r *Repo) runsOf(cs *CheckSuite) []*CheckRun {
	var runs []*CheckRun
	for _, run := range r.runs {
		if run.suite == cs {
			runs = append(runs, run)
		}
	}
	return runs
}

// latest keeps the newest run of each name and App, newest first.
func latest(runs []*CheckRun) []*CheckRun {
	type key struct {
		suite *CheckSuite
		name  string
	}
	seen := map[key]bool{}
	var kept []*CheckRun
	for _, run := range slices.Backward(runs) {
		k := key{run.suite, run.Name}
		if !seen[k] {
			seen[k] = true
			kept = append(kept, run)
		}
	}
	return kept
}

// CheckRuns lists copies of all check runs on a commit, oldest first.
func (r *Repo) CheckRuns(sha string) []CheckRun {
	r.srv.mu.Lock()
	defer r.srv.mu.Unlock()
	var runs []CheckRun
	for _, run := range r.runs {
		if run.HeadSHA == sha {
			c := *run
			c.Annotations, c.Actions = slices.Clone(run.Annotations), slices.Clone(run.Actions)
			runs = append(runs, c)
		}
	}
	return runs
}

// RerequestRun does what "Re-run" beside one check does.
func (r *Repo) RerequestRun(id int64, by string) {
	s := r.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, run := range r.runs {
		if run.ID == id {
			s.emitOwn(run.App, "check_run", "rerequested", r, by, obj{"check_run": s.runEventJSON(r, run)})
		}
	}
}

// Press presses a button of a check run, as a person does it on the page.
func (r *Repo) Press(id int64, identifier, by string) error {
	s := r.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, run := range r.runs {
		if run.ID == id && run.Status == "completed" &&
			slices.ContainsFunc(run.Actions, func(a Action) bool { return a.Identifier == identifier }) {
			s.emitOwn(run.App, "check_run", "requested_action", r, by, obj{
				"check_run": s.runEventJSON(r, run), "requested_action": obj{"identifier": identifier},
			})
			return nil
		}
	}
	return fmt.Errorf("press %s: check run %d of %s has no such button", identifier, id, r.fullName())
}

// RerequestSuite does what "Re-run all checks" does for an App's suite on a commit.
func (r *Repo) RerequestSuite(a *App, sha, by string) {
	s := r.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	s.emitOwn(a, "check_suite", "rerequested", r, by, obj{"check_suite": s.suiteJSON(r, s.suite(r, a, sha), false)})
}

// runJSON is the schema "check-run".
func (s *Server) runJSON(r *Repo, run *CheckRun) obj {
	url := s.api("repos/%s/check-runs/%d", r.fullName(), run.ID)
	html := s.web + "/" + r.fullName() + "/runs/" + nodeID("", run.ID)
	details := run.DetailsURL
	if details == "" {
		details = s.web + "/apps/" + run.App.Slug
	}
	return obj{
		"id": run.ID, "node_id": nodeID("CR", run.ID), "head_sha": run.HeadSHA, "external_id": run.ExternalID,
		"url": url, "html_url": html, "details_url": details, "status": run.Status,
		"conclusion": orNil(run.Conclusion), "name": run.Name, "started_at": stampOrNil(run.StartedAt),
		"completed_at": stampOrNil(run.CompletedAt),
		"output": obj{
			"title": orNil(run.Title), "summary": orNil(run.Summary), "text": orNil(run.Text),
			"annotations_count": len(run.Annotations), "annotations_url": url + "/annotations",
		},
		"check_suite": obj{"id": run.suite.ID}, "app": s.appJSON(run.App), "pull_requests": s.pullLinks(r, run.HeadSHA),
	}
}

// suiteJSON is the schema "check-suite"; in webhooks it has no repository of its own.
func (s *Server) suiteJSON(r *Repo, cs *CheckSuite, rest bool) obj {
	url := s.api("repos/%s/check-suites/%d", r.fullName(), cs.ID)
	status, conclusion := r.suiteState(cs)
	head, _ := r.store.commit(cs.HeadSHA)
	o := obj{
		"id": cs.ID, "node_id": nodeID("CS", cs.ID), "head_branch": orNil(cs.branch), "head_sha": cs.HeadSHA,
		"status": status, "conclusion": orNil(conclusion), "url": url, "before": orNil(cs.before),
		"after": orNil(cs.after), "pull_requests": s.pullLinks(r, cs.HeadSHA), "app": s.appJSON(cs.App),
		"created_at": stamp(cs.createdAt), "updated_at": stamp(cs.createdAt), "rerequestable": true,
		"runs_rerequestable": true, "latest_check_runs_count": len(latest(r.runsOf(cs))),
		"check_runs_url": url + "/check-runs", "head_commit": s.simpleCommitJSON(head),
	}
	if rest {
		o["repository"] = s.repoJSON(r)
	}
	return o
}

func (s *Server) annotationJSON(r *Repo, run *CheckRun, a Annotation) obj {
	return obj{
		"path": a.Path, "start_line": a.StartLine, "end_line": a.EndLine, "start_column": intOrNil(a.StartColumn),
		"end_column": intOrNil(a.EndColumn), "annotation_level": a.Level, "title": orNil(a.Title), "message": a.Message,
		"raw_details": orNil(a.RawDetails), "blob_href": s.web + "/" + r.fullName() + "/blob/" + run.HeadSHA + "/" +
			escape(a.Path),
	}
}
