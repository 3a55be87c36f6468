package githubtest

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// GitHub's limits on check runs (docs.github.com/rest/checks/runs).
const (
	maxAnnotations  = 50 // a request
	maxOutput       = 65535
	maxActions      = 3
	maxActionLabel  = 20
	maxActionDetail = 40
	maxMessage      = 64 << 10 // bytes
	maxTitle        = 255
)

// runInput is the body of POST and PATCH check-runs.
type runInput struct {
	Name        *string       `json:"name"`
	HeadSHA     *string       `json:"head_sha"`
	DetailsURL  *string       `json:"details_url"`
	ExternalID  *string       `json:"external_id"`
	Status      *string       `json:"status"`
	Conclusion  *string       `json:"conclusion"`
	StartedAt   *time.Time    `json:"started_at"`
	CompletedAt *time.Time    `json:"completed_at"`
	Output      *outputInput  `json:"output"`
	Actions     []actionInput `json:"actions"`
}

type outputInput struct {
	Title       *string           `json:"title"`
	Summary     *string           `json:"summary"`
	Text        *string           `json:"text"`
	Annotations []annotationInput `json:"annotations"`
}

type annotationInput struct {
	Path        *string `json:"path"`
	StartLine   *int    `json:"start_line"`
	EndLine     *int    `json:"end_line"`
	StartColumn *int    `json:"start_column"`
	EndColumn   *int    `json:"end_column"`
	Level       *string `json:"annotation_level"`
	Message     *string `json:"message"`
	Title       *string `json:"title"`
	RawDetails  *string `json:"raw_details"`
}

type actionInput struct {
	Label       *string `json:"label"`
	Description *string `json:"description"`
	Identifier  *string `json:"identifier"`
}

var (
	runStatuses      = []string{"queued", "in_progress", "completed"}
	runConclusions   = []string{"action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"}
	annotationLevels = []string{"notice", "warning", "failure"}
)

// refuse checks the input against GitHub's limits and gives its 422 text.
func (in *runInput) refuse() string {
	switch {
	case in.Status != nil && !slices.Contains(runStatuses, *in.Status):
		return fmt.Sprintf("%s is not a member of %q.", *in.Status, runStatuses)
	case in.Conclusion != nil && !slices.Contains(runConclusions, *in.Conclusion):
		return fmt.Sprintf("%s is not a member of %q.", *in.Conclusion, runConclusions)
	case in.Conclusion == nil && (in.CompletedAt != nil || in.Status != nil && *in.Status == "completed"):
		return "Missing conclusion: it is required when status is completed or completed_at is given."
	case len(in.Actions) > maxActions:
		return fmt.Sprintf("No more than %d items are allowed; %d were supplied. (actions)", maxActions,
			len(in.Actions))
	}
	for _, a := range in.Actions {
		if m := a.refuse(); m != "" {
			return m
		}
	}
	if in.Output == nil {
		return ""
	}
	return in.Output.refuse()
}

func (o *outputInput) refuse() string {
	if o.Summary == nil {
		return "\"summary\" wasn't supplied."
	}
	if utf8.RuneCountInString(*o.Summary) > maxOutput || o.Text != nil && utf8.RuneCountInString(*o.Text) > maxOutput {
		return fmt.Sprintf("Only %d characters are allowed.", maxOutput)
	}
	if len(o.Annotations) > maxAnnotations {
		return fmt.Sprintf("No more than %d items are allowed; %d were supplied.", maxAnnotations, len(o.Annotations))
	}
	for _, a := range o.Annotations {
		if m := a.refuse(); m != "" {
			return m
		}
	}
	return ""
}

func (a *annotationInput) refuse() string {
	switch {
	case a.Path == nil || a.StartLine == nil || a.EndLine == nil || a.Level == nil || a.Message == nil:
		return "\"path\", \"start_line\", \"end_line\", \"annotation_level\", \"message\" weren't all supplied."
	case *a.Path == "" || *a.Message == "":
		return "path and message can't be blank."
	case *a.StartLine < 1 || *a.EndLine < *a.StartLine:
		return "start_line and end_line must be positive and in order."
	case !slices.Contains(annotationLevels, *a.Level):
		return fmt.Sprintf("%s is not a member of %q.", *a.Level, annotationLevels)
	case *a.StartLine != *a.EndLine && (a.StartColumn != nil || a.EndColumn != nil):
		return "Annotations only support start_column and end_column on the same line."
	case (a.StartColumn == nil) != (a.EndColumn == nil):
		return "start_column and end_column must be given together."
	case len(*a.Message) > maxMessage || a.RawDetails != nil && len(*a.RawDetails) > maxMessage:
		return "message and raw_details are at most 64 KB."
	case a.Title != nil && utf8.RuneCountInString(*a.Title) > maxTitle:
		return fmt.Sprintf("Only %d characters are allowed in title.", maxTitle)
	}
	return ""
}

