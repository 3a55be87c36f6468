package github

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/dfbot/dfbot/app/job"
)

// The token of a job sees one repository, and so the organization's configuration only where that is public. Where it
// is private, it is read for those repositories alone that ask for it by extends, by a token that may read contents of
// the repository .github and nothing else.

// errNotInstalled says that the installation does not reach the organization's repository.
var errNotInstalled = errors.New("the App is not installed on the organization's repository")

// keepUnreached is how long an organization's repository is taken to be out of reach.
const keepUnreached = time.Hour

// askToRead asks for a token that may read contents.
func (c *Client) askToRead(ctx context.Context, ref job.Ref) (credential, error) {
	fresh, err := c.askToken(ctx, ref, map[string]string{"contents": "read"})
	switch status(err) {
	case http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity:
		return credential{}, errNotInstalled
	}
	return fresh, err
}

// readPrivate reads the organization's configuration if it is not public and the repository extends it. It takes two
// calls, and what came of them is kept.
func (s *Snapshot) readPrivate(ctx context.Context) error {
	if s.Organization.Path != "" || !s.extends() || !bytes.Contains(s.Config.Source, []byte("extends")) {
		return nil
	}
	kept := &s.in.client.private
	key, now := s.organizationKey(), s.in.client.opts.Now()
	if file, ok := kept.get(key, now); ok {
		s.Organization, s.Private = file, file.Path != ""
		return nil
	}
	ref := s.organizationRef()
	c := s.in.client
	reader := &installation{client: c, limits: s.in.limits,
		rest: c.restClient(c.newTokenTransport(s.in.limits, ref, c.askToRead))}
	file, err := reader.organization(ctx, ref)
	if err != nil && !errors.Is(err, errNotInstalled) {
		return fmt.Errorf("read private %s: %w", ref.Name, err)
	}
	keep := keepOrganization
	if file.Path == "" {
		keep = keepUnreached
	}
	kept.put(key, file, now.Add(keep))
	s.Organization, s.Private = file, file.Path != ""
	return nil
}
