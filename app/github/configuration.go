package github

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/config"
)

// ConfigFile is the configuration, at one of [config.Paths]. Its Path is empty where there is none. For a file of more
// than [config.MaxSize] bytes, Source has its length and not its text.
type ConfigFile struct {
	Path   string
	Source []byte
}

// configFragment reads the configuration of a commit.
const configFragment = `
fragment config on Commit {
  config0: file(path: $config0) { object { ...content } }
  config1: file(path: $config1) { object { ...content } }
  config2: file(path: $config2) { object { ...content } }
  config3: file(path: $config3) { object { ...content } }
}
`

// configQuery reads the configuration at the tip of a branch.
const configQuery = `query($owner: String!, $name: String!, $branch: String!, $config0: String!, $config1: String!,
    $config2: String!, $config3: String!) {
  repository(owner: $owner, name: $name) { ref(qualifiedName: $branch) { target { ...config } } }
}
` + contentFragment + configFragment

// refNode is a branch with the configuration at its tip.
type refNode struct {
	Target map[string]*struct{ Object blobNode } // by alias
	// PullRequests counts the open ones whose head is this branch.
	PullRequests struct{ TotalCount int } `json:"associatedPullRequests"`
}

// organizationNode is the organization's repository .github; null where there is none or dfbot may not see it.
type organizationNode struct {
	DefaultBranch *refNode `json:"defaultBranchRef"`
}

// configAlias is the name in the query of one of config.Paths.
func configAlias(i int) string { return fmt.Sprintf("config%d", i) }

// unreadConfig replaces a configuration that is too large to be read: only the length of such a file is used.
var unreadConfig = make([]byte, config.MaxSize+1)

// takeConfig takes the configuration out of the answer. Of a pull request in a stack, the base branch is someone's
// unmerged work, which must not set the rules: the branch that the whole stack goes into does, the trunk.
func (s *Snapshot) takeConfig(ctx context.Context, p *pullNode, trunk *refNode, organization *organizationNode) (
	err error) {
	base := p.BaseRef
	if base != nil && s.BaseRef != s.DefaultRef && base.PullRequests.TotalCount > 0 {
		if base, err = s.stackBase(ctx, base, trunk); err != nil {
			return err
		}
	}
	if s.Config, err = s.configOf(ctx, s.Ref, base, config.Paths); err != nil || !s.extends() {
		return err
	}
	if organization != nil {
		s.Organization, err = s.configOf(ctx, s.organizationRef(), organization.DefaultBranch, config.Paths[:1])
	}
	return err
}

// stackBase is the trunk of the stack that the pull request is in, or the base branch if it is in none. What the job
// names may have been the trunk of another head.
func (s *Snapshot) stackBase(ctx context.Context, base, trunk *refNode) (*refNode, error) {
	if trunk != nil && s.Head == s.named.Head {
		if s.named.Trunk != s.BaseRef {
			s.Trunk, base = s.named.Trunk, trunk
		}
		return base, nil
	}
	full, err := s.in.fullPull(ctx, s.Ref)
	if err != nil {
		return nil, err
	}
	if s.Trunk = full.trunk(); s.Trunk == "" {
		return base, nil
	}
	return s.readTrunk(ctx)
}

// configOf takes the configuration at the tip of a branch of a repository out of an answer.
func (s *Snapshot) configOf(ctx context.Context, ref job.Ref, branch *refNode, paths []string) (ConfigFile, error) {
	if branch == nil {
		return ConfigFile{}, nil
	}
	for i, path := range paths {
		found := branch.Target[configAlias(i)]
		switch {
		case found == nil || found.Object.Oid == "": // a folder is no configuration
		case found.Object.ByteSize > config.MaxSize:
			return ConfigFile{Path: path, Source: unreadConfig}, nil
		default:
			source, err := s.in.exact(ctx, ref, found.Object)
			return ConfigFile{Path: path, Source: source}, err
		}
	}
	return ConfigFile{}, nil
}

// readTrunk reads the configuration at the tip of the trunk.
func (s *Snapshot) readTrunk(ctx context.Context) (*refNode, error) {
	var answer struct {
		Repository *struct{ Ref *refNode }
	}
	variables := configVariables(map[string]any{"owner": s.Owner, "name": s.Name, "branch": "refs/heads/" + s.Trunk})
	if err := s.in.query(ctx, configQuery, variables, &answer); err != nil || answer.Repository == nil {
		return nil, cmp.Or(err, errNoGraphQL)
	}
	return answer.Repository.Ref, nil
}

// configVariables adds the paths of the configuration to the variables of a query.
func configVariables(variables map[string]any) map[string]any {
	for i, path := range config.Paths {
		variables[configAlias(i)] = path
	}
	return variables
}

