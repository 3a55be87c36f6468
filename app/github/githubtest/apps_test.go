package githubtest

import (
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"
	"github.com/google/go-github/v60/github"
)

func TestAppTokens(t *testing.T) {
	w := newWorld(t, Options{})
	now := w.clock.Now()
	for name, c := range map[string]struct {
		change func(jwt.MapClaims)
		want   int
	}{
		"good":            {nil, 0},
		"issuer a number": {func(m jwt.MapClaims) { m["iss"] = w.app.ID }, 0},
		"too long":        {func(m jwt.MapClaims) { m["exp"] = now.Add(11 * time.Minute).Unix() }, 401},
		"expired":         {func(m jwt.MapClaims) { m["exp"] = now.Add(-time.Second).Unix() }, 401},
		"from the future": {func(m jwt.MapClaims) { m["iat"] = now.Add(time.Minute).Unix() }, 401},
		"no expiry":       {func(m jwt.MapClaims) { delete(m, "exp") }, 401},
		"another app":     {func(m jwt.MapClaims) { m["iss"] = "99999" }, 404},
	} {
		app, _, err := w.client(w.jwt(c.change)).Apps.Get(w.ctx, "")
		if got := status(err); got != c.want {
			t.Errorf("%s: status %d, want %d (%v)", name, got, c.want, err)
		}
		if c.want == 0 && app.GetSlug() != "dfbot" {
			t.Errorf("%s: app %v", name, app)
		}
	}
	good := w.jwt(nil)
	_, _, err := w.client(good[:len(good)-8]+"AAAAAAAA").Apps.Get(w.ctx, "")
	w.wantStatus(err, 401)
}

func TestInstallationTokensExpireAndAreChecked(t *testing.T) {
	w := newWorld(t, Options{})
	_, err := w.srv.CreateRepo("octo", "other", map[string]string{"a": "b"})
	w.must(err)
	app := w.client(w.jwt(nil))
	narrow, _, err := app.Apps.CreateInstallationToken(w.ctx, w.inst.ID, &github.InstallationTokenOptions{
		RepositoryIDs: []int64{w.repo.ID},
		Permissions:   &github.InstallationPermissions{Contents: github.String("read")},
	})
	w.must(err)
	if got := narrow.GetExpiresAt().Sub(w.clock.Now()); got != time.Hour {
		t.Errorf("expires in %v", got)
	}
	gh := w.client(narrow.GetToken())
	_, _, err = gh.Repositories.Get(w.ctx, "octo", "other")
	w.wantStatus(err, 404)
	_, resp, err := gh.PullRequests.List(w.ctx, "octo", "shop", nil)
	w.wantStatus(err, 403)
	if got := resp.Header.Get("X-Accepted-GitHub-Permissions"); got != "pull_requests=read" {
		t.Errorf("accepted permissions %q", got)
	}
	_, _, err = app.Apps.CreateInstallationToken(w.ctx, w.inst.ID, &github.InstallationTokenOptions{
		Permissions: &github.InstallationPermissions{Contents: github.String("write")},
	})
	w.wantStatus(err, 422)

	w.clock.Add(59*time.Minute + 59*time.Second)
	_, _, err = gh.Repositories.Get(w.ctx, "octo", "shop")
	w.must(err)
	w.clock.Add(time.Second)
	_, _, err = gh.Repositories.Get(w.ctx, "octo", "shop")
	w.wantStatus(err, 401)

	fresh := w.client(w.token())
	_, err = fresh.Apps.RevokeInstallationToken(w.ctx)
	w.must(err)
	_, _, err = fresh.Repositories.Get(w.ctx, "octo", "shop")
	w.wantStatus(err, 401)
}

func TestSuspendedInstallation(t *testing.T) {
	w := newWorld(t, Options{LongTokens: true})
	if token := w.token(); len(token) < 450 || !strings.HasPrefix(token, "ghs_") {
		t.Errorf("token of %d characters", len(token))
	}
	w.inst.Suspend()
	_, _, err := w.gh.Repositories.Get(w.ctx, "octo", "shop")
	w.wantStatus(err, 403)
	_, _, err = w.client(w.jwt(nil)).Apps.CreateInstallationToken(w.ctx, w.inst.ID, &github.InstallationTokenOptions{})
	w.wantStatus(err, 403)
	if w.received("installation", "suspend") == nil {
		t.Error("the App got no event")
	}
	w.inst.Unsuspend()
	_, _, err = w.gh.Repositories.Get(w.ctx, "octo", "shop")
	w.must(err)
	w.inst.SetPermissions(map[string]string{"metadata": "read"})
	_, _, err = w.gh.PullRequests.List(w.ctx, "octo", "shop", nil)
	w.wantStatus(err, 403)
}

func TestManifestIsConvertedOnce(t *testing.T) {
	w := newWorld(t, Options{})
	code, err := w.srv.RegisterByManifest("octo", `{"name":"My Bot","url":"https://example.com",
		"hook_attributes":{"url":"https://example.com/webhook"},
		"default_permissions":{"contents":"read"},"default_events":["push"]}`)
	w.must(err)
	nobody := github.NewClient(nil)
	nobody.BaseURL = w.gh.BaseURL
	conf, _, err := nobody.Apps.CompleteAppManifest(w.ctx, code)
	w.must(err)
	if conf.GetSlug() != "my-bot" || conf.GetWebhookSecret() == "" ||
		!strings.HasPrefix(conf.GetPEM(), "-----BEGIN RSA PRIVATE KEY") {
		t.Errorf("conversion: %v", conf)
	}
	_, _, err = nobody.Apps.CompleteAppManifest(w.ctx, code)
	w.wantStatus(err, 404)
}

func TestDeliveriesAreListedAndRedelivered(t *testing.T) {
	w := newWorld(t, Options{})
	w.openPull(map[string]string{"a": "b"})
	first := w.received("pull_request", "opened").header.Get("X-GitHub-Delivery")
	app := w.client(w.jwt(nil))
	list, _, err := app.Apps.ListHookDeliveries(w.ctx, nil)
	w.must(err)
	var id int64
	for _, d := range list {
		if d.GetGUID() == first {
			id = d.GetID()
		}
	}
	d, _, err := app.Apps.GetHookDelivery(w.ctx, id)
	w.must(err)
	if d.GetEvent() != "pull_request" || d.GetStatusCode() != 200 || d.Request == nil {
		t.Errorf("delivery: %v", d)
	}
	w.mu.Lock()
	w.hooks = nil
	w.mu.Unlock()
	app.Apps.RedeliverHookDelivery(w.ctx, id) // go-github calls 202 an error
	again := w.received("pull_request", "opened")
	if again == nil || again.header.Get("X-GitHub-Delivery") != first {
		t.Errorf("redelivery: %v", again)
	}
}

func TestEventsThatNobodyMayHear(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.openPull(map[string]string{"a": "b"})
	p.Say("ann", "hello")
	if w.received("issue_comment", "created") == nil {
		t.Error("no issue_comment with issues:read")
	}
	w.inst.SetPermissions(map[string]string{"metadata": "read", "pull_requests": "write"})
	w.mu.Lock()
	w.hooks = nil
	w.mu.Unlock()
	p.Say("ann", "hello")
	_, err := w.repo.Commit("fix", Commit{Files: map[string]string{"a": "c"}})
	w.must(err)
	if w.received("pull_request", "synchronize") == nil || w.received("issue_comment", "") != nil ||
		w.received("check_suite", "") != nil || w.received("push", "") != nil {
		t.Error("events without their permission")
	}
}
