package main

import (
	"net"
	"sync"
)

// maxConnections is how many connections the receiver has open at once. More wait in the kernel: without a limit they
// would use the file descriptors and the memory that the reviews need. Each has to send its headers or a delivery
// within seconds, so those that wait get their turn.
const maxConnections = 4096

// bounded is a listener with as many connections at once as its channel has room for.
type bounded struct {
	net.Listener
	places chan struct{}
	ended  chan struct{}
	end    func()
}

func newBounded(l net.Listener, most int) *bounded {
	ended := make(chan struct{})
	return &bounded{l, make(chan struct{}, most), ended, sync.OnceFunc(func() { close(ended) })}
}

// Accept waits for a place and then for a connection.
func (b *bounded) Accept() (net.Conn, error) {
	select {
	case b.places <- struct{}{}:
	case <-b.ended:
		return nil, net.ErrClosed
	}
	c, err := b.Listener.Accept()
	if err != nil {
		<-b.places
		return nil, err
	}
	return &placed{c, sync.OnceFunc(func() { <-b.places })}, nil
}

// Close ends Accept, also one that waits for a place.
func (b *bounded) Close() error {
	b.end()
	return b.Listener.Close()
}

// placed is a connection that frees its place when it is closed.
type placed struct {
	net.Conn
	leave func()
}

func (p *placed) Close() error {
	p.leave()
	return p.Conn.Close()
}
