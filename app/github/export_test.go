package github

import "time"

// Kept is of how many installations the client keeps something.
func (c *Client) Kept() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.installations)
}

// Pacer is the pacer of one installation.
type Pacer = pacer

// NewPacer makes one whose second has a length.
func NewPacer(second time.Duration) *Pacer { return &pacer{second: second} }

func (p *pacer) Book(now time.Time, creates bool) (time.Duration, error) { return p.book(now, creates) }
func (p *pacer) Room(now time.Time) error                                { return p.room(now) }
