package main

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// Progress is written in place and removed without control sequences, which NO_COLOR and dumb terminals do not want.
func TestProgress(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &progress{to: w, begun: time.Now().Add(-2 * quiet)}
	p.show("reviewed 9 of 10 Dockerfiles")
	p.last = p.last.Add(-2 * pause)
	p.show("reviewed 10 of 10 Dockerfiles")
	p.show("reviewed 10 of 10 Dockerfiles") // too soon
	p.clear()
	w.Close()
	got, _ := io.ReadAll(r)
	want := "\rreviewed 9 of 10 Dockerfiles" + "\rreviewed 10 of 10 Dockerfiles" +
		"\r" + strings.Repeat(" ", len("reviewed 10 of 10 Dockerfiles")) + "\r"
	if string(got) != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
}
