package work

import (
	"context"
	"errors"
	"testing"
)

func TestCharge(t *testing.T) {
	b := New(context.Background(), 10)
	if err := b.Within(10, func() { b.Charge(10) }); err != nil {
		t.Errorf("all of the budget: %v", err)
	}
	ran := false
	if err := b.Within(1, func() { ran = true }); !errors.Is(err, ErrSpent) || ran {
		t.Errorf("a spent budget: %v, ran: %t", err, ran)
	}
	if b.Left() != 0 || b.Used() != 10 {
		t.Errorf("left %d, used %d", b.Left(), b.Used())
	}
}

func TestStops(t *testing.T) {
	b := New(context.Background(), 10)
	on := false
	if err := b.Within(100, func() { b.Charge(11); on = true }); !errors.Is(err, ErrSpent) || on {
		t.Errorf("more than there is: %v, went on: %t", err, on)
	}
}

// TestOutside: where no Within would take the panic, nothing stops.
func TestOutside(t *testing.T) {
	b := New(context.Background(), 10)
	b.Charge(100)
	if b.Left() != 0 {
		t.Errorf("left: %d", b.Left())
	}
}

// TestNested: a greedy part loses only itself.
func TestNested(t *testing.T) {
	b := New(context.Background(), 100)
	var part, next error
	err := b.Within(50, func() {
		part = b.Within(10, func() { b.Charge(11) })
		next = b.Within(10, func() { b.Charge(10) })
	})
	if !errors.Is(part, ErrSpent) || next != nil || err != nil {
		t.Errorf("part %v, next %v, all %v", part, next, err)
	}
	if b.Left() != 80 {
		t.Errorf("left: %d; what is not done is not charged", b.Left())
	}
	if err := b.Within(20, func() { _ = b.Within(1000, func() { b.Charge(21) }); b.Charge(1) }); !errors.Is(err,
		ErrSpent) {
		t.Errorf("a part takes more than the whole: %v", err)
	}
}

func TestShare(t *testing.T) {
	whole := New(context.Background(), 10)
	part := whole.Share(100)
	if err := part.Within(100, func() { part.Charge(8) }); err != nil {
		t.Fatal(err)
	}
	if whole.Left() != 2 || part.Left() != 2 {
		t.Errorf("left of the whole %d, of the share %d", whole.Left(), part.Left())
	}
	if err := part.Within(100, func() { part.Charge(3) }); !errors.Is(err, ErrSpent) {
		t.Errorf("over the whole: %v", err)
	}
	single := (*Budget)(nil).Share(5)
	if err := single.Within(10, func() { single.Charge(6) }); !errors.Is(err, ErrSpent) {
		t.Errorf("over a share of no bound: %v", err)
	}
}

func TestNilBudget(t *testing.T) {
	var b *Budget
	if err := b.Within(1, func() { b.Charge(1 << 40) }); err != nil {
		t.Error(err)
	}
}

func TestContext(t *testing.T) {
	cause := errors.New("superseded")
	ctx, cancel := context.WithCancelCause(context.Background())
	b := New(ctx, 1<<40).Share(1 << 39)
	err := b.Within(1<<39, func() {
		cancel(cause)
		for range interval + 1 {
			b.Charge(1)
		}
	})
	if !errors.Is(err, cause) {
		t.Errorf("after the end of the context: %v", err)
	}
	if err := b.Within(10, func() { t.Error("begun after the end of the context") }); !errors.Is(err, cause) {
		t.Error(err)
	}
}

func TestOtherPanics(t *testing.T) {
	b := New(context.Background(), 10)
	defer func() {
		if v := recover(); v != "own" || b.running {
			t.Errorf("recovered %v, running: %t", v, b.running)
		}
	}()
	_ = b.Within(5, func() { panic("own") })
}