func (a *actionInput) refuse() string {
	if a.Label == nil || a.Description == nil || a.Identifier == nil {
		return "\"label\", \"description\", \"identifier\" weren't all supplied."
	}
	if utf8.RuneCountInString(*a.Label) > maxActionLabel || utf8.RuneCountInString(*a.Identifier) > maxActionLabel {
		return fmt.Sprintf("Only %d characters are allowed in label and identifier.", maxActionLabel)
	}
	if utf8.RuneCountInString(*a.Description) > maxActionDetail {
		return fmt.Sprintf("Only %d characters are allowed in description.", maxActionDetail)
	}
	return ""
}

// badRun is the 422 of the checks API, which names what is wrong in its message.
func badRun(message string) answer {
	return failure(422, "Invalid request.\n\n"+message)
}

func createRun(c *call) answer {
	var in runInput
	if a, ok := c.decode(&in); !ok {
		return a
	}
	if in.Name == nil || *in.Name == "" || in.HeadSHA == nil {
		return badRun("\"name\", \"head_sha\" weren't supplied.")
	}
	if message := in.refuse(); message != "" {
		return badRun(message)
	}
	ci, err := c.repo.store.commit(*in.HeadSHA)
	if err != nil || len(*in.HeadSHA) != 40 {
		return failure(422, "No commit found for SHA: "+*in.HeadSHA)
	}
	s := c.srv
	run := &CheckRun{
		ID: s.id("run", 5001), HeadSHA: ci.sha, Status: "queued", App: c.app, StartedAt: s.now(),
		suite: s.suite(c.repo, c.app, ci.sha),
	}
	c.repo.runs = append(c.repo.runs, run)
	in.apply(run, s.now())
	s.emitOwn(c.app, "check_run", "created", c.repo, c.app.Bot(), obj{"check_run": s.runEventJSON(c.repo, run)})
	if run.Status == "completed" {
		s.emitCompleted(c.repo, run)
	}
	return created(s.runJSON(c.repo, run))
}

func updateRun(c *call) answer {
	run := c.run()
	if run == nil {
		return notFound()
	}
	if run.App != c.app {
		return failure(403, "Invalid app_id `"+fmt.Sprint(c.app.ID)+"` - check run can only be modified by the "+
			"GitHub App that created it.")
	}
	var in runInput
	if a, ok := c.decode(&in); !ok {
		return a
	}
	if message := in.refuse(); message != "" {
		return badRun(message)
	}
	was := run.Status
	in.apply(run, c.srv.now())
	if was != "completed" && run.Status == "completed" {
		c.srv.emitCompleted(c.repo, run)
	}
	return ok(c.srv.runJSON(c.repo, run))
}

// emitCompleted tells the App that its run, and perhaps its suite, is done.
func (s *Server) emitCompleted(r *Repo, run *CheckRun) {
	s.emitOwn(run.App, "check_run", "completed", r, run.App.Bot(), obj{"check_run": s.runEventJSON(r, run)})
	if status, _ := r.suiteState(run.suite); status == "completed" {
		s.emitOwn(run.App, "check_suite", "completed", r, run.App.Bot(),
			obj{"check_suite": s.suiteJSON(r, run.suite, false)})
	}
}

// set copies a value that was given.
func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// apply writes what was given into the run; annotations are appended.
func (in *runInput) apply(run *CheckRun, now time.Time) {
	set(&run.Name, in.Name)
	set(&run.DetailsURL, in.DetailsURL)
	set(&run.ExternalID, in.ExternalID)
	set(&run.Status, in.Status)
	set(&run.StartedAt, in.StartedAt)
	if in.Conclusion != nil {
		run.Status, run.Conclusion, run.CompletedAt = "completed", *in.Conclusion, now
	}
	set(&run.CompletedAt, in.CompletedAt)
	if run.Status != "completed" {
		run.Conclusion, run.CompletedAt = "", time.Time{}
	}
	if in.Actions != nil {
		run.Actions = nil
	}
	for _, a := range in.Actions {
		run.Actions = append(run.Actions,
			Action{Label: *a.Label, Description: *a.Description, Identifier: *a.Identifier})
	}
	if o := in.Output; o != nil {
		set(&run.Title, o.Title)
		set(&run.Summary, o.Summary)
		set(&run.Text, o.Text)
		for _, a := range o.Annotations {
			run.Annotations = append(run.Annotations, a.annotation())
		}
	}
}

