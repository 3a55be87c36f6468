package main

import (
	"net"
	"testing"
	"time"
)

// TestConnectionsAreBounded lets two connections in, a third when one of them has gone, and ends while a fourth waits.
func TestConnectionsAreBounded(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := newBounded(inner, 2)
	accepted := make(chan net.Conn, 10)
	ended := make(chan error, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				ended <- err
				return
			}
			accepted <- c
		}
	}()
	for range 4 {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	next := func() net.Conn {
		t.Helper()
		select {
		case c := <-accepted:
			return c
		case <-time.After(patience):
			t.Fatal("no connection was accepted")
			panic("unreachable")
		}
	}
	first, _ := next(), next()
	if len(l.places) != 2 || len(accepted) != 0 {
		t.Errorf("%d places are taken, %d more were let in", len(l.places), len(accepted))
	}
	first.Close()
	first.Close() // gives one place back
	next()
	l.Close()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Error("Accept goes on after Close")
	}
}
