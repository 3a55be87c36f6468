package github

import (
	"container/list"
	"sync"
)

// Bounds of the texts that are kept, in bytes.
const (
	maxTexts    = 32 << 20 // of all installations together
	maxKeptText = 256 << 10
)

// texts keeps the contents of blobs that were read, for each installation its own: what one may read is never shown to
// another. The name of a blob says what is in it, so nothing that is kept goes out of date. Where there are too many,
// the installation with the most of them loses those that it has not asked for the longest. The zero value is ready.
type texts struct {
	mu    sync.Mutex
	of    map[int64]*shelf // by installation
	bytes int
}

// shelf is what is kept for one installation.
type shelf struct {
	recent list.List // of text, the one asked for last at the front
	by     map[string]*list.Element
	bytes  int
}

type text struct {
	blob    string
	content []byte
}

// get returns the content of a blob if it is kept. It must not be changed.
func (t *texts) get(installation int64, blob string) ([]byte, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.of[installation]
	if s == nil || s.by[blob] == nil {
		return nil, false
	}
	s.recent.MoveToFront(s.by[blob])
	return s.by[blob].Value.(text).content, true
}

// put keeps the content of a blob, which must be known to be its content.
func (t *texts) put(installation int64, blob string, content []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = map[int64]*shelf{}
	}
	s := t.of[installation]
	if s == nil {
		s = &shelf{by: map[string]*list.Element{}}
		t.of[installation] = s
	}
	if s.by[blob] != nil || len(content) > maxKeptText {
		return
	}
	s.by[blob] = s.recent.PushFront(text{blob, content})
	t.add(s, cost(content))
	for t.bytes > maxTexts {
		t.dropOne()
	}
}

// cost is what a text takes, with all that it is found by.
func cost(content []byte) int { return len(content) + 300 }

func (t *texts) add(s *shelf, n int) {
	s.bytes += n
	t.bytes += n
}

// dropOne drops the text that was not asked for the longest, of the installation with the most.
func (t *texts) dropOne() {
	var largest *shelf
	for _, s := range t.of {
		if largest == nil || s.bytes > largest.bytes {
			largest = s
		}
	}
	old := largest.recent.Remove(largest.recent.Back()).(text)
	delete(largest.by, old.blob)
	t.add(largest, -cost(old.content))
}

// forget drops all that is kept for an installation.
func (t *texts) forget(installation int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.of[installation]; s != nil {
		t.bytes -= s.bytes
		delete(t.of, installation)
	}
}
