package file

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/chain"
	"jupyter-events-agent/internal/genfile"
	"jupyter-events-agent/internal/signkey"
	"jupyter-events-agent/outputs"
)

// audited is a file whose lines are chained and signed (docs/audit.md). Where
// the chain stands is part of the state of Sync, so what a crash leaves behind
// that is taken back with the lines themselves.
type audited struct {
	file  *genfile.File
	chain *chain.Chain
	sign  Sign
	path  string
	log   *slog.Logger
	now   func() time.Time

	buf      []byte
	begun    bool      // the start is signed
	last     bool      // the next Sync is the last one
	unsigned int       // lines since the last signature
	first    time.Time // when the first of them was written
	signed   time.Time // when the last signature was made
	retry    time.Time // not before then another signature that the disk did not take
}

// stateKey is the chain's member beside those of the file's state.
const stateKey = "audit"

// openAudited opens the file and goes on with its chain, or begins one. A file
// that has lines already and no chain is kept as a generation.
func openAudited(c *Config, files genfile.Config, env outputs.Env, now func() time.Time) (*audited, error) {
	keys, err := signkey.Read(c.Sign.KeyFile)
	if err != nil {
		return nil, err
	}
	var state struct {
		Audit *chain.State `json:"audit"`
	}
	_ = json.Unmarshal(env.State, &state) // what is no state is none, as the file says itself
	files.OnlyInSync = true
	if files.Log == nil {
		files.Log = slog.New(slog.DiscardHandler)
	}
	f, err := genfile.Open(files, env.State)
	if err == nil && state.Audit == nil && len(env.State) > 0 {
		if err = f.Close(); err == nil {
			f, err = genfile.Open(files, nil)
		}
	}
	if err != nil {
		return nil, err
	}
	return &audited{
		file: f, chain: chain.New(env.Name, keys, c.Sign.Idle.Std(), state.Audit),
		sign: c.Sign, path: c.Path, log: files.Log, now: now,
	}, nil
}

// Write appends the batch, chained: all of it or, with an error, nothing.
func (o *audited) Write(ctx context.Context, batch []filters.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return o.write(len(batch), func(i int) []byte { return batch[i].JSON() })
}

// write is Write of n records.
func (o *audited) write(n int, record func(int) []byte) error {
	if n == 0 {
		return nil
	}
	now, before, unsigned := o.now(), o.chain.Mark(), o.unsigned
	o.buf = o.buf[:0]
	signed := false
	for i := range n {
		o.buf = o.chain.Record(o.buf, record(i))
		if unsigned++; unsigned < o.sign.Records {
			continue
		}
		var err error
		if o.buf, err = o.chain.Seal(o.buf, chain.Regular, now); err != nil {
			o.chain.Back(before)
			return err
		}
		unsigned, signed = 0, true
	}
	if err := o.file.Append(o.buf); err != nil {
		o.chain.Back(before)
		return err
	}
	if signed {
		o.signed = now
	}
	if o.unsigned == 0 || signed {
		o.first = now
	}
	o.unsigned = unsigned
	return nil
}

// Sync signs where it is time to, makes durable what was written, and is where
// the file is rotated, after a signature.
func (o *audited) Sync() ([]byte, error) {
	now := o.now()
	kind := o.due(now)
	if kind != "" {
		o.seal(kind, now)
	}
	state, err := o.file.Sync()
	if err != nil {
		return nil, err
	}
	at, err := json.Marshal(o.chain.State())
	if err != nil {
		return nil, fmt.Errorf("note where the chain of %s stands: %w", o.path, err)
	}
	state = append(bytes.TrimSuffix(state, []byte("}")), `,"`+stateKey+`":`...)
	return append(append(state, at...), '}'), nil
}

// due is the kind of the signature that it is time for; "" for none.
func (o *audited) due(now time.Time) chain.Kind {
	switch {
	case o.last:
		return chain.Close
	case now.Before(o.retry):
		return ""
	case !o.begun:
		return chain.Open
	case o.file.Due():
		return chain.Rotate
	case o.unsigned > 0 && !now.Before(o.first.Add(o.sign.Age.Std())), !now.Before(o.signed.Add(o.sign.Idle.Std())):
		return chain.Regular
	}
	return ""
}

// retryAfter is how long a disk that did not take a signature is left alone.
const retryAfter = time.Second

// seal writes a signature. A disk that is full takes none, and no records
// either: it is waited for, as Write does, and meanwhile said.
func (o *audited) seal(kind chain.Kind, now time.Time) {
	before := o.chain.Mark()
	var err error
	if o.buf, err = o.chain.Seal(o.buf[:0], kind, now); err == nil {
		err = o.file.Append(o.buf)
	}
	if err != nil {
		o.chain.Back(before)
		o.retry = now.Add(retryAfter)
		o.log.Error("could not sign the audit file, so its end proves nothing yet", "path", o.path, "kind", string(kind), "error", err)
		return
	}
	o.unsigned, o.signed, o.retry = 0, now, time.Time{}
	o.begun, o.last = kind != chain.Close, false // another run may follow with the same output
	if kind != chain.Regular {
		// Who keeps the log elsewhere can hold it against the file: verify --expect-head.
		o.log.Info("signed the audit file", "path", o.path, "kind", string(kind), "head", o.chain.Head())
	}
}

// Next is when Sync should be called at the latest, to sign.
func (o *audited) Next() time.Time {
	next := o.signed.Add(o.sign.Idle.Std())
	if o.unsigned > 0 {
		if first := o.first.Add(o.sign.Age.Std()); first.Before(next) {
			next = first
		}
	}
	if next.Before(o.retry) {
		next = o.retry
	}
	return next
}

// Last says that the next Sync is the last one: it signs that the agent stops.
func (o *audited) Last() { o.last = true }

// Due reports whether the file is to be rotated, for which Sync is needed.
func (o *audited) Due() bool { return o.file.Due() }

// Background compresses and deletes older files until ctx is done.
func (o *audited) Background(ctx context.Context) error { return o.file.Background(ctx) }

// Close closes the file without a Sync.
func (o *audited) Close() error { return o.file.Close() }
