package webhook

import (
	"errors"
	"io"
	"net/http"
	"time"
)

var errNoMemory = errors.New("no memory for the body")

// firstRead is the size in bytes of the buffer that reading begins with; most bodies fit.
const firstRead = 64 << 10

// setReadDeadline ends the reading of a request at a time, or for the zero time does not. It is set before anything else is done with a delivery and
// lifted when the body is there: a server reads what is left of the body of a delivery that was refused before it answers, and would wait for it without end.
func setReadDeadline(w http.ResponseWriter, at time.Time) {
	// A server that cannot set deadlines has its own.
	_ = http.NewResponseController(w).SetReadDeadline(at)
}

// read reads a body of at most maxBody bytes. Memory is taken from the receiver's budget as
// the body arrives, not as its sender announces it, so that announcing costs others nothing. The
// budget is given back by release, which is never nil.
func (r *receiver) read(w http.ResponseWriter, req *http.Request) (body []byte, release func(), err error) {
	var taken int64
	release = func() { r.memory.Release(taken) }
	source := http.MaxBytesReader(w, req.Body, maxBody)
	size := int64(firstRead)
	if req.ContentLength >= 0 {
		size = min(size, req.ContentLength+1) // one more, to see the end
	}
	for {
		if int64(len(body)) == int64(cap(body)) {
			if !r.memory.TryAcquire(size - taken) {
				return nil, release, errNoMemory
			}
			taken = size
			body = append(make([]byte, 0, size), body...)
			size = min(2*size, maxBody+1)
		}
		n, err := source.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == io.EOF {
			setReadDeadline(w, time.Time{})
			return body, release, nil
		}
		if err != nil {
			return nil, release, err
		}
	}
}
