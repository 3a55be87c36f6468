package guard

import (
	"context"
	"errors"
	"os/exec"
	"testing"
	"time"

	"github.com/dfbot/dfbot/review/turns"
)

// TestSlots: work ends at its deadline or with its caller, and the error says which.
func TestSlots(t *testing.T) {
	own, enough := errors.New("own"), errors.New("enough")
	waits := func(ctx context.Context) error { <-ctx.Done(); return own }
	for name, tt := range map[string]struct {
		deadline time.Duration
		gaveUp   bool
		work     func(context.Context) error
		want     error
	}{
		"done":           {time.Minute, false, func(context.Context) error { return nil }, nil},
		"fails":          {time.Minute, false, func(context.Context) error { return own }, own},
		"overruns":       {time.Millisecond, false, waits, ErrOverran},
		"caller gave up": {time.Minute, true, waits, enough},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			err := NewSlots(1, tt.deadline, turns.Due{}).Run(ctx, nil, func(limited context.Context) error {
				if tt.gaveUp {
					cancel(enough)
				}
				return tt.work(limited)
			})
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
	closed := NewSlots(1, time.Minute, turns.Due{})
	closed.Close()
	if err := closed.Run(t.Context(), nil, waits); !errors.Is(err, turns.ErrClosed) {
		t.Errorf("error %v after Close", err)
	}
}

// TestDeath names what a process died of by what is known of it.
func TestDeath(t *testing.T) {
	exit := func(script string) error { return exec.Command("sh", "-c", script).Run() }
	for name, tt := range map[string]struct {
		err       error
		complaint string
		want      error
		text      string
	}{
		"Go": {errors.New("EOF"), "fatal error: runtime: out of memory\n", ErrMemory,
			"it takes too much memory"},
		"Haskell": {exit("exit 251"), "", ErrMemory, "it takes too much memory"},
		"of another thing": {exit("exit 7"), "oh no\nand more", ErrDied,
			"its process died: exit status 7: oh no"},
		"killed, not by its CPU": {exit("kill -9 $$"), "", ErrDied, "its process died: signal: killed: "},
	} {
		if err := Death(tt.err, tt.complaint, CPU(60)); !errors.Is(err, tt.want) || err.Error() != tt.text {
			t.Errorf("%s: %v, want %s", name, err, tt.text)
		}
	}
}

// TestOutput keeps so many bytes; whether more is an error depends on who reads them.
func TestOutput(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		o := &Output{Most: 3, Quiet: quiet}
		_, _ = o.Write([]byte("ab"))
		n, err := o.Write([]byte("cd"))
		if string(o.Bytes()) != "abc" || o.Over == quiet || (err == nil) != quiet || (n == 2) != quiet {
			t.Errorf("quiet %t: %q, over %t, %d, %v", quiet, o.Bytes(), o.Over, n, err)
		}
	}
}
