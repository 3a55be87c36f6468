//go:build linux

package pairs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/cmd/dfbot/internal/daemon"
)

const (
	runTime     = 5 * time.Second // for the command of an image; one that serves does not end by itself
	cannotStart = 126             // the exit code of a shell for a program that is there and cannot run
)

// outcome is what a pair came to.
type outcome string

const (
	equal        outcome = "equal"
	asIntended   outcome = "as intended" // differs as the rule says
	broken       outcome = "broken"      // the fixed one does not build
	wrong        outcome = "wrong"       // differs in another way
	doesNotBuild outcome = "does not build here"
)

// verdict is an outcome and why it is one.
type verdict struct {
	is  outcome
	why string
}

// intent is what the fixes of a rule are meant to change in an image.
type intent struct {
	files  *regexp.Regexp // paths of files that may go, come or change
	modes  bool           // of any file
	fields []string       // of the configuration
	starts bool           // the container starts, which it did not
	builds bool           // the build goes on, which it did not
	What   string         // all of that in words
	Why    string
}

// intents are those of the rules whose fixes are meant to change an image at all.
var intents = map[string]intent{
	"apt-assume-yes": asksNoOne,
	"dnf-assume-yes": asksNoOne,
	"entrypoint-not-executable": {modes: true, starts: true,
		What: "the mode of the script; its container starts", Why: "it stopped with `permission denied`"},
	"maintainer-deprecated": {fields: []string{"Author", "Labels"},
		What: "the author goes, a label comes", Why: "the label is what Docker says to use"},
	"pip-cache-kept": {files: regexp.MustCompile(`(^|/)\.cache(/pip(/.*)?)?$`),
		What: "pip's cache goes", Why: "nothing reads it in an image"},
	"run-not-executable": {builds: true, modes: true,
		What: "the mode of the script; the build goes on", Why: "it stopped with `permission denied`"},
	"trailing-comment": {files: regexp.MustCompile(`#`), fields: []string{"Cmd", "Entrypoint", "User", "WorkingDir"},
		starts: true, builds: true,
		What: "what had the comment in it: a path, a user, a command; the build goes on",
		Why:  "the comment was taken for a part of it"},
	"useradd-without-no-log-init": {files: regexp.MustCompile(`^var/log/(lastlog|faillog)$`),
		What: "the size of `lastlog` and `faillog`", Why: "no one logs in to a container"},
	"yum-assume-yes":         asksNoOne,
	"zypper-non-interactive": asksNoOne,
}

// asksNoOne is the intent of answering a question before it is asked.
var asksNoOne = intent{builds: true, What: "the build goes on", Why: "it stopped at a question that no one can answer"}

// verdict compares two images.
func (r *rig) verdict(t *testing.T, rules []string, before, after built) verdict {
	t.Helper()
	var meant, unmeant []string
	note := func(ok bool, change string) {
		if ok {
			meant = append(meant, change)
		} else {
			unmeant = append(unmeant, change)
		}
	}
	for _, change := range before.noise.differences(before.Files, after.Files) {
		if before.Files[change.path].Hash == before.hash && after.Files[change.path].Hash == after.hash {
			continue // the Dockerfile itself, which a COPY takes
		}
		note(intended(rules, func(i intent) bool { return i.means(change) }), change.String())
	}
	changed := fields(before, after)
	for _, field := range changed {
		note(field == "OnBuild" || intended(rules, func(i intent) bool { return slices.Contains(i.fields, field) }),
			"configuration: "+field)
	}
	starts := intended(rules, func(i intent) bool { return i.starts })
	if starts || slices.Contains(changed, "Cmd") || slices.Contains(changed, "Entrypoint") {
		if a, b := r.run(t, before), r.run(t, after); a != b {
			note(starts && a.Status != 0 && b.Status != cannotStart,
				fmt.Sprintf("the container comes to %+v, not %+v", b, a))
		}
	}
	switch {
	case len(unmeant) > 0:
		return verdict{wrong, summary(unmeant)}
	case len(meant) > 0:
		return verdict{asIntended, summary(meant)}
	}
	return verdict{is: equal}
}

