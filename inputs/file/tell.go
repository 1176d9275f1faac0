package file

import (
	"errors"
	"io/fs"
)

// mostTold is how much is remembered of what was logged of one kind: who may make
// files in a folder could else fill the memory, and the log, by their names.
const mostTold = 1000

// kind is what is told of: each has its own room, so none is left unsaid for what
// others fill it with.
type kind uint8

const (
	ofGlobs  kind = iota // they cannot be searched
	ofWatch              // there is none
	ofFolder             // it cannot be listed
	ofFile               // it cannot be looked at
	ofLink               // it is refused
	ofName               // it is a log's, and what has it is none
	kinds
)

// tell logs something of a kind once, until the name is taken out of told.
func (in *Input) tell(of kind, name, what string, err error, path string) {
	if in.told[of] == nil {
		in.told[of] = map[string]error{}
	}
	told := in.told[of]
	if _, again := told[name]; again || len(told) > mostTold {
		return
	}
	told[name] = err
	if len(told) > mostTold {
		in.env.Log.Warn("more files or folders cannot be read, and are not named", "input", in.env.Source.Input,
			"hint", "see to those named before; a reload of the configuration names what is left")
		return
	}
	in.env.Log.Warn(what, "input", in.env.Source.Input, "path", path, "error", err, "hint", hint(err))
}

var (
	errFolder    = errors.New("it is a directory")
	errIrregular = errors.New("it is no regular file")
)

// misnamed tells of what has a log's name and is none. A pattern that takes any name
// takes folders as well: nobody means those.
func (in *Input) misnamed(path string, i info) {
	if !in.globs.meant(path) {
		return
	}
	err := errIrregular
	if i.folder {
		err = errFolder
	}
	in.tell(ofName, path, "nothing is read by a name that paths match", err, path)
}

// hint is what the operator can do about err.
func hint(err error) string {
	var link *linkError
	switch {
	case errors.As(err, &link):
		return "ask who made the link why: it may be for having somebody else's log read as his own"
	case errors.Is(err, errFolder):
		return "name the files in it in paths, as in PATH/*.log, or have the log take its place; it is read as soon as it appears"
	case errors.Is(err, errIrregular):
		return "have the log written to a file; it is read as soon as it appears"
	case errors.Is(err, fs.ErrPermission):
		return "let the agent's user read the file and search its folders, for example with setfacl -m u:USER:rX PATH"
	case errors.Is(err, fs.ErrNotExist):
		return "see that the path is right; it is read as soon as it appears"
	case exhausted(err):
		return "raise the limit of open files (LimitNOFILE= of the service)"
	case full(err):
		return "raise fs.inotify.max_user_watches or max_user_instances; until then changes are found by listing, a second later"
	}
	return "it is tried again; see the disk and its mount if this goes on"
}

// complain logs what keeps a file from being read, once until it changes.
func (in *Input) complain(g *generation, err error) {
	g.mu.Lock()
	again := g.complaint == err.Error()
	g.complaint = err.Error()
	path := g.path
	g.mu.Unlock()
	if !again {
		in.env.Log.Warn("a file cannot be read and is tried again", "input", in.env.Source.Input, "file", path, "error", err, "hint", hint(err))
	}
}
