package work

import (
	"context"
	"errors"
	"testing"
)

func TestCharge(t *testing.T) {
	b := New(context.Background(), 10)
	if err := Within(func() { b.Charge(10) }); err != nil {
		t.Errorf("all of the budget: %v", err)
	}
	ran := false
	if err := Within(func() { b.Charge(1); ran = true }); !errors.Is(err, ErrSpent) || ran {
		t.Errorf("over the budget: %v, went on: %t", err, ran)
	}
	if err := Within(func() { b.Charge(0) }); !errors.Is(err, ErrSpent) {
		t.Errorf("a spent budget goes on: %v", err)
	}
	if b.Left() != 0 {
		t.Errorf("left: %d", b.Left())
	}
}

func TestShare(t *testing.T) {
	whole := New(context.Background(), 10)
	part := whole.Share(100)
	if err := Within(func() { part.Charge(8) }); err != nil {
		t.Fatal(err)
	}
	if whole.Left() != 2 || part.Left() != 2 {
		t.Errorf("left of the whole %d, of the share %d", whole.Left(), part.Left())
	}
	if err := Within(func() { part.Charge(3) }); !errors.Is(err, ErrSpent) {
		t.Errorf("over the whole: %v", err)
	}
	if err := Within(func() { (*Budget)(nil).Share(5).Charge(6) }); !errors.Is(err, ErrSpent) {
		t.Errorf("over a share of no bound: %v", err)
	}
}

func TestNilBudget(t *testing.T) {
	if err := Within(func() { (*Budget)(nil).Charge(1 << 40) }); err != nil {
		t.Error(err)
	}
}

func TestContext(t *testing.T) {
	cause := errors.New("superseded")
	ctx, cancel := context.WithCancelCause(context.Background())
	b := New(ctx, 1<<40)
	cancel(cause)
	if err := Within(func() { b.Share(1 << 39).Charge(interval) }); !errors.Is(err, cause) {
		t.Errorf("after the end of the context: %v", err)
	}
}

func TestOtherPanics(t *testing.T) {
	defer func() {
		if v := recover(); v != "own" {
			t.Errorf("recovered %v", v)
		}
	}()
	_ = Within(func() { panic("own") })
}