func (a *annotationInput) annotation() Annotation {
	out := Annotation{Path: *a.Path, StartLine: *a.StartLine, EndLine: *a.EndLine, Level: *a.Level, Message: *a.Message}
	set(&out.StartColumn, a.StartColumn)
	set(&out.EndColumn, a.EndColumn)
	set(&out.Title, a.Title)
	set(&out.RawDetails, a.RawDetails)
	return out
}

// run finds the check run of the path.
func (c *call) run() *CheckRun {
	i := slices.IndexFunc(c.repo.runs, func(run *CheckRun) bool { return run.ID == c.number("check_run_id") })
	if i < 0 {
		return nil
	}
	return c.repo.runs[i]
}

func getRun(c *call) answer {
	run := c.run()
	if run == nil {
		return notFound()
	}
	return ok(c.srv.runJSON(c.repo, run))
}

func listAnnotations(c *call) answer {
	run := c.run()
	if run == nil {
		return notFound()
	}
	return paged(c, run.Annotations, func(a Annotation) any { return c.srv.annotationJSON(c.repo, run, a) }, nil)
}

// rerequestRun is POST check-runs/{check_run_id}/rerequest.
func rerequestRun(c *call) answer {
	run := c.run()
	if run == nil {
		return notFound()
	}
	c.srv.emitOwn(run.App, "check_run", "rerequested", c.repo, c.app.Bot(),
		obj{"check_run": c.srv.runEventJSON(c.repo, run)})
	return created(obj{})
}

// listRuns is GET commits/{ref}/check-runs.
func listRuns(c *call) answer {
	sha, err := c.repo.resolve(c.params["ref"])
	if err != nil {
		return failure(422, "No commit found for SHA: "+c.params["ref"])
	}
	return c.runs(func(run *CheckRun) bool { return run.HeadSHA == sha })
}

// listSuiteRuns is GET check-suites/{check_suite_id}/check-runs.
func listSuiteRuns(c *call) answer {
	return c.runs(func(run *CheckRun) bool { return run.suite.ID == c.number("check_suite_id") })
}

// runs lists the check runs that fit, with the filters of the query.
func (c *call) runs(fits func(*CheckRun) bool) answer {
	var found []*CheckRun
	for _, run := range c.repo.runs {
		if !fits(run) || c.query("check_name") != "" && run.Name != c.query("check_name") ||
			c.query("app_id") != "" && int64(c.queryInt("app_id", 0)) != run.App.ID {
			continue
		}
		found = append(found, run)
	}
	if c.query("filter") == "all" {
		slices.Reverse(found)
	} else {
		found = latest(found)
	}
	if status := c.query("status"); status != "" {
		found = slices.DeleteFunc(found, func(run *CheckRun) bool { return run.Status != status })
	}
	return paged(c, found, func(run *CheckRun) any { return c.srv.runJSON(c.repo, run) }, func(rows []any) any {
		return obj{"total_count": len(found), "check_runs": rows}
	})
}

func listSuites(c *call) answer {
	sha, err := c.repo.resolve(c.params["ref"])
	if err != nil {
		return failure(422, "No commit found for SHA: "+c.params["ref"])
	}
	var found []*CheckSuite
	for _, cs := range c.repo.suites {
		if cs.HeadSHA == sha && (c.query("app_id") == "" || int64(c.queryInt("app_id", 0)) == cs.App.ID) {
			found = append(found, cs)
		}
	}
	return paged(c, found, func(cs *CheckSuite) any { return c.srv.suiteJSON(c.repo, cs, true) }, func(rows []any) any {
		return obj{"total_count": len(found), "check_suites": rows}
	})
}

func getSuite(c *call) answer {
	for _, cs := range c.repo.suites {
		if cs.ID == c.number("check_suite_id") {
			return ok(c.srv.suiteJSON(c.repo, cs, true))
		}
	}
	return notFound()
}
