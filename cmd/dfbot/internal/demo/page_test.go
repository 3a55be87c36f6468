package demo

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/github/githubtest"
)

// served is the page of a World, on a real port.
func served(t *testing.T, w *World) *Page {
	t.Helper()
	p, err := Listen(w, "127.0.0.1:0")
	must(t, err)
	t.Cleanup(p.Close)
	p.Start()
	return p
}

// get loads a page.
func (p *Page) get(t *testing.T, path string) string {
	t.Helper()
	resp, err := http.Get(p.URL + path)
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("GET /%s: %s\n%s", path, resp.Status, body)
	}
	return string(body)
}

var forms = regexp.MustCompile(`(?s)<form[^>]* action="([^"]*)"[^>]*>(.*?)</form>`)
var fields = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// form is the first form of a page with an action; nil where there is none.
func form(page, action string) url.Values {
	for _, f := range forms.FindAllStringSubmatch(page, -1) {
		if f[1] != action {
			continue
		}
		values := url.Values{}
		for _, field := range fields.FindAllStringSubmatch(f[2], -1) {
			values.Set(field[1], field[2])
		}
		return values
	}
	return nil
}

// submit sends a form as a browser without scripts does, and gives the page that it leads to.
func (p *Page) submit(t *testing.T, action string, values url.Values) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL+strings.TrimPrefix(action, "/"),
		strings.NewReader(values.Encode()))
	must(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", strings.TrimSuffix(p.URL, "/"))
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("POST %s: %s\n%s", action, resp.Status, body)
	}
	return string(body)
}

// TestApplyUntilClean presses every button there is, over HTTP and without scripts, until the pull request is clean.
func TestApplyUntilClean(t *testing.T) {
	w := opened(t, Options{})
	p := served(t, w)
	suggestions := len(w.pull.Comments())
	for presses := 0; ; presses++ {
		page := p.get(t, "files")
		values := form(page, "/apply")
		if values == nil {
			if presses != suggestions {
				t.Errorf("%d suggestions were applied, want %d", presses, suggestions)
			}
			break
		}
		if after := p.submit(t, "/apply", values); !strings.Contains(after, "<title>Build every service as an image") {
			t.Error("a button does not lead back to the page")
		}
		show(t, w)
	}
	p.submit(t, "/apply-patches", form(p.get(t, "checks"), "/apply-patches"))
	show(t, w)
	page := p.get(t, "")
	for _, want := range []string{"All checks have passed", "No findings",
		fmt.Sprintf("wants to merge %d commits", suggestions+2), "Fixed"} {
		if !strings.Contains(page, want) {
			t.Errorf("the conversation does not have %q", want)
		}
	}
	if n := strings.Count(page, `<span class="pill fixed">fixed</span>`); n != suggestions {
		t.Errorf("%d threads are shown as fixed, want %d", n, suggestions)
	}
	for _, tab := range []string{"", "files", "checks"} {
		if page := p.get(t, tab); form(page, "/apply") != nil || form(page, "/apply-all") != nil ||
			form(page, "/apply-patches") != nil {
			t.Errorf("/%s still has something to apply", tab)
		}
	}
}

// TestInPlace finds each comment under the line that it is about.
func TestInPlace(t *testing.T) {
	p := served(t, opened(t, Options{}))
	page := p.get(t, "files")
	for _, tt := range []struct{ line, next string }{
		{"RUN pip install -r requirements.txt", "lines 4 to 6 of api-python/Dockerfile"},
		{"CMD uvicorn main:app --host 0.0.0.0 --port 8000", "line 10 of api-python/Dockerfile"},
	} {
		row := regexp.MustCompile(`(?s)<td class="code">` + regexp.QuoteMeta(tt.line) +
			`</td></tr>\s*<tr class="talk"><td colspan="4"><div class="thread open" [^>]*aria-label="Comments on ` +
			tt.next)
		if !row.MatchString(page) {
			t.Errorf("no comment on %s under %q", tt.next, tt.line)
		}
	}
	if !strings.Contains(p.get(t, "checks"), "<td>annotation</td>") {
		t.Error("the summary's table is not rendered")
	}
	if !strings.Contains(p.get(t, "rules/apt-recommends"), "<h1>apt-recommends</h1>") {
		t.Error("no page of the rule")
	}
}

