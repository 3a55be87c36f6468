package githubtest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A Delivery is one webhook delivery and how it went.
type Delivery struct {
	ID             int64
	GUID           string // kept by a redelivery
	Event, Action  string
	InstallationID int64
	RepositoryID   int64
	Redelivery     bool
	DeliveredAt    time.Time
	Duration       time.Duration
	StatusCode     int // 0 when there was no answer
	Payload        []byte
	Header         http.Header
	Answer         []byte // first 64 KB of what the receiver said
	Done           bool

	app         *App
	url, secret string
}

// enterpriseVersion is the release that an Enterprise server says it is.
const enterpriseVersion = "3.19.0"

// hookQueue holds deliveries until the one goroutine that sends them has done so.
type hookQueue struct {
	mu      sync.Mutex
	changed *sync.Cond
	log     []*Delivery
	next    int // index in log of the first that is not sent
	closed  bool
	paused  bool
	ctx     context.Context
	cancel  context.CancelFunc
	client  *http.Client
}

// deliveryTimeout is how long GitHub waits for a receiver.
const deliveryTimeout = 10 * time.Second

func (q *hookQueue) init() {
	q.changed = sync.NewCond(&q.mu)
	q.ctx, q.cancel = context.WithCancel(context.Background())
	q.client = &http.Client{
		Timeout:       deliveryTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (q *hookQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.cancel()
	q.changed.Broadcast()
}

// queue adds a delivery of a payload to an App; none when it has no webhook URL.
// The caller holds the state's lock, so deliveries keep the order of events.
func (s *Server) queue(a *App, event string, payload obj) {
	if a.webhookURL == "" {
		return
	}
	d := &Delivery{
		GUID: guid(), Event: event, Payload: encode(payload), app: a, url: a.webhookURL, secret: a.secret,
	}
	d.Action, _ = payload["action"].(string)
	if in, ok := payload["installation"].(obj); ok {
		d.InstallationID, _ = in["id"].(int64)
	}
	if r, ok := payload["repository"].(obj); ok {
		d.RepositoryID, _ = r["id"].(int64)
	}
	s.hooks.push(s, d)
}

func (q *hookQueue) push(s *Server, d *Delivery) {
	d.ID = s.id("delivery", 10001)
	d.DeliveredAt = s.now()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.log = append(q.log, d)
	q.changed.Broadcast()
}

// guid makes a random UUID.
func guid() string {
	b := make([]byte, 16)
	rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// deliverAll sends deliveries one after the other until the server closes.
func (s *Server) deliverAll() {
	q := &s.hooks
	for {
		q.mu.Lock()
		for !q.closed && (q.paused || q.next == len(q.log)) {
			q.changed.Wait()
		}
		if q.closed {
			q.mu.Unlock()
			return
		}
		d := q.log[q.next]
		q.mu.Unlock()
		status, header, answer, took := q.send(d)
		q.mu.Lock()
		d.StatusCode, d.Header, d.Answer, d.Duration, d.Done = status, header, answer, took, true
		q.next++
		q.changed.Broadcast()
		q.mu.Unlock()
	}
}

// send makes one delivery over HTTP. No answer is a status of 0.
func (q *hookQueue) send(d *Delivery) (int, http.Header, []byte, time.Duration) {
	begun := time.Now()
	req, err := http.NewRequestWithContext(q.ctx, http.MethodPost, d.url, bytes.NewReader(d.Payload))
	if err != nil {
		return 0, nil, []byte(err.Error()), 0
	}
	d.headers(req.Header)
	resp, err := q.client.Do(req)
	if err != nil {
		return 0, req.Header, []byte(err.Error()), time.Since(begun)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	return resp.StatusCode, req.Header, body, time.Since(begun)
}

func (d *Delivery) headers(h http.Header) {
	h.Set("Content-Type", "application/json")
	h.Set("Accept", "*/*")
	h.Set("User-Agent", "GitHub-Hookshot/0000000")
	h.Set("X-GitHub-Event", d.Event)
	h.Set("X-GitHub-Delivery", d.GUID)
	h.Set("X-GitHub-Hook-ID", strconv.FormatInt(d.app.hookID, 10))
	h.Set("X-GitHub-Hook-Installation-Target-ID", strconv.FormatInt(d.app.ID, 10))
	h.Set("X-GitHub-Hook-Installation-Target-Type", "integration")
	if d.app.srv.opt.Enterprise {
		h.Set("X-GitHub-Enterprise-Host", d.app.srv.listener.Addr().String())
		h.Set("X-GitHub-Enterprise-Version", enterpriseVersion)
	}
	if d.secret != "" {
		h.Set("X-Hub-Signature", "sha1="+sign(sha1.New, d.secret, d.Payload))
		h.Set("X-Hub-Signature-256", "sha256="+sign(sha256.New, d.secret, d.Payload))
	}
}

func sign(h func() hash.Hash, secret string, body []byte) string {
	mac := hmac.New(h, []byte(secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// Deliveries lists copies of the deliveries so far, oldest first.
func (s *Server) Deliveries() []Delivery {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	var all []Delivery
	for _, d := range s.hooks.log {
		all = append(all, *d)
	}
	return all
}

// PauseDeliveries holds webhooks back until ResumeDeliveries.
func (s *Server) PauseDeliveries() { s.hooks.pause(true) }

// ResumeDeliveries sends what was held back.
func (s *Server) ResumeDeliveries() { s.hooks.pause(false) }

func (q *hookQueue) pause(paused bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.paused = paused
	q.changed.Broadcast()
}

// Delivered waits until every delivery queued so far has been answered, or failed.
func (s *Server) Delivered(ctx context.Context) error {
	q := &s.hooks
	stop := context.AfterFunc(ctx, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.changed.Broadcast()
	})
	defer stop()
	q.mu.Lock()
	defer q.mu.Unlock()
	for upTo := len(q.log); q.next < upTo && !q.closed && ctx.Err() == nil; {
		q.changed.Wait()
	}
	return ctx.Err()
}

// Redeliver sends a delivery again, with the same GUID.
func (s *Server) Redeliver(id int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.delivery(id)
	if d == nil {
		return fmt.Errorf("redeliver %d: no such delivery", id)
	}
	s.again(d)
	return nil
}

func (s *Server) again(d *Delivery) {
	s.hooks.push(s, &Delivery{
		GUID: d.GUID, Event: d.Event, Action: d.Action, InstallationID: d.InstallationID, RepositoryID: d.RepositoryID,
		Redelivery: true, Payload: d.Payload, app: d.app, url: d.app.webhookURL, secret: d.app.secret,
	})
}

func (s *Server) delivery(id int64) *Delivery {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	i := slices.IndexFunc(s.hooks.log, func(d *Delivery) bool { return d.ID == id })
	if i < 0 {
		return nil
	}
	return s.hooks.log[i]
}
