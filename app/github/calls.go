package github

import (
	"context"
	"strings"
	"sync"
)

// Calls is how many calls to GitHub were made.
type Calls struct {
	REST    int // the token's included
	GraphQL int
}

// All is their sum.
func (c Calls) All() int { return c.REST + c.GraphQL }

// Counter counts calls to GitHub. The zero Counter is ready. A token that several jobs wait for counts for the one that
// asks for it.
type Counter struct {
	mu    sync.Mutex
	calls Calls
}

type counterKey struct{}

// Of returns a context whose calls are counted.
func (c *Counter) Of(ctx context.Context) context.Context {
	return context.WithValue(ctx, counterKey{}, c)
}

// Calls returns how many calls there were so far.
func (c *Counter) Calls() Calls {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls
}

// count counts a call of the context.
func count(ctx context.Context, call Call) {
	c, ok := ctx.Value(counterKey{}).(*Counter)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if strings.HasSuffix(call.Route, "graphql") {
		c.calls.GraphQL++
	} else {
		c.calls.REST++
	}
}
