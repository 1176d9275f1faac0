package quarantine

import (
	"log/slog"
	"time"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/aside"
	"jupyter-events-agent/schema"
)

// fileName is the name of the newest file, without its end.
const fileName = "quarantine"

// Store is an open quarantine. Put, Sync and Close are called by one
// goroutine; Background beside them by another.
type Store struct {
	*aside.Store
	now func() time.Time
	buf []byte
}

// Open opens the quarantine, whose folder is made, 0700, where it is missing, and takes back
// what state, of the last Sync that the checkpoint holds, does not know of.
func Open(c aside.Config, state []byte, log *slog.Logger) (*Store, error) {
	s := &Store{now: time.Now}
	var err error
	s.Store, err = aside.Open(c, fileName, state, log.With("store", "quarantine"), func() time.Time { return s.now() })
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Put writes one line with its fault. After an error nothing of it is there,
// and trying again is safe.
func (s *Store) Put(block *inputs.Block, line *inputs.Line, fault *schema.Fault) error {
	s.buf = appendEntry(s.buf[:0], s.now(), block, line, fault)
	return s.Append(s.buf)
}
