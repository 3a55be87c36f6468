package buildkit

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
)

// Limits of what goes over the wire, in bytes. The child's word is not trusted: it has read what
// a stranger wrote.
const (
	maxRequest = 4 << 20
	maxAnswer  = 8 << 20
)

// send writes a value as JSON after its length, in one write.
func send(w io.Writer, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	message := append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(body)), uint32(len(body))), body...)
	_, err = w.Write(message)
	return err
}

// receive reads what send wrote, of at most that many bytes. The error is io.EOF where the other
// side has closed between two messages.
func receive(r io.Reader, most int, v any) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if int64(n) > int64(most) {
		return fmt.Errorf("a message of %d bytes; at most %d are taken", n, most)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return fmt.Errorf("a message breaks off: %w", io.ErrUnexpectedEOF)
	}
	return json.Unmarshal(body, v)
}
