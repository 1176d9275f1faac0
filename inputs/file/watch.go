package file

import (
	"errors"
	"path/filepath"
	"runtime"
	"time"

	"github.com/fsnotify/fsnotify"
)

// mostNews is how much of a flood of news is taken between two rests.
const mostNews = 256

// watch is what tells of changes in folders; where there is none they are
// only listed.
type watch struct {
	w    *fsnotify.Watcher
	news chan fsnotify.Event // nil without a watcher
	errs chan error
}

func (in *Input) openWatch() {
	in.watch = watch{}
	if !in.tune.watch || in.env.Once {
		return
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		in.tell(ofWatch, "", "folders cannot be watched and are listed only", err, "")
		return
	}
	in.watch = watch{w: w, news: w.Events, errs: w.Errors}
}

func (w *watch) close() {
	if w.w != nil {
		_ = w.w.Close()
	}
}

// add watches a folder, again where another one has its name now.
func (w *watch) add(in *Input, dir string, f *folder, of inode) {
	again := f.inode != of && f.inode != (inode{})
	if w.w == nil || f.inode == of {
		f.inode = of
		return
	}
	f.inode = of
	if again {
		_ = w.w.Remove(dir) // it went away with its folder, most likely
	}
	err := w.w.Add(dir)
	f.watched = err == nil
	if err != nil {
		in.tell(ofWatch, "", "a folder cannot be watched and is listed only", err, dir)
	}
}

// hear takes the news that are there, beginning with first, and looks at what
// they are of.
func (in *Input) hear(first fsnotify.Event) error {
	now := time.Now()
	var dirs map[string]bool
	note := func(e fsnotify.Event) {
		if dir := in.heed(e, now); dir != "" {
			if dirs == nil {
				dirs = map[string]bool{}
			}
			dirs[dir] = true
		}
	}
	note(first)
	for range mostNews {
		e, ok := in.watch.more()
		if !ok {
			break
		}
		note(e)
	}
	if len(dirs) == 0 {
		return in.settle()
	}
	var list []string
	for dir := range dirs {
		list = append(list, dir)
	}
	return in.scan(list)
}

// more is the next news if there is one. The watcher hands over one at a time
// and needs a moment to bring the next.
func (w *watch) more() (e fsnotify.Event, ok bool) {
	for range 2 {
		select {
		case e := <-w.news:
			return e, true
		default:
			runtime.Gosched()
		}
	}
	return e, false
}

// heed acts on one piece of news; where a folder must be listed it says which.
func (in *Input) heed(e fsnotify.Event, now time.Time) (dir string) {
	g := in.paths[e.Name]
	if e.Op&^(fsnotify.Write|fsnotify.Chmod) == 0 {
		if g == nil {
			return "" // it came with other news, or is not ours
		}
		if _, awake := in.active[g]; !awake || g.stream == nil {
			in.check(g, now)
		}
		return ""
	}
	if g != nil || in.globs.belongs(e.Name) {
		return filepath.Dir(e.Name)
	}
	if f := in.folders[e.Name]; f != nil && e.Has(fsnotify.Remove|fsnotify.Rename) {
		f.inode, f.watched = inode{1, 0}, false // whatever comes by this name is another one
		return e.Name
	}
	return ""
}

// missedNews says that news were dropped, so everything must be looked at.
func missedNews(err error) bool { return errors.Is(err, fsnotify.ErrEventOverflow) }

// check looks at one file.
func (in *Input) check(g *generation, now time.Time) {
	i, err := g.stat()
	if err != nil {
		return // the next scan finds out
	}
	if g.unlinked = i.links == 0; g.unlinked {
		in.turned(g)
	}
	in.measure(g, i, now)
}
