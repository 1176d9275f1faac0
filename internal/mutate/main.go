// Command mutate breaks a package on purpose, one operator at a time, and says
// which of the changes no test of the package notices.
//
// In come the package's source and a list of changes that are known to make no
// difference; out goes every other that survived, and exit 1 where there is
// one. It works on a copy of the tree in a temporary folder. Which changes there
// are gremlins says; they are built into one program of the package's tests, all
// of them, and MUTANT in its environment says which is made, so that trying one
// costs no more than the tests that notice it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

type options struct {
	gremlins string
	folder   string
	list     string
	bound    time.Duration
	workers  int
	first    string
	long     bool
	only     []string
}

func main() {
	var o options
	flag.StringVar(&o.gremlins, "gremlins", "bin/gremlins", "the program that says which changes there are")
	flag.StringVar(&o.folder, "package", "filters", "folder of the package")
	flag.StringVar(&o.list, "equivalent", "filters/testdata/equivalent-mutants.txt", "changes that make no difference, with the reason")
	flag.DurationVar(&o.bound, "bound", 90*time.Minute, "after how long no further file is begun")
	flag.IntVar(&o.workers, "workers", 2, "changes that are tested at a time")
	flag.StringVar(&o.first, "first", "Golden", "tests that run before all others")
	flag.BoolVar(&o.long, "long", false, "try what survives the tests' short form by all of them, which takes hours")
	flag.Parse()
	o.only = flag.Args()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

// run goes through the files, or through those that the arguments name.
func run(ctx context.Context, o options) error {
	known, err := readList(o.list)
	if err != nil {
		return err
	}
	files, err := sources(o.folder)
	if err != nil {
		return err
	}
	w, err := newWork(ctx, o, files)
	if err != nil {
		return err
	}
	defer w.close()
	changes, err := w.changes(ctx)
	if err != nil {
		return err
	}
	if err := errors.Join(w.build(ctx, changes), w.unchanged(ctx)); err != nil {
		return err
	}
	begin, made, news := time.Now(), 0, 0
	var left []string
	for _, file := range files {
		if len(o.only) > 0 && !slices.Contains(o.only, file) {
			continue
		}
		if time.Since(begin) > o.bound {
			left = append(left, file)
			continue
		}
		all := slices.DeleteFunc(slices.Clone(changes), func(c *change) bool { return c.file != file })
		if err := w.try(ctx, all); err != nil {
			return err
		}
		var n [survived + 1]int
		listed := 0
		for _, c := range all {
			n[c.fate]++
			if c.fate != survived {
				continue
			}
			if name := c.name(); known.has(name) {
				listed++
			} else {
				news++
				fmt.Printf("%s\n# which is line %d\n", name, c.line)
			}
		}
		made += len(all)
		fmt.Printf("# %s: %d changes: %d noticed by a test, %d by running out of time, %d do not compile, %d survived, %d of them known to make no difference (%v)\n",
			file, len(all), n[noticed], n[endless], n[unviable], n[survived], listed, time.Since(begin).Round(time.Second))
	}
	for _, line := range known.unused(o.only, left) {
		fmt.Println("# no longer survives, take it out of the list:", line)
	}
	switch {
	case news > 0:
		return fmt.Errorf("%d of %d changes survived that %s does not have: write a test that notices each, or add it with the reason why it makes no difference", news, made, o.list)
	case len(left) > 0:
		return fmt.Errorf("no time was left for %s: give more with -bound, or name them as arguments", strings.Join(left, ", "))
	case made == 0:
		return errors.New("nothing was changed: the arguments are names of files of the package, such as plan.go")
	}
	fmt.Printf("# %d changes, each noticed by a test or known to make no difference\n", made)
	return nil
}

// sources are the names of the package's files that are not tests.
func sources(folder string) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	var files []string
	for _, path := range paths {
		if name := filepath.Base(path); !strings.HasSuffix(name, "_test.go") {
			files = append(files, name)
		}
	}
	return files, err
}
