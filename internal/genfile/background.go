package genfile

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"jupyter-events-agent/internal/atomicfile"
)

const (
	// lookEvery is how often the ages are looked at.
	lookEvery = time.Minute
	// patience is how long a compression that is under way may go on after
	// the stop: an agent that never runs long must get through one, too.
	patience = 3 * time.Second
)

// Background deletes and compresses older generations, and rotates by age a
// file that nothing is appended to, until ctx is done. It touches only what no
// state can name any more. An error is about one generation, which is left as
// it was.
func (f *File) Background(ctx context.Context) error {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		if err := f.tidy(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-f.wake:
		}
	}
}

// tidy does once what Background does.
func (f *File) tidy(ctx context.Context) error {
	settled := f.lookAtAge()
	all, err := f.names.list()
	if err != nil {
		return fmt.Errorf("look for older files of %s: %w", f.config.Path, err)
	}
	var older []generation
	kept := 0 // that a state may still name
	var errs []error
	for i, g := range all {
		switch {
		case g.number >= settled:
			kept++
		case i+1 < len(all) && all[i+1].path == g.path+gzSuffix: // a crash came between the last two steps
			errs = append(errs, os.Remove(g.path))
		case !g.packed && empty(g.path): // a crash came before the first line of it was durable: it stands in the next one
			errs = append(errs, os.Remove(g.path))
		default:
			older = append(older, g)
		}
	}
	older, failed := f.drop(older, kept)
	errs = append(errs, failed...)
	for _, g := range older {
		if !f.config.Compress || g.packed || ctx.Err() != nil {
			continue
		}
		if err := f.compress(ctx, g.path); err != nil && ctx.Err() == nil {
			errs = append(errs, fmt.Errorf("compress an older file: %w: see that its disk is not full", err))
		}
	}
	return errors.Join(errs...)
}

func empty(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() == 0
}

// lookAtAge rotates where it is time to, and returns settled.
func (f *File) lookAtAge() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed && f.file != nil && !f.config.OnlyInSync && f.mayRotate() && f.due() {
		f.rotate()
	}
	return f.settled
}

// drop deletes what the bounds do not leave room for, the oldest first, and
// returns what stays. kept are the generations beside older that stay anyway.
func (f *File) drop(older []generation, kept int) (stay []generation, errs []error) {
	c := &f.config
	f.mu.Lock()
	total := f.length
	f.mu.Unlock()
	sizes := make([]int64, len(older))
	for i, g := range older {
		if info, err := os.Stat(g.path); err == nil {
			sizes[i] = info.Size()
			total += sizes[i]
		}
	}
	for i, g := range older {
		tooMany := c.Keep > 0 && len(older)-i+kept > c.Keep
		tooLarge := c.MaxTotal > 0 && total > c.MaxTotal
		tooOld := c.MaxAge > 0 && c.Now().Sub(g.rotated) > c.MaxAge
		if !tooMany && !tooLarge && !tooOld {
			return older[i:], errs
		}
		if c.Dropping != nil && (tooLarge || tooOld) {
			c.Dropping(g.path)
		}
		if err := os.Remove(g.path); err != nil {
			errs = append(errs, fmt.Errorf("delete an older file: %w: see that the agent's user can write to its folder", err))
			continue
		}
		total -= sizes[i]
	}
	return nil, errs
}

// compress puts path.gz in the place of path. What a crash leaves of it is
// taken up again: an unfinished file is removed by Open, and beside a finished
// one the original is.
func (f *File) compress(ctx context.Context, path string) error {
	packed := path + gzSuffix
	temporary := packed + atomicfile.Suffix
	err := f.pack(ctx, path, temporary)
	if err == nil {
		err = os.Rename(temporary, packed)
	}
	if err != nil {
		os.Remove(temporary)
		return err
	}
	if err := atomicfile.SyncFolder(f.names.folder); err != nil {
		return err
	}
	return os.Remove(path)
}

// pack writes the compressed form of a file and makes it durable.
func (f *File) pack(ctx context.Context, path, packed string) error {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	info, err := from.Stat()
	if err != nil {
		return err
	}
	if err := os.Remove(packed); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	to, err := os.OpenFile(packed, os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.narrow(info))
	if err != nil {
		return err
	}
	z := gzip.NewWriter(to)
	z.Name = filepath.Base(path)
	_, err = io.Copy(z, &patient{ctx: ctx, from: from})
	if err == nil {
		err = z.Close()
	}
	if err == nil {
		err = to.Sync()
	}
	return errors.Join(err, to.Close())
}

// patient reads on for a while after ctx is done.
type patient struct {
	ctx   context.Context
	from  io.Reader
	until time.Time
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		now := time.Now()
		if p.until.IsZero() {
			p.until = now.Add(patience)
		}
		if now.After(p.until) {
			return 0, err
		}
	}
	return p.from.Read(b)
}