// means reports whether a file may change so.
func (i intent) means(c change) bool {
	return i.files != nil && i.files.MatchString(c.path) || i.modes && strings.HasPrefix(c.what, mode)
}

// intended reports whether any of the rules means it.
func intended(rules []string, does func(intent) bool) bool {
	return slices.ContainsFunc(rules, func(rule string) bool { return does(intents[rule]) })
}

// summary is some of the changes, and how many there are.
func summary(all []string) string {
	const most = 8
	if len(all) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:most], "; "), len(all)-most)
	}
	return strings.Join(all, "; ")
}

// run starts the container as it is configured.
func (r *rig) run(t *testing.T, b built) (run daemon.Run) {
	t.Helper()
	b.build.Fresh, b.build.List = false, false
	b.build.Look = func(ctx context.Context, m *daemon.Machine) (err error) {
		ctx, cancel := context.WithTimeout(ctx, runTime)
		defer cancel()
		run, err = m.Start(ctx)
		return err
	}
	if _, err := r.Build(t.Context(), b.build); err != nil {
		return daemon.Run{Status: cannotStart}
	}
	return run
}

// fields are the fields of the configuration that differ, the author's among them.
func fields(before, after built) (all []string) {
	a, b := asMap(before), asMap(after)
	for _, field := range slices.Sorted(maps.Keys(merged(a, b))) {
		if !bytes.Equal(a[field], b[field]) {
			all = append(all, field)
		}
	}
	return all
}

func asMap(b built) map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	config := b.Settings.Config
	config.WorkingDir = path.Clean(config.WorkingDir) // a slash at the end changes nothing
	for _, v := range []any{config, map[string]string{"Author": b.Settings.Author}} {
		data, err := json.Marshal(v)
		if err == nil {
			err = json.Unmarshal(data, &all)
		}
		if err != nil {
			panic(err) // it came as JSON
		}
	}
	return all
}

func merged[K comparable, V any](a, b map[K]V) map[K]V {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// noise is what differs between two builds of the same: files whose content does, and names that only one has. Names
// are taken without their numbers.
type noise struct{ content, names map[string]bool }

func noiseOf(a, b daemon.Files) noise {
	n := noise{map[string]bool{}, map[string]bool{}}
	for _, change := range n.differences(a, b) {
		if change.what == gone || change.what == added {
			n.names[unnumbered(change.path)] = true
		} else {
			n.content[change.path] = true
		}
	}
	return n
}

var number = regexp.MustCompile(`[0-9a-f]{8,}|[0-9]+`)

func unnumbered(p string) string { return number.ReplaceAllString(p, "#") }

// change is a difference between two images.
type change struct{ path, what string }

func (c change) String() string { return "/" + c.path + " " + c.what }

const (
	gone    = "is gone"
	added   = "is new"
	content = "has another content"
	mode    = "has the mode"
)

// differences are those that are not noise, sorted.
func (n noise) differences(a, b daemon.Files) (all []change) {
	for _, p := range slices.Sorted(maps.Keys(merged(a, b))) {
		before, was := a[p]
		after, is := b[p]
		what := ""
		switch {
		case before == after && was == is:
			continue
		case !was || !is:
			if n.names[unnumbered(p)] {
				continue
			}
			what = gone
			if is {
				what = added
			}
		default:
			what = differs(before, after, n.content[p])
		}
		if what != "" {
			all = append(all, change{p, what})
		}
	}
	return all
}

// differs says in what two entries do; "" if only in their content, and that does not count.
func differs(a, b daemon.Entry, unstable bool) string {
	switch {
	case a.Type != b.Type || a.Device != b.Device:
		return "is of another kind"
	case a.Mode != b.Mode:
		return fmt.Sprintf("%s %o, not %o", mode, b.Mode, a.Mode)
	case a.UID != b.UID || a.GID != b.GID:
		return fmt.Sprintf("is owned by %d:%d, not %d:%d", b.UID, b.GID, a.UID, a.GID)
	case a.Link != b.Link:
		return "leads elsewhere"
	case !unstable:
		return content
	}
	return ""
}
