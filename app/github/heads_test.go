package github

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// One who reads before another writes learns of it, for the same commit only, and also after the write is forgotten.
func TestHeadsTellOfWrites(t *testing.T) {
	var h heads
	write := func(at head) {
		_, leave, err := h.take(t.Context(), at, h.now())
		if err != nil {
			t.Fatal(err)
		}
		leave(true)
	}
	told := func(at head, read uint64) bool {
		since, leave, err := h.take(t.Context(), at, read)
		if err != nil {
			t.Fatal(err)
		}
		leave(false)
		return since
	}
	one, other := head{1, "a"}, head{1, "b"}
	before := h.now()
	write(one)
	if !told(one, before) || told(other, before) || told(one, h.now()) {
		t.Error("one write: the wrong one is reported")
	}
	for i := range 2 * mostHeads {
		write(head{2, fmt.Sprint(i)})
	}
	if !told(one, before) || told(one, h.now()) || len(h.known) > mostHeads+1 {
		t.Errorf("%d writes later: %d commits are known", 2*mostHeads, len(h.known))
	}
}

// Two never have the turn of one commit at once, and who waits for it can be called off.
func TestHeadsTakeTurns(t *testing.T) {
	var h heads
	at := head{1, "a"}
	_, leave, err := h.take(t.Context(), at, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, _, err := h.take(ctx, at, 0); err == nil {
		t.Error("two have the turn")
	}
	leave(false)
	if _, leave, err = h.take(t.Context(), at, 0); err != nil {
		t.Fatal(err)
	}
	leave(false)
}
