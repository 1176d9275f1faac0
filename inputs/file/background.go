package file

import (
	"context"
	"time"

	"github.com/fsnotify/fsnotify"
)

// costly is how many times longer than a scan takes the pause after it is, at
// least: half a percent of a core.
const costly = 200

// seldom is the longest pause, however long a scan takes.
const seldom = 15 * time.Second

// Background is inputs.Input. It looks for files at once, then whenever the
// watch or a timer says so. While files grow it looks at those in cadence and
// lets the watch wait, since waking for every write costs more than reading.
func (in *Input) Background(ctx context.Context) error {
	in.mu.Lock()
	in.openWatch()
	err := in.scan(nil)
	in.atEnd, in.took = false, 0 // the first one finds everything new
	if in.round == 1 {
		in.greet()
	}
	defer in.watch.close()
	close(in.first)
	in.marked = true
	in.unlock()
	if err != nil {
		return err
	}
	due := in.tune.scan // from one scan to the next
	scanned, looked, kept := time.Now(), time.Now(), time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	news := in.watch.news
	for {
		pause := in.tune.scan - time.Since(kept)
		if !in.env.Once {
			pause = min(pause, due-time.Since(scanned))
		}
		if in.awake() {
			pause = min(pause, in.tune.cadence-time.Since(looked))
		}
		if news == nil && in.watch.news != nil {
			pause = min(pause, in.tune.rest)
		}
		timer.Reset(max(0, pause))
		var first fsnotify.Event
		var heard, all bool
		select {
		case <-ctx.Done():
			return nil
		case <-in.raised:
		case first = <-news:
			heard = true
		case e := <-in.watch.errs:
			all = missedNews(e)
		case <-timer.C:
			if news == nil && in.watch.news != nil {
				select {
				case first = <-in.watch.news:
					heard = true
				default:
				}
			}
		}
		news = in.watch.news
		in.mu.Lock()
		err := in.attend()
		if err == nil && heard {
			news = nil // rest before the next
			err = in.hear(first)
		}
		now := time.Now()
		if err == nil && now.Sub(looked) >= in.tune.cadence {
			looked = now
			err = in.tick(now)
		}
		if err == nil && !in.env.Once && (all || now.Sub(scanned) >= due) {
			err = in.scan(nil)
			scanned = time.Now()
			due = max(in.tune.scan, min(costly*in.took, seldom))
		}
		if err == nil && now.Sub(kept) >= in.tune.scan {
			kept = now
			in.ripen(now)
			in.sweep(now)
			err = in.settle()
		}
		in.unlock()
		if err != nil {
			return err
		}
	}
}

// awake says that files have grown lately.
func (in *Input) awake() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.active) > 0 && !in.env.Once
}

// tick looks at the files that have grown lately, and at their folders where
// these are not watched.
func (in *Input) tick(now time.Time) error {
	var dirs []string
	for g, since := range in.active {
		if now.Sub(since) > in.tune.awake {
			delete(in.active, g)
			continue
		}
		in.check(g, now)
	}
	if len(in.active) > 0 {
		for dir, f := range in.folders {
			if f.watched {
				continue
			}
			if i, err := statPath(dir); err == nil && i.modified != f.modified {
				dirs = append(dirs, dir)
			}
		}
	}
	if len(dirs) > 0 {
		return in.scan(dirs)
	}
	return in.settle()
}

// greet says once what the first scan found.
func (in *Input) greet() {
	if len(in.files) == 0 {
		in.env.Log.Warn("no file yet", "input", in.env.Source.Input, "paths", []string(in.globs),
			"hint", "see that the paths are right; files are read as soon as they appear")
		return
	}
	in.env.Log.Info("reading files", "input", in.env.Source.Input, "files", len(in.files))
}
