package webhook

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/app/queue"
)

// TestNotReadySaysLittle gives anyone who asks the kind of reason, and the details to the log alone, not for each
// question.
func TestNotReadySaysLittle(t *testing.T) {
	for want, err := range map[string]error{
		"not ready: deliveries cannot be stored\n": errors.New("reach queue: open /var/lib/dfbot/dfbot.db: " +
			"database or disk is full (13)"),
		"not ready: too many deliveries wait to be stored\n": fmt.Errorf("details: %w", queue.ErrOverloaded),
		"not ready: it is stopping\n":                        fmt.Errorf("details: %w", queue.ErrClosed),
	} {
		var log bytes.Buffer
		r := &receiver{log: slog.New(slog.NewTextHandler(&log, nil))}
		for range 3 {
			w := httptest.NewRecorder()
			if r.notReady(w, err); w.Code != 503 || w.Body.String() != want {
				t.Errorf("%v: %d %q, want %q", err, w.Code, w.Body, want)
			}
		}
		if n := strings.Count(log.String(), err.Error()); n != 1 {
			t.Errorf("the log has the details %d times:\n%s", n, &log)
		}
	}
}
