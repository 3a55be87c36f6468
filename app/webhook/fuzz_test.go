package webhook

import (
	"net/url"
	"path"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzDecode gives the receiver bodies that GitHub would not sign. Whatever they are, there is no panic, and a job
// that comes of them has ids that can be ids and names that can be put into a path.
func FuzzDecode(f *testing.F) {
	const repository = `"repository":{"id":2,"name":"n","owner":{"login":"o"}},"installation":{"id":1}`
	const commit = "ec26c3e57ca3a959ca5aad62de7213c562f8c821"
	seeds := []struct{ event, body string }{
		{"pull_request", `{"action":"opened","number":3,"pull_request":{"number":3,"head":{"sha":"` + commit +
			`","repo":null}},` + repository + `}`},
		{"pull_request", `{"action":"edited","changes":{"base":{"ref":{"from":"x"}}},"pull_request":{"number":3,"head":{"sha":"` + commit + `"}},` + repository + `}`},
		{"check_run", `{"action":"rerequested","check_run":{"id":4,"head_sha":"` + commit +
			`","app":{"id":5},"pull_requests":[{"number":3,"base":{"repo":{"id":2}}}]},` + repository + `}`},
		{"check_suite", `{"action":"rerequested","check_suite":{"head_sha":"` + commit +
			`","app":{"id":5},"pull_requests":null},` + repository + `}`},
		{"pull_request", `{"action":"opened","pull_request":{"number":3,"head":{"sha":"` + commit +
			`"}},"repository":{"id":2,"name":"..","owner":{"login":"o"}},"installation":{"id":1}}`},
		{"installation", `{"action":"deleted","installation":{"id":1}}`},
		{"installation_repositories", `{"action":"added","installation":{"id":-1}}`},
		{"issue_comment", `{"action":"created","issue":{"number":3,"pull_request":{}},"comment":{"id":4,"body":` +
			`"/dfbot review","user":{"id":5,"type":"User"}},"sender":{"id":5,"type":"User"},` + repository + `}`},
		{"merge_group", `{"action":"checks_requested","merge_group":{"head_sha":"` + commit +
			`","head_ref":"refs/heads/gh-readonly-queue/main/pr-3-` + commit + `"},` + repository + `}`},
		{"ping", `{"zen":"x"}`},
		{"ping", strings.Repeat(`{"a":[`, 20_000)},
		{"pull_request", `{"Action":"opened","action":null,"pull_request":[]}`},
		{"pull_request", `{"action":"opened","pull_request":{"number":1e400}}`},
		{"star", `null`},
	}
	for _, seed := range seeds {
		f.Add(seed.event, []byte(seed.body))
	}
	f.Fuzz(func(t *testing.T, event string, body []byte) {
		d := &delivery{id: "guid", event: event}
		jobs := d.asks(body, 5)
		if len(jobs) == 0 {
			if statuses[d.result] == 0 || d.reason == "" || !utf8.ValidString(d.reason) {
				t.Errorf("no job, and the outcome %q for the reason %q", d.result, d.reason)
			}
			return
		}
		for _, job := range jobs {
			if job.Installation <= 0 || job.Pull < 0 || job.Delivery != "guid" {
				t.Errorf("%+v", job)
			}
			if strings.HasSuffix(string(job.Kind), "installation") != (job.Repository == 0) {
				t.Errorf("a job of kind %s for repository %d", job.Kind, job.Repository)
			}
			if job.Kind == "command" && (job.Pull == 0 || job.Comment.ID <= 0 || job.Comment.Digest == "") {
				t.Errorf("%+v", job)
			}
			if job.Kind != "command" && job.Repository != 0 && !sha.MatchString(job.Head) {
				t.Errorf("%+v", job)
			}
			if address := path.Join("/", job.Owner, job.Name); job.Repository != 0 &&
				(strings.Count(address, "/") != 2 ||
					url.PathEscape(job.Owner)+url.PathEscape(job.Name) != job.Owner+job.Name) {
				t.Errorf("%+v", job)
			}
		}
	})
}