// TestHostile has a pull request that tries to be more than text, wherever a pull request has text.
func TestHostile(t *testing.T) {
	w, err := New(t.Context(), Options{})
	must(t, err)
	t.Cleanup(w.Close)
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>`
	branch := `x"><svg/onload=alert(3)>`
	_, err = w.repo.Commit(branch, githubtest.Commit{Message: evil, Files: map[string]string{
		evil + "/Dockerfile": "FROM debian:12\nRUN apt-get update && apt-get install -y curl # </td>" + evil +
			"\nCMD run " + evil + "\n",
		"\u202egnp.elifrekcod":       evil + "\n",
		"\x1b[31mred/Dockerfile.txt": "\u202e\x00\n",
	}})
	must(t, err)
	w.srv.PauseDeliveries()
	w.pull, err = w.repo.OpenPull(githubtest.PullOptions{Head: branch, Title: evil, Author: `a"><b>`, Body: evil +
		"\n\n" +
		"</details></details><details><summary>x</summary>\n\n<sub>[a](javascript:alert(4)) " +
		"![i](https://evil.example/x.png)</sub>\n\n" +
		"<a href=\"https://evil.example\" onclick=alert(5)>x</a> <style>*{}</style> [b](data:text/html,x) " +
		"[c](/apply) <https://evil.example/\"onx=>\n"})
	must(t, err)
	state, err := w.pull.State()
	must(t, err)
	w.log.add(Event{Kind: Opened, Head: state.Head, Commits: []Commit{{SHA: state.Head, Author: evil, Title: evil}}})
	w.srv.ResumeDeliveries()
	show(t, w)
	_, err = w.pull.CommentOn("eve", evil+"/Dockerfile", 1, evil+"\n\n```suggestion\n"+evil+"\n```\n")
	must(t, err)
	p := served(t, w)
	var tags = regexp.MustCompile(`<[a-zA-Z/!][^>]*>`)
	var values = regexp.MustCompile(`="[^"]*"`)
	var attribute = regexp.MustCompile(`(?i)<img src=x|[\s/]on[a-z]+=|[\s/]on[a-z]+\b|<style`)
	var address = regexp.MustCompile(`(?i)(href|src|action)="(javascript|data|//|https://evil\.example/x\.png)`)
	for _, tab := range []string{"", "files", "checks"} {
		page := p.get(t, tab)
		for _, tag := range tags.FindAllString(page, -1) {
			if attribute.MatchString(values.ReplaceAllString(tag, "")) || address.MatchString(tag) {
				t.Errorf("/%s has %s", tab, tag)
			}
		}
		if n := strings.Count(page, "<script"); n != 1 {
			t.Errorf("/%s has %d scripts", tab, n)
		}
		if strings.ContainsAny(page, "\u202e\x1b\x00") {
			t.Errorf("/%s has characters that cannot be seen", tab)
		}
		if open, closed := strings.Count(page, "<details"), strings.Count(page, "</details>"); open != closed {
			t.Errorf("/%s opens %d details and closes %d", tab, open, closed)
		}
	}
	if page := p.get(t, "files"); !strings.Contains(page, "apply-") ||
		!strings.Contains(page, "&lt;script&gt;alert(1)") {
		t.Error("the hostile text is not shown as text")
	}
}

