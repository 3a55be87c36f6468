package githubtest

import (
	"cmp"
	"fmt"
)

// Enqueue puts the pull request into the merge queue of its branch: GitHub makes a commit of the branch,
// the pull requests that wait already, and this one, and asks the Apps to check it. It returns that commit's SHA.
func (p *Pull) Enqueue(by string) (string, error) {
	s := p.repo.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	files, err := p.files()
	if err != nil {
		return "", err
	}
	c := Commit{Message: fmt.Sprintf("Merge pull request #%d from %s", p.Number, p.headRef), Author: by,
		Entries: map[string]File{}}
	for _, f := range files {
		if f.Status == "removed" {
			c.Delete = append(c.Delete, f.Path)
			continue
		}
		content, err := p.repo.store.objects.read(p.head + ":" + f.Path)
		if err != nil {
			return "", err
		}
		c.Entries[f.Path] = File{Content: string(content.data)}
	}
	base := cmp.Or(p.repo.queue[p.baseRef], p.repo.tip(p.baseRef))
	branch := fmt.Sprintf("gh-readonly-queue/%s/pr-%d-%s", p.baseRef, p.Number, base)
	p.repo.store.setBranch(p.repo.ID, branch, base)
	sha, err := p.repo.commit(branch, c)
	if err != nil {
		return "", err
	}
	if p.repo.queue == nil {
		p.repo.queue = map[string]string{}
	}
	p.repo.queue[p.baseRef] = sha
	s.emitGroup(p, "checks_requested", by, branch, base, sha)
	return sha, nil
}

// Dequeue takes it out again, and with it those that came after.
func (p *Pull) Dequeue(by, sha string) {
	s := p.repo.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	base := p.repo.tip(p.baseRef)
	delete(p.repo.queue, p.baseRef)
	s.emitGroup(p, "destroyed", by, fmt.Sprintf("gh-readonly-queue/%s/pr-%d-%s", p.baseRef, p.Number, base), base, sha)
}

// emitGroup sends a merge_group event.
func (s *Server) emitGroup(p *Pull, action, by, branch, base, sha string) {
	ci, err := p.repo.store.commit(sha)
	if err != nil {
		return
	}
	body := obj{"merge_group": obj{
		"head_sha": sha, "head_ref": "refs/heads/" + branch, "base_sha": base, "base_ref": "refs/heads/" + p.baseRef,
		"head_commit": s.simpleCommitJSON(ci),
	}}
	if action == "destroyed" {
		body["reason"] = "dequeued"
	}
	s.emit("merge_group", action, p.repo, by, body)
}
