package webhook

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

var errNoMemory = errors.New("no memory for the body")

const (
	// firstRead is the size in bytes of the buffer that reading begins with. It is not counted: a connection takes
	// several times as much on its own.
	firstRead = 1 << 10
	// smallBody is the size in bytes up to which a body takes from the part of the memory that is kept for such bodies.
	// Nearly all of GitHub's are smaller.
	smallBody = 64 << 10
)

// firstBuffers are buffers of firstRead bytes that are not in use.
var firstBuffers = sync.Pool{New: func() any { return new([firstRead]byte) }}

// memory bounds the bytes of bodies that are held at once, over all deliveries. Large bodies do not take what is kept
// for small ones.
type memory struct{ small, large *semaphore.Weighted }

func newMemory() memory {
	return memory{small: semaphore.NewWeighted(maxMemory / 4), large: semaphore.NewWeighted(maxMemory - maxMemory/4)}
}

// part is where a buffer of a size in bytes takes from, nil for one that is not counted.
func (m memory) part(size int64) *semaphore.Weighted {
	switch {
	case size <= firstRead:
		return nil
	case size <= smallBody:
		return m.small
	}
	return m.large
}

func (m memory) take(size int64) bool {
	part := m.part(size)
	return part == nil || part.TryAcquire(size)
}

func (m memory) release(size int64) {
	if part := m.part(size); part != nil {
		part.Release(size)
	}
}

// setReadDeadline ends the reading of a request at a time, or for the zero time does not. It is set before anything
// else is done with a delivery and lifted when the body is there: a server reads what is left of the body of a delivery
// that was refused before it answers, and would wait for it without end.
func setReadDeadline(w http.ResponseWriter, at time.Time) {
	// A server that cannot set deadlines has its own.
	_ = http.NewResponseController(w).SetReadDeadline(at)
}

// read reads a body of at most maxBody bytes. Memory is taken as bytes arrive, at most twice as much as has come and
// never for what its sender only announces: a sender of headers without a body, or of a byte a second, costs others
// nothing. The memory is given back by release, which is never nil; body must not be used afterwards.
func (r *receiver) read(w http.ResponseWriter, req *http.Request) (body []byte, release func(), err error) {
	first := firstBuffers.Get().(*[firstRead]byte)
	buffer := first[:0]
	release = func() {
		r.memory.release(int64(cap(buffer)))
		firstBuffers.Put(first)
	}
	source := http.MaxBytesReader(w, req.Body, maxBody)
	for {
		if len(buffer) == cap(buffer) {
			larger, err := r.enlarge(buffer)
			if err != nil {
				return nil, release, err
			}
			buffer = larger
		}
		n, err := source.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		if err == io.EOF {
			setReadDeadline(w, time.Time{})
			return buffer, release, nil
		}
		if err != nil {
			return nil, release, err
		}
	}
}

// enlarge gives a full buffer twice its size, up to one byte more than a body may have, to see the end.
func (r *receiver) enlarge(full []byte) ([]byte, error) {
	size := min(2*int64(cap(full)), maxBody+1)
	if !r.memory.take(size) {
		return nil, errNoMemory
	}
	larger := append(make([]byte, 0, size), full...)
	r.memory.release(int64(cap(full)))
	return larger, nil
}
