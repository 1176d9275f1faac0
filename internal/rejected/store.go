package rejected

import (
	"log/slog"
	"path/filepath"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/aside"
)

// fileName is the name of the newest file, without its end.
const fileName = "rejected"

// Store is one output's open store. Put, Sync and Close are called by one
// goroutine; Background beside them by another.
type Store struct {
	*aside.Store
	output string
	now    func() time.Time
	buf    []byte
}

// Open opens the store of an output, a folder of its name in c.Path, and takes
// back what state, of the last Sync that the checkpoint holds, does not know of.
func Open(c aside.Config, output string, state []byte, log *slog.Logger) (*Store, error) {
	s := &Store{output: output, now: time.Now}
	c.Path = filepath.Join(c.Path, output)
	var err error
	s.Store, err = aside.Open(c, fileName, state, log.With("store", "rejected", "output", output), func() time.Time { return s.now() })
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Put writes one record with its class. After an error nothing of it is there,
// and trying again is safe.
func (s *Store) Put(r *filters.Record, class string) error {
	b := aside.AppendTime(s.buf[:0], s.now())
	b = aside.AppendMember(b, "output", s.output)
	b = aside.AppendMember(b, "class", class)
	b = append(append(append(b, `,"id":"`...), r.ID()...), '"')
	b = aside.AppendMember(b, "schema", r.Schema())
	b = aside.AppendMember(b, "version", r.Version())
	b = r.AppendWhole(append(b, `,"record":`...))
	s.buf = append(b, "}\n"...)
	return s.Append(s.buf)
}
