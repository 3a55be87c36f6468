// Package timings reads how long the steps of past builds took: from a file that a person writes, from what BuildKit
// prints as it builds, or from a build record. It must never guess: a step of which no run is recorded has no time.
package timings

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"
)

// maxFile is how many bytes of a file are read, and of a record when it is unpacked.
const maxFile = 256 << 20

// Timings are the seconds that steps took.
type Timings struct {
	known map[key]*seconds
}

// key is a step of a Dockerfile; Dockerfile is "" where a record does not name it, and Stage is "*" where a name is
// only the instruction.
type key struct{ dockerfile, stage, text string }

// seconds are those of several runs.
type seconds struct {
	sum  float64
	runs int
}

// errNone reports a file without any time.
var errNone = errors.New("it has no time of a step")

// Open reads a file of timings.
func Open(name string) (*Timings, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read timings: %w", err)
	}
	defer f.Close()
	t, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("read timings from %s: %w", name, err)
	}
	return t, nil
}

// Read reads timings of any of the forms.
func Read(r io.Reader) (*Timings, error) {
	t := &Timings{known: map[key]*seconds{}}
	b := bufio.NewReader(io.LimitReader(r, maxFile))
	var err error
	if head, _ := b.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		err = t.record(b)
	} else {
		err = t.text(b)
	}
	if err == nil && len(t.known) == 0 {
		err = errNone
	}
	return t, err
}

// Seconds is how long a step took, on average where several runs are recorded. The name is as BuildKit shows it.
func (t *Timings) Seconds(dockerfile, name string) (float64, bool) {
	if t == nil {
		return 0, false
	}
	stage, text := split(name)
	for _, k := range []key{{dockerfile, stage, text}, {dockerfile, anyStage, text}, {"", stage, text}} {
		if s := t.known[k]; s != nil {
			return s.sum / float64(s.runs), true
		}
	}
	return 0, false
}

func (t *Timings) add(dockerfile, name string, took float64) error {
	if math.IsNaN(took) || math.IsInf(took, 0) || took < 0 {
		return fmt.Errorf("%v is no time of %s", took, name)
	}
	stage, text := split(name)
	k := key{dockerfile, stage, text}
	if t.known[k] == nil {
		t.known[k] = &seconds{}
	}
	t.known[k].sum += took
	t.known[k].runs++
	return nil
}

// anyStage stands for the stage where a name does not have it.
const anyStage = "*"

// split takes a name such as "[linux/amd64 build 4/7] RUN npm ci" apart. The number is left out: it changes with steps
// that come before.
func split(name string) (stage, text string) {
	at, text, found := strings.Cut(name, "] ")
	if !found || !strings.HasPrefix(at, "[") {
		return anyStage, name
	}
	for word := range strings.FieldsSeq(at[1:]) {
		if !strings.Contains(word, "/") {
			stage = word
		}
	}
	return stage, text
}

// vertex is a step as BuildKit reports it, several times while it is built.
type vertex struct {
	Digest    string     `json:"digest"`
	Name      string     `json:"name"`
	Started   *time.Time `json:"started"`
	Completed *time.Time `json:"completed"`
	Cached    bool       `json:"cached"`
	Error     string     `json:"error"`
}

// reported are the keys of what BuildKit prints in a line with --progress=rawjson; a file that a person writes has
// other ones.
var reported = map[string]bool{"vertexes": true, "statuses": true, "logs": true, "warnings": true}

// text reads JSON: one object that a person writes, or one line for each report of BuildKit.
func (t *Timings) text(r io.Reader) error {
	d, b := json.NewDecoder(r), newBuild()
	for {
		var fields map[string]json.RawMessage
		if err := d.Decode(&fields); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("it is no JSON of a known form: %w", err)
		}
		if err := t.fields(b, fields); err != nil {
			return err
		}
	}
	return b.end(t)
}

// fields reads one object.
func (t *Timings) fields(b *build, fields map[string]json.RawMessage) (err error) {
	for name, value := range fields {
		if reported[name] && bytes.HasPrefix(value, []byte("[")) {
			err = b.line(name, value)
		} else {
			err = t.own(name, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// own reads the seconds of a Dockerfile's steps, by their names.
func (t *Timings) own(dockerfile string, value json.RawMessage) error {
	var steps map[string]float64
	if err := json.Unmarshal(value, &steps); err != nil {
		return fmt.Errorf("%s: it needs an object of steps and their seconds: %w", dockerfile, err)
	}
	for name, took := range steps {
		if err := t.add(dockerfile, name, took); err != nil {
			return fmt.Errorf("%s: %w", dockerfile, err)
		}
	}
	return nil
}

// build gathers what BuildKit reports of one build or more.
type build struct {
	names map[string]string // of steps, by digest
	// runs are the times of each step, by digest and start. A step that BuildKit left and came back to has several.
	runs map[string]map[time.Time]time.Time
	none map[string]bool // came from the cache, or failed
}

func newBuild() *build {
	return &build{names: map[string]string{}, runs: map[string]map[time.Time]time.Time{}, none: map[string]bool{}}
}

func (b *build) line(name string, value json.RawMessage) error {
	if name != "vertexes" {
		return nil
	}
	var all []vertex
	if err := json.Unmarshal(value, &all); err != nil {
		return fmt.Errorf("vertexes: %w", err)
	}
	for _, v := range all {
		b.vertex(v)
	}
	return nil
}

func (b *build) vertex(v vertex) {
	if v.Name != "" {
		b.names[v.Digest] = v.Name
	}
	if v.Cached || v.Error != "" {
		b.none[v.Digest] = true
	}
	if v.Started == nil || v.Completed == nil || v.Completed.Before(*v.Started) {
		return
	}
	if b.runs[v.Digest] == nil {
		b.runs[v.Digest] = map[time.Time]time.Time{}
	}
	b.runs[v.Digest][v.Started.UTC()] = v.Completed.UTC()
}

// end adds what steps took: those of instructions that ran to their ends.
func (b *build) end(t *Timings) error {
	for digest, runs := range b.runs {
		name := b.names[digest]
		if stage, _ := split(name); b.none[digest] || stage == anyStage || stage == "internal" || stage == "auth" {
			continue
		}
		took := 0.0
		for from, to := range runs {
			took += to.Sub(from).Seconds()
		}
		if err := t.add("", name, took); err != nil {
			return err
		}
	}
	return nil
}
