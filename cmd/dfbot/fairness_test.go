//go:build unix

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/github/githubtest"
)

// TestFairness measures how long a pull request of one account takes while four of the worst kind of another account
// are being reviewed, beside how long one takes while nothing else is. Both are from the delivery to the check run, the
// median of five.
func TestFairness(t *testing.T) {
	if number(t, "FAIRNESS", 0) == 0 {
		t.Skip("measures, and proves nothing: run make fairness")
	}
	s := newSite(t, program(t, "dfbot"))
	other, err := s.hub.CreateRepo("hexa", "tools", map[string]string{"README.md": "# tools\n"})
	s.must(err)
	_, err = s.app.Install("hexa")
	s.must(err)
	p := s.start()
	innocent := *s
	innocent.repo = other

	n := 0
	median := func() time.Duration {
		var took []time.Duration
		for range 5 {
			n++
			begun := time.Now()
			pull := innocent.open(n)
			s.wait("the review", func() bool { return innocent.reviewed(pull) })
			took = append(took, time.Since(begun))
		}
		slices.Sort(took)
		return took[2]
	}
	median() // the first of a process takes longer
	idle := median()
	files := map[string]string{}
	for i := range 200 {
		files[fmt.Sprintf("image-%d/Dockerfile", i)] = hostile
	}
	for i := range 4 {
		branch := fmt.Sprintf("worst-%d", i)
		_, err := s.repo.Commit(branch, githubtest.Commit{Files: files})
		s.must(err)
		_, err = s.repo.OpenPull(githubtest.PullOptions{Head: branch})
		s.must(err)
	}
	s.wait("the worst are being reviewed", func() bool { return p.figure(`dfbot_jobs{state="running"}`) >= 3 })
	busy := median()
	running := p.figure(`dfbot_jobs{state="running"}`)
	t.Logf("idle %v, beside four of the worst kind %v: %.1f times; %v jobs still running", idle, busy,
		float64(busy)/float64(idle), running)
}

// hostile is small and takes as long as dfbot lets it: variables that double, installs that each ask for all COPYs.
var hostile = "FROM node:22\nENV a0=xxxxxxxxxxxxxxxx\n" + doubling() +
	strings.Repeat("COPY */f* *[bbbbbbbb]x . /y/\nRUN npm install && cd x && apt-get install -y curl\n", 40)

func doubling() string {
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, "ENV a%d=$a%d$a%d\n", i+1, i, i)
	}
	return b.String()
}