// readConfig reads the configuration by REST.
func (s *Snapshot) readConfig(ctx context.Context) (err error) {
	if s.Config, err = s.in.config(ctx, s.Ref, cmp.Or(s.Trunk, s.BaseRef)); err != nil || !s.extends() {
		return err
	}
	if err := s.readOrganization(ctx); err != nil {
		return err
	}
	return s.readPrivate(ctx)
}

// readOrganization reads the organization's configuration by REST. The token of a job is good for one repository, so
// it sees this one where it is public.
func (s *Snapshot) readOrganization(ctx context.Context) (err error) {
	kept := &s.in.client.organizations
	key := s.organizationKey()
	now := s.in.client.opts.Now()
	if file, ok := kept.get(key, now); ok {
		s.Organization = file
		return nil
	}
	if s.Organization, err = s.in.organization(ctx, s.organizationRef()); err == nil {
		kept.put(key, s.Organization, now.Add(keepOrganization))
	}
	return err
}

// organization reads the organization's configuration; it is empty where there is none, or dfbot may not see it.
func (in *installation) organization(ctx context.Context, ref job.Ref) (ConfigFile, error) {
	path := config.Paths[0]
	file, _, _, err := in.rest.Repositories.GetContents(ctx, ref.Owner, ref.Name, path, nil)
	switch {
	case missing(err), status(err) == http.StatusForbidden && !errors.As(typed(err), new(job.RetryAt)):
		return ConfigFile{}, nil
	case err != nil:
		return ConfigFile{}, fmt.Errorf("read %s of %s: %w", path, ref.Name, err)
	case file == nil: // a folder is no configuration
		return ConfigFile{}, nil
	case file.GetSize() > config.MaxSize:
		return ConfigFile{Path: path, Source: unreadConfig}, nil
	}
	if text, err := file.GetContent(); err == nil && gitHash([]byte(text)) == file.GetSHA() {
		return ConfigFile{Path: path, Source: []byte(text)}, nil
	}
	source, err := in.raw(ctx, ref, file.GetSHA())
	return ConfigFile{Path: path, Source: source}, err
}

// keepOrganization is how long an organization's configuration is kept that took a call of its own.
const keepOrganization = 5 * time.Minute

// organizations keeps the configurations of organizations that took a call of their own, each for one installation. The
// zero value is ready.
type organizations struct {
	mu  sync.Mutex
	all map[organizationKey]keptConfig
}

type organizationKey struct {
	installation int64
	owner        string // in lower case
}

type keptConfig struct {
	ConfigFile
	until time.Time
}

func (o *organizations) get(key organizationKey, now time.Time) (ConfigFile, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	kept, ok := o.all[key]
	return kept.ConfigFile, ok && now.Before(kept.until)
}

func (o *organizations) put(key organizationKey, file ConfigFile, until time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all == nil || len(o.all) >= maxInstallations {
		o.all = map[organizationKey]keptConfig{}
	}
	o.all[key] = keptConfig{file, until}
}

// forget drops what is kept for an installation.
func (o *organizations) forget(installation int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	maps.DeleteFunc(o.all, func(key organizationKey, _ keptConfig) bool { return key.installation == installation })
}

func (s *Snapshot) organizationKey() organizationKey {
	return organizationKey{s.Installation, strings.ToLower(s.Owner)}
}

// organizationRef refers to the organization's repository.
func (s *Snapshot) organizationRef() job.Ref {
	return job.Ref{Installation: s.Installation, Owner: s.Owner, Name: config.Organization}
}

// extends reports whether the organization's configuration may count: the repository has none, or says extends.
func (s *Snapshot) extends() bool {
	return s.Name != config.Organization && (s.Config.Path == "" || bytes.Contains(s.Config.Source, []byte("extends")))
}

// fullPull is a pull request with what go-github v60 does not know of it.
type fullPull struct {
	github.PullRequest
	// Stack is null where the pull request is in none (docs.github.com, "Stacked pull requests APIs and webhooks").
	Stack *struct {
		Base struct{ Ref string }
	}
}

// fullPull reads a pull request by REST.
func (in *installation) fullPull(ctx context.Context, ref job.Ref) (*fullPull, error) {
	path := fmt.Sprintf("repos/%s/%s/pulls/%d", url.PathEscape(ref.Owner), url.PathEscape(ref.Name), ref.Pull)
	req, err := in.rest.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	p := new(fullPull)
	if _, err := in.rest.Do(ctx, req, p); err != nil {
		return nil, fmt.Errorf("read pull request: %w", err)
	}
	return p, nil
}

// trunk is the branch that the whole stack goes into, if that is another than the base branch.
func (p *fullPull) trunk() string {
	if p.Stack == nil || p.Stack.Base.Ref == p.GetBase().GetRef() {
		return ""
	}
	return p.Stack.Base.Ref
}
