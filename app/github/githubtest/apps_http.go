package githubtest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// installation finds the installation of the path, of the calling App.
func (c *call) installation() (*Installation, answer) {
	id := c.number("installation_id")
	i := slices.IndexFunc(c.srv.installations, func(in *Installation) bool {
		return in.ID == id && in.App == c.app && !in.deleted
	})
	if i < 0 {
		return nil, notFound()
	}
	return c.srv.installations[i], answer{}
}

func getApp(c *call) answer { return ok(c.srv.appJSON(c.app)) }

func listInstallations(c *call) answer {
	var own []*Installation
	for _, in := range c.srv.installations {
		if in.App == c.app && !in.deleted {
			own = append(own, in)
		}
	}
	return paged(c, own, func(in *Installation) any { return c.srv.installationJSON(in) }, nil)
}

func getInstallation(c *call) answer {
	in, a := c.installation()
	if in == nil {
		return a
	}
	return ok(c.srv.installationJSON(in))
}

func suspendInstallation(c *call) answer {
	in, a := c.installation()
	if in == nil {
		return a
	}
	in.suspended = c.srv.now()
	c.srv.emitInstallation(in, "suspend")
	return noContent()
}

func unsuspendInstallation(c *call) answer {
	in, a := c.installation()
	if in == nil {
		return a
	}
	in.suspended = time.Time{}
	c.srv.emitInstallation(in, "unsuspend")
	return noContent()
}

func getRepoInstallation(c *call) answer {
	in := c.srv.installationOf(c.app, c.repo)
	if in == nil {
		return notFound()
	}
	return ok(c.srv.installationJSON(in))
}

func listInstallationRepos(c *call) answer {
	var repos []*Repo
	for _, r := range c.srv.repos {
		if !r.deleted && c.token.reaches(r) {
			repos = append(repos, r)
		}
	}
	return paged(c, repos, func(r *Repo) any { return c.srv.repoJSON(r) }, func(rows []any) any {
		return obj{"total_count": len(repos), "repositories": rows}
	})
}

// RegisterByManifest does what the browser does when someone presses "Create
// GitHub App" on a manifest: it makes the App and gives the code that
// POST /app-manifests/CODE/conversions exchanges, once, for its secrets.
func (s *Server) RegisterByManifest(owner, manifest string) (code string, err error) {
	var m struct {
		Name           string               `json:"name"`
		HookAttributes struct{ URL string } `json:"hook_attributes"`
		Permissions    map[string]string    `json:"default_permissions"`
		Events         []string             `json:"default_events"`
	}
	if err := json.Unmarshal([]byte(manifest), &m); err != nil {
		return "", fmt.Errorf("read manifest: %w", err)
	}
	if m.Name == "" {
		return "", fmt.Errorf("read manifest: no name")
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", err
	}
	a, err := s.CreateApp(AppOptions{
		Slug: slug(m.Name), Name: m.Name, Owner: owner, Key: key, WebhookURL: m.HookAttributes.URL,
		WebhookSecret: random(20), Permissions: m.Permissions, Events: m.Events,
	})
	if err != nil {
		return "", err
	}
	code = random(20)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conversions[code] = a
	return code, nil
}

func slug(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	}), "-")
}

func random(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}

func convertManifest(c *call) answer {
	a := c.srv.conversions[c.params["code"]]
	if a == nil {
		return notFound()
	}
	delete(c.srv.conversions, c.params["code"])
	o := c.srv.appJSON(a)
	o["client_id"], o["client_secret"] = a.clientID, random(20)
	o["webhook_secret"], o["pem"] = a.secret, string(a.PrivateKey())
	return created(o)
}

// appJSON is the schema "integration".
func (s *Server) appJSON(a *App) obj {
	installed := 0
	for _, in := range s.installations {
		if in.App == a && !in.deleted {
			installed++
		}
	}
	return obj{
		"id": a.ID, "slug": a.Slug, "node_id": nodeID("A", a.ID), "client_id": a.clientID,
		"owner": s.userJSON(a.owner), "name": a.name, "description": "", "external_url": "https://example.com/",
		"html_url": s.web + "/apps/" + a.Slug, "created_at": stamp(a.createdAt), "updated_at": stamp(a.createdAt),
		"permissions": a.permissions, "events": a.events, "installations_count": installed,
	}
}

// installationJSON is the schema "installation".
func (s *Server) installationJSON(in *Installation) obj {
	o := obj{
		"id": in.ID, "account": s.userJSON(in.account), "app_id": in.App.ID, "app_slug": in.App.Slug,
		"target_id": s.account(in.account).id, "target_type": s.account(in.account).kind,
		"repository_selection": in.selection(), "permissions": in.permissions, "events": in.App.events,
		"access_tokens_url": s.api("app/installations/%d/access_tokens", in.ID),
		"repositories_url":  s.api("installation/repositories"),
		"html_url":          fmt.Sprintf("%s/settings/installations/%d", s.web, in.ID),
		"created_at":        stamp(in.createdAt), "updated_at": stamp(in.createdAt), "single_file_name": nil,
		"has_multiple_single_files": false, "single_file_paths": []any{},
		"suspended_at": stampOrNil(in.suspended), "suspended_by": nil,
	}
	if !in.suspended.IsZero() {
		o["suspended_by"] = s.userJSON(in.account)
	}
	return o
}

// getRateLimit is GET /rate_limit.
func getRateLimit(c *call) answer {
	r := c.srv.rates[c.bucket()]
	core := obj{"limit": r.limit, "used": r.used, "remaining": r.limit - r.used, "reset": r.reset.Unix()}
	search := obj{"limit": 30, "used": 0, "remaining": 30, "reset": r.reset.Unix()}
	return ok(obj{"rate": core, "resources": obj{"core": core, "search": search, "graphql": core}})
}
