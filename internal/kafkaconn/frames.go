package kafkaconn

import (
	"encoding/binary"
	"errors"
	"net"
)

// largestAnswer is the longest answer that is believed, in bytes. That of a
// cluster with 100,000 partitions is below 10 MiB.
const largestAnswer = 64 << 20

// What may answer at an address instead of a broker.
var (
	ErrNotKafka = errors.New("what answers there does not speak Kafka's protocol")
	ErrWantsTLS = errors.New("what answers there speaks TLS")
)

// frames is a connection whose answers' lengths are looked at before they are
// believed: the decoder makes room for as much as an answer says it has, and a
// web server's "HTTP" is a length as well.
type frames struct {
	net.Conn
	head [4]byte
	have int // bytes of head that have been read
	told int // bytes of head that the reader has had
	left int // bytes of the answer to come
}

// Read is net.Conn. An answer's length is given on only once all of it is there
// and is believable.
func (f *frames) Read(b []byte) (int, error) {
	if f.left > 0 {
		n, err := f.Conn.Read(b[:min(len(b), f.left)])
		f.left -= n
		return n, err
	}
	for f.have < len(f.head) {
		n, err := f.Conn.Read(f.head[f.have:])
		f.have += n
		if err != nil && f.have < len(f.head) {
			return 0, err
		}
	}
	size := int32(binary.BigEndian.Uint32(f.head[:]))
	switch {
	case f.head[0] == 0x15 && f.head[1] == 3: // a TLS alert
		return 0, ErrWantsTLS
	case size < 4 || size > largestAnswer:
		return 0, ErrNotKafka
	}
	n := copy(b, f.head[f.told:])
	if f.told += n; f.told == len(f.head) {
		f.have, f.told, f.left = 0, 0, int(size)
	}
	return n, nil
}
