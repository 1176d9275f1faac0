package file

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// scan lists folders, all that are known where dirs is nil, finds out what
// became of the files in them, and gives new ones their streams. An error is
// the store's: it ends the agent.
func (in *Input) scan(dirs []string) error {
	began, all := time.Now(), dirs == nil
	if all {
		dirs = in.allFolders()
	}
	in.round++
	listed := make(map[string]bool, len(dirs))
	for _, dir := range dirs {
		listed[dir] = in.list(dir)
	}
	in.missing(listed)
	if had := in.count.Swap(int64(len(in.files))); had > 0 && len(in.files) == 0 {
		in.env.Log.Info("no file is left", "input", in.env.Source.Input,
			"hint", "if there should be one, see whether its folder or mount is away; files are read as soon as they appear")
	}
	if all {
		in.took = time.Since(began)
	}
	if err := in.settle(); err != nil {
		return err
	}
	if in.ripen(time.Now()) {
		if err := in.settle(); err != nil {
			return err
		}
		in.ripen(time.Now())
	}
	if in.round == 1 {
		in.absent()
	}
	return nil
}

// allFolders are those in which something may match, and those in which
// something did.
func (in *Input) allFolders() []string {
	dirs, err := in.globs.folders()
	if err != nil {
		in.tell(ofGlobs, "", "folders cannot be searched and are tried again", err, "")
	}
	clear(in.homes)
	for _, s := range in.streams {
		dir := filepath.Dir(s.rec.Path)
		dirs = append(dirs, dir)
		in.homes[dir] = true
	}
	for dir := range in.folders {
		dirs = append(dirs, dir)
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// list looks at every file of a folder that is or may become ours. It says
// whether it is known now what is there.
func (in *Input) list(dir string) bool {
	f := in.folders[dir]
	if f == nil {
		f = &folder{}
		in.folders[dir] = f
	}
	now := time.Now()
	at, err := statPath(dir)
	var names []string
	if err == nil {
		in.watch.add(in, dir, f, at.inode) // before the listing, so nothing comes between
		f.modified = at.modified
		names, err = readNames(dir)
	}
	if err != nil {
		gone := errors.Is(err, fs.ErrNotExist)
		if gone && !in.globs.names(dir) { // a glob has found it: folders come and go
			delete(in.told[ofFolder], dir)
		} else {
			in.tell(ofFolder, dir, "a folder cannot be read and is tried again", err, dir)
		}
		if gone && !in.homes[dir] {
			delete(in.folders, dir)
		}
		return gone
	}
	delete(in.told[ofFolder], dir)
	var strays []stray
	for _, name := range names {
		path := filepath.Join(dir, name)
		owner := ""
		matches := in.globs.match(path)
		if !matches {
			owner = in.globs.owner(path)
			matches = owner == "" && in.paths[path] != nil
		}
		if !matches && owner == "" {
			continue
		}
		i, err := statPath(path)
		if err != nil || !i.regular {
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				in.tell(ofFile, path, "a file cannot be looked at and is tried again", err, path)
				if g := in.paths[path]; g != nil {
					g.round = in.round
				}
			} else if err == nil {
				in.misnamed(path, i)
			}
			continue
		}
		delete(in.told[ofFile], path)
		delete(in.told[ofName], path)
		g := in.files[i.inode]
		if g == nil && !matches {
			strays = append(strays, stray{path: path, owner: owner, info: i})
			continue
		}
		in.saw(g, path, i, now)
	}
	in.strays(strays, f.looked, now)
	if f.looked.IsZero() {
		f.looked = now
	}
	return true
}

func readNames(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	names, err := d.Readdirnames(-1)
	return names, errors.Join(err, d.Close())
}

// byAge orders new files: the oldest first, a compressed one after the plain
// one that it was made of.
func byAge(a, b *generation) int {
	if c := cmp.Compare(a.modified, b.modified); c != 0 {
		return c
	}
	if (a.zip == nil) != (b.zip == nil) {
		if a.zip == nil {
			return -1
		}
		return 1
	}
	return strings.Compare(a.path, b.path)
}
