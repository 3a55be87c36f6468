//go:build unix

package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/webhook"
)

// manifest is app.yml.
type manifest struct {
	Name           string `yaml:"name" json:"name"`
	Description    string `yaml:"description" json:"description"`
	URL            string `yaml:"url" json:"url"`
	HookAttributes struct {
		URL    string `yaml:"url" json:"url"`
		Active bool   `yaml:"active" json:"active"`
	} `yaml:"hook_attributes" json:"hook_attributes"`
	Public             bool              `yaml:"public" json:"public"`
	DefaultEvents      []string          `yaml:"default_events" json:"default_events"`
	DefaultPermissions map[string]string `yaml:"default_permissions" json:"default_permissions"`
}

func readManifest(t *testing.T) (manifest, *yaml.Node) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "app.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := yaml.Load(data, &m, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	return m, root.Content[0]
}

// unasked are the events that GitHub sends to every App, or with the permission checks:write
// (docs.github.com, "Webhook events and payloads"); an App does not subscribe to them.
var unasked = []string{"check_run", "check_suite", "installation", "installation_repositories", "ping"}

// TestManifest holds app.yml against the code: what it subscribes to is what the receiver has a meaning for, what it
// asks for is what the calls to GitHub need, and each has its reason.
func TestManifest(t *testing.T) {
	m, root := readManifest(t)
	handled := slices.DeleteFunc(webhook.Events(), func(e string) bool { return slices.Contains(unasked, e) })
	if !slices.Equal(m.DefaultEvents, handled) {
		t.Errorf("events %v, and the receiver has a meaning for %v", m.DefaultEvents, handled)
	}
	for _, e := range unasked {
		if !slices.Contains(webhook.Events(), e) {
			t.Errorf("the receiver has no meaning for %s", e)
		}
	}
	needed := map[string]string{}
	for _, p := range github.Permissions() {
		needed[p.Name] = p.Access
	}
	if !maps.Equal(m.DefaultPermissions, needed) {
		t.Errorf("permissions %v, and the calls need %v", m.DefaultPermissions, needed)
	}
	if m.Name == "" || len(m.Name) > 34 || m.URL == "" || filepath.Base(m.HookAttributes.URL) != "webhook" ||
		!m.HookAttributes.Active || m.Public {
		t.Errorf("%+v", m)
	}
	for i := 0; i < len(root.Content); i += 2 {
		switch key, list := root.Content[i], root.Content[i+1]; key.Value {
		case "default_events":
			for _, event := range list.Content {
				hasReason(t, event.Value, event)
			}
		case "default_permissions":
			for j := 0; j < len(list.Content); j += 2 {
				hasReason(t, list.Content[j].Value, list.Content[j+1])
			}
		}
	}
}

// hasReason looks for the comment at the end of a line of app.yml.
func hasReason(t *testing.T, what string, at *yaml.Node) {
	t.Helper()
	if len(at.LineComment) < 20 {
		t.Errorf("line %d: %s has no reason", at.Line, what)
	}
}

// TestManifestRegisters sends app.yml where the browser would.
func TestManifestRegisters(t *testing.T) {
	m, _ := readManifest(t)
	hub, err := githubtest.New(githubtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer hub.Close()
	form, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hub.RegisterByManifest("octo", string(form)); err != nil {
		t.Error(err)
	}
}

// needsEachPermission: with less than app.yml asks for there is no full review. TestServe's other tests show that it is
// enough.
func needsEachPermission(t *testing.T, s *site) {
	m, _ := readManifest(t)
	for name, access := range m.DefaultPermissions {
		lesser := map[string]map[string]string{"read": {"without": ""},
			"write": {"without": "", "only to read": "read"}}
		for how, less := range lesser[access] {
			if name == "metadata" || name == "issues" || name == "merge_queues" {
				continue // granted to every App, or for events only
			}
			t.Run(name+" "+how, func(t *testing.T) {
				granted := maps.Clone(m.DefaultPermissions)
				if granted[name] = less; less == "" {
					delete(granted, name)
				}
				s := newSiteWith(t, s.program, granted)
				p := s.start()
				pull := s.open(1)
				s.must(s.hub.Delivered(t.Context()))
				if !slices.ContainsFunc(s.hub.Deliveries(),
					func(d githubtest.Delivery) bool { return d.Event == "pull_request" }) {
					return // GitHub tells nothing of what the App may not read
				}
				s.wait("the end of the job", func() bool {
					ended := p.figure(`dfbot_jobs_ended_total{outcome="done"}`) +
						p.figure(`dfbot_jobs_ended_total{outcome="given_up"}`)
					return ended >= 1 && p.idle()
				})
				if runs := s.runs(pull); len(pull.Reviews()) == 1 && len(runs) == 1 && runs[0].Conclusion == "success" {
					t.Errorf("reviewed without %s: %s", name, access)
				}
			})
		}
	}
}