// TestGuard sends what no page of ours sends.
func TestGuard(t *testing.T) {
	w := opened(t, Options{})
	p := served(t, w)
	host := strings.TrimSuffix(strings.TrimPrefix(p.URL, "http://"), "/")
	good := form(p.get(t, "files"), "/apply")
	forged := url.Values{"token": {strings.Repeat("0", 64)}, "comment": good["comment"]}
	tests := []struct {
		name, method, path, host string
		header                   map[string]string
		form                     url.Values
		want                     int
	}{
		{"another host's name", "GET", "/", "evil.example", nil, nil, 421},
		{"the right name, another port", "GET", "/", "127.0.0.1:1", nil, nil, 421},
		{"localhost", "GET", "/", "localhost:" + strings.Split(host, ":")[1], nil, nil, 200},
		{"form of another site", "POST", "/apply", host, map[string]string{"Origin": "https://evil.example"}, good,
			403},
		{"cross-site fetch", "POST", "/apply", host, map[string]string{"Sec-Fetch-Site": "cross-site"}, good, 403},
		{"another port of this machine", "POST", "/apply", host,
			map[string]string{"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"}, good, 403},
		{"no token", "POST", "/apply", host, nil, url.Values{"comment": good["comment"]}, 403},
		{"forged token", "POST", "/apply-all", host, nil, forged, 403},
		{"token in the address", "POST", "/apply-all?token=" + good.Get("token"), host, nil, nil, 403},
		{"too long", "POST", "/apply", host, nil, url.Values{"token": good["token"],
			"comment": {strings.Repeat("1", 1<<20)}}, 403},
		{"no such comment", "POST", "/apply", host, nil, url.Values{"token": good["token"], "comment": {"1"}}, 409},
		{"no number", "POST", "/apply", host, nil, url.Values{"token": good["token"], "comment": {"x"}}, 409},
		{"read by writing", "GET", "/apply", host, nil, nil, 405},
		{"elsewhere", "GET", "/../../etc/passwd", host, nil, nil, 404},
		{"no such rule", "GET", "/rules/nope", host, nil, nil, 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.form.Encode()))
			r.Host = tt.host
			r.URL.Path, _, _ = strings.Cut(tt.path, "?")
			if tt.form != nil {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			for k, v := range tt.header {
				r.Header.Set(k, v)
			}
			answer := httptest.NewRecorder()
			p.handler().ServeHTTP(answer, r)
			got := answer.Code
			if got == http.StatusMovedPermanently || got == http.StatusTemporaryRedirect {
				got = http.StatusNotFound // a path that is cleaned
			}
			if got != tt.want {
				t.Errorf("status %d, want %d", got, tt.want)
			}
			csp := answer.Header().Get("Content-Security-Policy")
			if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
				t.Errorf("content security policy %q", csp)
			}
		})
	}
	if n := len(w.Events()); slices.ContainsFunc(w.Events()[:n], func(e Event) bool { return e.Kind == Pushed }) {
		t.Error("something was applied")
	}
}

func TestListenOnThisMachineOnly(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "example.com:80", "127.0.0.1"} {
		if p, err := Listen(&World{}, addr); err == nil {
			p.Close()
			t.Errorf("listens on %s", addr)
		}
	}
}

// TestEvents hears of a change as it happens.
func TestEvents(t *testing.T) {
	w := opened(t, Options{})
	p := served(t, w)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"events", nil)
	must(t, err)
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	next := func() string {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return data
			}
		}
		t.Fatal("the stream has ended")
		return ""
	}
	first := next()
	must(t, w.Rerun())
	if then := next(); then == first {
		t.Errorf("version %s twice", then)
	}
}

// TestBalanced lets only tags pass that are closed in order.
func TestBalanced(t *testing.T) {
	tests := []struct{ in, want string }{
		{"<details><summary>2 older findings</summary>\n\n- x\n\n</details>\n",
			"<details><summary>2 older findings</summary>\n<ul>\n<li>x</li>\n</ul>\n</details>\n"},
		{"a </details> b", "<p>a &lt;/details&gt; b</p>\n"},
		{"<sub>x", "<p>&lt;sub&gt;x</p>\n"},
		{"<sub>x</sub>", "<p><sub>x</sub></p>\n"},
		{"<sub onclick=x>x</sub>", "<p>&lt;sub onclick=x&gt;x&lt;/sub&gt;</p>\n"},
		{"<!-- dfbot:v1 x -->\n**a**", "<p><strong>a</strong></p>\n"},
		{"![a](https://x.example/a.png)", "<p><em class=\"image\">a</em></p>\n"},
		{"[a](javascript:x) [b](//x.example) [c](https://x.example/\"onclick=)",
			"<p><a>a</a> <a>b</a> <a rel=\"noopener noreferrer\" href=\"https://x.example/%22onclick=\">c</a></p>\n"},
		{"[a](http://127.0.0.1:1/octo/shop/pull/1#discussion_r7)",
			"<p><a rel=\"noopener noreferrer\" href=\"/#thread-7\">a</a></p>\n"},
		{"[a](http://127.0.0.1:1/octo/shop/pull/1/files#diff-" + strings.Repeat("0f", 32) + "R2)",
			"<p><a rel=\"noopener noreferrer\" href=\"/files\">a</a></p>\n"},
		{"www.x.example", "<p><a href=\"http://www.x.example\">www.x.example</a></p>\n"},
	}
	for _, tt := range tests {
		if got := strings.TrimLeft(string(prose{}.render(tt.in)), "\n"); got != tt.want {
			t.Errorf("%s gives\n%s, want\n%s", tt.in, got, tt.want)
		}
	}
}
