package chain

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// maxLine is more than any record can have: an input's longest line is 64 MiB.
const maxLine = 128 << 20

// How much is read at once: of a whole file, and to see where it begins.
const (
	readBuffer = 256 << 10
	peekBuffer = 4 << 10
)

// Files verifies files of one chain, plain or compressed, in any order. The
// error is that one of them cannot be read; what is wrong in them is in the
// report of v.
func Files(v *Verifier, paths []string) error {
	ordered, err := order(v, paths)
	if err != nil {
		return err
	}
	for _, path := range ordered {
		if err := v.read(path); err != nil {
			return err
		}
	}
	return nil
}

// order sorts files by the sequence of their first lines.
func order(v *Verifier, paths []string) ([]string, error) {
	type file struct {
		path string
		seq  uint64
	}
	var files []file
	slices.Sort(paths)
	for _, path := range slices.Compact(paths) {
		if plain, packed := strings.CutSuffix(path, ".gz"); packed && slices.Contains(paths, plain) {
			v.note("%s: left out, as %s holds the same generation: a crash came between packing and deleting it", path, plain)
			continue
		}
		seq, empty, err := firstSeq(path)
		if err != nil {
			return nil, err
		}
		if empty {
			v.note("%s: is empty", path)
			continue
		}
		files = append(files, file{path, seq})
	}
	slices.SortStableFunc(files, func(a, b file) int { return cmp.Compare(a.seq, b.seq) })
	ordered := make([]string, 0, len(files))
	for _, f := range files {
		ordered = append(ordered, f.path)
	}
	return ordered, nil
}

// firstSeq is the sequence of a file's first line that has one, of the first
// few: where the first was changed, the file still belongs where the others say.
func firstSeq(path string) (seq uint64, empty bool, err error) {
	empty = true
	var lines uint64
	err = each(path, peekBuffer, func(line []byte, _ bool) bool {
		empty = false
		at, _, ok := readRecord(line)
		if s, sealErr := readSeal(line); !ok && sealErr == nil {
			at, ok = s.Seq, true
		}
		if ok {
			seq = max(at, lines+1) - lines
			return false
		}
		lines++
		return lines < 100
	})
	if errors.Is(err, errContent) {
		err, empty = nil, false // said when it is read in whole
	}
	return seq, empty, err
}

// read hands the lines of a file to v.
func (v *Verifier) read(path string) error {
	v.File(path)
	err := each(path, readBuffer, func(line []byte, whole bool) bool {
		if whole {
			v.Line(line)
		} else {
			v.Torn(len(line))
		}
		return true
	})
	if errors.Is(err, errContent) {
		v.found(place{file: path}, "%v: the file was changed or cut off", err)
		return nil
	}
	return err
}

// errContent is that of a file that is there and is not what it was.
var errContent = errors.New("what it holds cannot be read")

var gzipMagic = []byte{0x1f, 0x8b}

// each calls do with each line until that says stop; whole is false for a last
// line without end.
func each(path string, buffer int, do func(line []byte, whole bool) bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, buffer)
	var content io.Reader
	packed := false
	if magic, err := in.Peek(2); err == nil && bytes.Equal(magic, gzipMagic) || strings.HasSuffix(path, ".gz") {
		packed = true
		z, err := gzip.NewReader(in)
		if err != nil {
			return fmt.Errorf("%w (%w)", errContent, err)
		}
		content = z
	}
	if packed {
		in = bufio.NewReaderSize(content, buffer)
	}
	err = lines(in, do)
	if err != nil && packed && !errors.Is(err, errContent) {
		return fmt.Errorf("%w (%w)", errContent, err)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err) // or errContent
	}
	return nil
}

func lines(in *bufio.Reader, do func(line []byte, whole bool) bool) error {
	var long []byte
	for {
		part, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			if long = append(long, part...); len(long) > maxLine {
				return fmt.Errorf("%w (a line is longer than any record)", errContent)
			}
			continue
		}
		line := part
		if len(long) > 0 {
			long = append(long, part...)
			line = long
		}
		if err == nil {
			if !do(line[:len(line)-1], true) {
				return nil
			}
			long = long[:0]
			continue
		}
		if len(line) > 0 {
			do(line, false)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
}
