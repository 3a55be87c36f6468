package githubtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Reaction is an emoji that someone has put on a comment.
type Reaction struct {
	ID        int64
	Author    string
	Content   string // "+1", "eyes" and so on
	CreatedAt time.Time
}

// reactionNames are the names of reactions in REST, with those in GraphQL, in GitHub's order.
var reactionNames = []struct{ rest, graphql string }{
	{"+1", "THUMBS_UP"}, {"-1", "THUMBS_DOWN"}, {"laugh", "LAUGH"}, {"hooray", "HOORAY"}, {"confused", "CONFUSED"},
	{"heart", "HEART"}, {"rocket", "ROCKET"}, {"eyes", "EYES"},
}

// reactionsJSON is the schema "reaction-rollup" of the comment at the address.
func reactionsJSON(url string, list []*Reaction) obj {
	o := obj{"url": url + "/reactions", "total_count": len(list)}
	for _, name := range reactionNames {
		o[name.rest] = 0
	}
	for _, r := range list {
		o[r.Content] = o[r.Content].(int) + 1
	}
	return o
}

// reacted finds the reactions on the comment of the path: of a conversation or of a review.
func (c *call) reacted() *[]*Reaction {
	if strings.Contains(c.route.path, "/issues/") {
		if ic := c.issueComment(); ic != nil {
			return &ic.reactions
		}
	} else if cm := c.comment(); cm != nil {
		return &cm.reactions
	}
	return nil
}

func listReactions(c *call) answer {
	list := c.reacted()
	if list == nil {
		return notFound()
	}
	content := c.query("content")
	found := slices.DeleteFunc(slices.Clone(*list), func(r *Reaction) bool {
		return content != "" && r.Content != content
	})
	return paged(c, found, func(r *Reaction) any { return c.srv.reactionJSON(r) }, nil)
}

// createReaction answers with 200 where the caller has reacted like that already.
func createReaction(c *call) answer {
	list := c.reacted()
	if list == nil {
		return notFound()
	}
	var in struct{ Content string }
	if a, ok := c.decode(&in); !ok {
		return a
	}
	known := slices.ContainsFunc(reactionNames, func(n struct{ rest, graphql string }) bool {
		return n.rest == in.Content
	})
	if !known {
		return invalid("Reaction", "content", "invalid", "")
	}
	for _, r := range *list {
		if r.Author == c.app.Bot() && r.Content == in.Content {
			return ok(c.srv.reactionJSON(r))
		}
	}
	r := &Reaction{ID: c.srv.id("reaction", 4001), Author: c.app.Bot(), Content: in.Content, CreatedAt: c.srv.now()}
	*list = append(*list, r)
	return created(c.srv.reactionJSON(r))
}

func (s *Server) reactionJSON(r *Reaction) obj {
	return obj{"id": r.ID, "node_id": nodeID("REA", r.ID), "user": s.userJSON(r.Author), "content": r.Content,
		"created_at": stamp(r.CreatedAt)}
}

// gqlReactions are the groups of reactions, with those that no one has used.
func (c *call) gqlReactions(list []*Reaction) []*gqlObject {
	groups := []*gqlObject{}
	for _, name := range reactionNames {
		own := func(r *Reaction) bool { return r.Content == name.rest && r.Author == c.app.Bot() }
		groups = append(groups, &gqlObject{"ReactionGroup", map[string]any{
			"content": name.graphql, "viewerHasReacted": slices.ContainsFunc(list, own),
		}})
	}
	return groups
}

// reactedTo finds a comment of either kind anywhere.
func (s *Server) reactedTo(id int64) (*[]*Reaction, error) {
	for _, r := range s.repos {
		for _, ic := range r.comments {
			if ic.ID == id {
				return &ic.reactions, nil
			}
		}
	}
	cm, err := s.findComment(id)
	if err != nil {
		return nil, fmt.Errorf("no comment %d", id)
	}
	return &cm.reactions, nil
}

// React puts a reaction on a comment as a person.
func (s *Server) React(id int64, user, content string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, err := s.reactedTo(id)
	if err == nil {
		*list = append(*list, &Reaction{ID: s.id("reaction", 4001), Author: user, Content: content, CreatedAt: s.now()})
	}
	return err
}

// Reactions lists copies of the reactions on a comment.
func (s *Server) Reactions(id int64) (all []Reaction, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, err := s.reactedTo(id)
	if err != nil {
		return nil, err
	}
	for _, r := range *list {
		all = append(all, *r)
	}
	return all, nil
}
