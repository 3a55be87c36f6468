package githubtest

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// AppOptions registers an App. Only Slug is required.
type AppOptions struct {
	Slug          string
	ID            int64             // counted up when 0
	Name          string            // Slug when empty
	Owner         string            // "dfbot-owner" when empty
	WebhookURL    string            // no deliveries when empty
	WebhookSecret string            // deliveries are unsigned when empty, as GitHub's are
	Permissions   map[string]string // DefaultPermissions when nil
	// DefaultEvents when nil; installation* and ping always, check_* come with checks:write
	Events []string
	Key    *rsa.PrivateKey // made when nil, which takes a moment
}

// DefaultPermissions are what a reviewing App asks for.
func DefaultPermissions() map[string]string {
	return map[string]string{
		"metadata": "read", "contents": "read", "pull_requests": "write", "checks": "write", "issues": "read",
		"merge_queues": "read",
	}
}

// DefaultEvents are the events such an App subscribes to.
func DefaultEvents() []string {
	return []string{"pull_request", "issue_comment", "pull_request_review_comment", "pull_request_review_thread",
		"push", "repository", "merge_group"}
}

// An App is a registered GitHub App.
type App struct {
	ID   int64
	Slug string

	srv         *Server
	name        string
	owner       string
	key         *rsa.PrivateKey
	permissions map[string]string
	events      []string
	webhookURL  string
	secret      string
	hookID      int64
	createdAt   time.Time
	clientID    string
}

// CreateApp registers an App and makes its key.
func (s *Server) CreateApp(opt AppOptions) (*App, error) {
	if opt.Slug == "" {
		return nil, fmt.Errorf("create app: no slug")
	}
	key := opt.Key
	if key == nil {
		var err error
		if key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	a := &App{
		srv: s, ID: opt.ID, Slug: opt.Slug, key: key, createdAt: s.now(),
		name: cmp.Or(opt.Name, opt.Slug), owner: cmp.Or(opt.Owner, "dfbot-owner"),
		permissions: opt.Permissions, events: opt.Events,
		webhookURL: opt.WebhookURL, secret: opt.WebhookSecret, hookID: s.id("hook", 501),
	}
	if a.ID == 0 {
		a.ID = s.id("app", 101)
	}
	a.clientID = fmt.Sprintf("Iv1.%016x", a.ID)
	if a.permissions == nil {
		a.permissions = DefaultPermissions()
	}
	if a.events == nil {
		a.events = DefaultEvents()
	}
	s.account(a.Bot())
	s.apps = append(s.apps, a)
	s.mu.Unlock()
	return a, nil
}

// Bot is the login under which the App acts in REST: "slug[bot]".
func (a *App) Bot() string { return a.Slug + "[bot]" }

// PrivateKey is the App's key as GitHub hands it out: PEM, PKCS#1.
func (a *App) PrivateKey() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(a.key)})
}

// SetWebhook changes where deliveries go and how they are signed.
func (a *App) SetWebhook(url, secret string) {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	a.webhookURL, a.secret = url, secret
}

// Permissions are what the App asks for.
func (a *App) Permissions() map[string]string {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	return maps.Clone(a.permissions)
}

// SetPermissions changes what the App asks for. Installations keep what they have granted until they accept it.
func (a *App) SetPermissions(permissions map[string]string) {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	a.permissions = maps.Clone(permissions)
}

// Ping sends the App a ping, as GitHub does when a hook is made.
func (a *App) Ping() {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	a.srv.queue(a, "ping", obj{
		"zen": "Keep it logically awesome.", "hook_id": a.hookID,
		"hook": obj{
			"type": "App", "id": a.hookID, "name": "web", "active": true, "events": a.events, "app_id": a.ID,
			"config":     obj{"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": a.webhookURL},
			"created_at": stamp(a.createdAt), "updated_at": stamp(a.createdAt),
			"deliveries_url": a.srv.api("app/hook/deliveries"),
		},
	})
}

