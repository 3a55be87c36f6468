package github

import (
	"fmt"
	"testing"
)

func TestTextsAreKeptApart(t *testing.T) {
	var kept texts
	kept.put(1, "a", []byte("secret"))
	if got, ok := kept.get(2, "a"); ok {
		t.Errorf("installation 2 gets %q of installation 1", got)
	}
	if got, ok := kept.get(1, "a"); !ok || string(got) != "secret" {
		t.Errorf("got %q, %t", got, ok)
	}
	kept.put(2, "a", []byte("secret"))
	kept.forget(1)
	if _, ok := kept.get(1, "a"); ok {
		t.Error("a text outlives its installation")
	}
	if _, ok := kept.get(2, "a"); !ok || kept.bytes != cost([]byte("secret")) {
		t.Errorf("the other installation has lost its text, or %d bytes are kept", kept.bytes)
	}
}

// TestTextsAreBounded: the installation that keeps the most loses its own texts, the oldest first.
func TestTextsAreBounded(t *testing.T) {
	var kept texts
	kept.put(1, "small", []byte("x"))
	large := make([]byte, maxKeptText)
	kept.put(1, "too large", make([]byte, maxKeptText+1))
	for i := range 2 * maxTexts / maxKeptText {
		kept.put(2, fmt.Sprint(i), large)
		if _, ok := kept.get(2, "0"); !ok { // asked for again and again
			t.Fatalf("a text that is in use was dropped after %d", i)
		}
		if kept.bytes > maxTexts {
			t.Fatalf("%d bytes are kept", kept.bytes)
		}
	}
	if _, ok := kept.get(2, "1"); ok {
		t.Error("the oldest text is still there")
	}
	if _, ok := kept.get(1, "small"); !ok {
		t.Error("another installation has lost its text")
	}
	if _, ok := kept.get(1, "too large"); ok {
		t.Error("a text above the bound is kept")
	}
}

// TestForgetDropsTexts: with the installation go the texts.
func TestForgetDropsTexts(t *testing.T) {
	c := &Client{installations: map[scope]*installation{}}
	c.texts.put(7, "a", []byte("x"))
	c.Forget(7)
	if _, ok := c.texts.get(7, "a"); ok {
		t.Error("still there")
	}
}
