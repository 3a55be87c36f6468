package queue

import "sync"

// line is where deliveries wait for the disk. One installation may take up three quarters of it, so that a flood of its
// deliveries leaves room for those of others.
type line struct {
	waiting chan *acceptance

	mu   sync.Mutex
	of   map[int64]int // waiting deliveries by installation
	most int           // of one installation
}

func newLine(length int) line {
	return line{waiting: make(chan *acceptance, length), of: map[int64]int{}, most: length - length/4}
}

// installation is the installation that a delivery is from.
func (a *acceptance) installation() int64 {
	if len(a.jobs) == 0 {
		return 0
	}
	return a.jobs[0].Installation
}

// enter puts a delivery at the end of the line, unless there is no room.
func (l *line) enter(a *acceptance) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	from := a.installation()
	if l.of[from] >= l.most {
		return ErrOverloaded
	}
	select {
	case l.waiting <- a:
		l.of[from]++
		return nil
	default:
		return ErrOverloaded
	}
}

// left notes that deliveries have left the line.
func (l *line) left(group []*acceptance) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range group {
		from := a.installation()
		if l.of[from]--; l.of[from] == 0 {
			delete(l.of, from)
		}
	}
}
