package github

import (
	"context"
	"sync"
)

// head is a commit of a repository that has check runs.
type head struct {
	repository int64
	sha        string
}

// heads lets one job at a time write check runs on a commit, and reports whether others have written since it read
// them. Pull requests of one head commit have lanes of their own, and the later run must not hide what the earlier one
// says. The zero value is ready.
type heads struct {
	mu    sync.Mutex
	clock uint64 // counts writes
	floor uint64 // writes up to here are forgotten: a job that read before may have missed one
	known map[head]*headState
}

type headState struct {
	turn    chan struct{} // holds the one turn to write
	users   int
	written uint64 // when it was last written
}

// mostHeads is how many commits are remembered.
const mostHeads = 4096

// now is a moment that take compares with.
func (h *heads) now() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clock
}

// take waits for the turn to write on the commit and reports whether someone has written there since read, a moment
// given by now. The turn ends with leave, whose argument reports whether anything may have been written.
func (h *heads) take(ctx context.Context, at head, read uint64) (since bool, leave func(wrote bool), err error) {
	state := h.enter(at)
	select {
	case <-state.turn:
	case <-ctx.Done():
		h.exit(state)
		return false, nil, context.Cause(ctx)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	leave = func(wrote bool) {
		h.mu.Lock()
		if wrote {
			h.clock++
			state.written = h.clock
		}
		h.mu.Unlock()
		state.turn <- struct{}{}
		h.exit(state)
	}
	return max(state.written, h.floor) > read, leave, nil
}

func (h *heads) enter(at head) *headState {
	h.mu.Lock()
	defer h.mu.Unlock()
	state := h.known[at]
	if state == nil {
		h.forget()
		state = &headState{turn: make(chan struct{}, 1)}
		state.turn <- struct{}{}
		h.known[at] = state
	}
	state.users++
	return state
}

func (h *heads) exit(state *headState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	state.users--
}

// forget makes room for one more commit.
func (h *heads) forget() {
	if h.known == nil {
		h.known = map[head]*headState{}
	}
	if len(h.known) < mostHeads {
		return
	}
	for at, state := range h.known {
		if state.users == 0 {
			delete(h.known, at)
		}
	}
	h.floor = h.clock
}