// An Installation is an App on one account.
type Installation struct {
	ID  int64
	App *App

	account     string
	permissions map[string]string
	all         bool // every repository of the account
	repos       map[int64]bool
	suspended   time.Time
	deleted     bool
	createdAt   time.Time
}

// Install puts the App on an account, for the repositories given or, when
// there are none, for all the account has and will have. The App's own
// permissions are granted; SetPermissions narrows them.
func (a *App) Install(account string, repos ...*Repo) (*Installation, error) {
	s := a.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, in := range s.installations {
		if in.App == a && !in.deleted && strings.EqualFold(in.account, account) {
			return nil, fmt.Errorf("install %s on %s: it is installed there", a.Slug, account)
		}
	}
	in := &Installation{
		ID: s.id("installation", 4001), App: a, account: s.account(account).login,
		permissions: maps.Clone(a.permissions), all: len(repos) == 0, repos: map[int64]bool{}, createdAt: s.now(),
	}
	for _, r := range repos {
		in.repos[r.ID] = true
	}
	s.installations = append(s.installations, in)
	s.emitInstallation(in, "created")
	return in, nil
}

// change makes a change to the installation and tells the App of it.
func (in *Installation) change(action string, f func()) {
	s := in.App.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	s.emitInstallation(in, action)
}

// Suspend refuses the installation's tokens and stops its webhooks.
func (in *Installation) Suspend() {
	in.change("suspend", func() { in.suspended = in.App.srv.now() })
}

// Unsuspend ends Suspend.
func (in *Installation) Unsuspend() {
	in.change("unsuspend", func() { in.suspended = time.Time{} })
}

// Delete uninstalls the App from the account.
func (in *Installation) Delete() { in.change("deleted", func() { in.deleted = true }) }

// SetPermissions changes what is granted, as when an owner accepts new permissions.
func (in *Installation) SetPermissions(permissions map[string]string) {
	in.change("new_permissions_accepted", func() { in.permissions = maps.Clone(permissions) })
}

// AddRepo gives the installation one more repository.
func (in *Installation) AddRepo(r *Repo) { in.changeRepo("added", r) }

// RemoveRepo takes a repository away from the installation.
func (in *Installation) RemoveRepo(r *Repo) { in.changeRepo("removed", r) }

func (in *Installation) changeRepo(action string, r *Repo) {
	s := in.App.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.all {
		for _, other := range s.repos {
			in.repos[other.ID] = in.covers(other)
		}
		in.all = false
	}
	in.repos[r.ID] = action == "added"
	added, removed := []any{}, []any{}
	if action == "added" {
		added = append(added, r.brief())
	} else {
		removed = append(removed, r.brief())
	}
	s.queue(in.App, "installation_repositories", obj{
		"action": action, "installation": s.installationJSON(in), "repository_selection": in.selection(),
		"repositories_added": added, "repositories_removed": removed, "requester": nil,
		"sender": s.userJSON(in.account),
	})
}

// covers reports whether the installation may see a repository.
func (in *Installation) covers(r *Repo) bool {
	return !in.deleted && strings.EqualFold(r.owner, in.account) && (in.all || in.repos[r.ID])
}

func (in *Installation) selection() string {
	if in.all {
		return "all"
	}
	return "selected"
}

// emitInstallation tells the App of its installation.
func (s *Server) emitInstallation(in *Installation, action string) {
	repos := []any{}
	for _, r := range s.repos {
		if strings.EqualFold(r.owner, in.account) && (in.all || in.repos[r.ID]) {
			repos = append(repos, r.brief())
		}
	}
	s.queue(in.App, "installation", obj{
		"action": action, "installation": s.installationJSON(in), "repositories": repos,
		"sender": s.userJSON(in.account),
	})
}

// installationOf finds the App's installation for a repository.
func (s *Server) installationOf(a *App, r *Repo) *Installation {
	i := slices.IndexFunc(s.installations, func(in *Installation) bool { return in.App == a && in.covers(r) })
	if i < 0 {
		return nil
	}
	return s.installations[i]
}
