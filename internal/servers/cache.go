package servers

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// missing is why a server cannot be had here: its tests are skipped.
type missing struct{ error }

// need refuses where one of the programs, named with where they come from, is
// not installed.
func need(programs map[string]string) error {
	var gone, from []string
	for _, program := range slices.Sorted(maps.Keys(programs)) {
		if _, err := exec.LookPath(program); err == nil {
			continue
		}
		gone = append(gone, program)
		if !slices.Contains(from, programs[program]) {
			from = append(from, programs[program])
		}
	}
	if len(gone) > 0 {
		return missing{fmt.Errorf("without %s: install %s", strings.Join(gone, ", "), strings.Join(from, " and "))}
	}
	return nil
}

// Cached is a folder of the user's cache that fill filled once, for these
// sources; later calls, and other processes, find it complete. What fill leaves
// where it fails is taken away before the next time.
func Cached(name string, sources []string, fill func(dir string) error) (string, error) {
	dir, err := cachePath(name, sources)
	if err != nil {
		return "", err
	}
	release, err := lock(dir+".lock", false)
	if err != nil {
		return "", err
	}
	defer release()
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	part := dir + ".part"
	if err := errors.Join(os.RemoveAll(part), os.MkdirAll(part, 0o755)); err != nil {
		return "", err
	}
	if err := fill(part); err != nil {
		return "", err
	}
	return dir, os.Rename(part, dir)
}

// cachePath is where the cache keeps what is made of these sources.
func cachePath(name string, sources []string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	root := filepath.Join(cache, "jupyter-events-agent")
	sum := sha256.Sum256([]byte(strings.Join(sources, "\x00")))
	return filepath.Join(root, name+"-"+hex.EncodeToString(sum[:8])), os.MkdirAll(root, 0o755)
}

// fetch lets Maven copy what a pom names, with all it depends on, into dir. It
// is needed once, so a machine without network misses it, but CI must have it.
func fetch(pom, dir string) error {
	work, err := os.MkdirTemp("", "pom-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := write(work, map[string]string{"pom.xml": pom}); err != nil {
		return err
	}
	// One at a time: Maven's own store of what it has fetched is not made for more.
	store, err := cachePath("maven", nil)
	if err != nil {
		return err
	}
	release, err := lock(store+".lock", false)
	if err != nil {
		return err
	}
	defer release()
	err = run("mvn", "-q", "-B", "-f", filepath.Join(work, "pom.xml"), "dependency:copy-dependencies", "-DoutputDirectory="+dir)
	if err != nil && os.Getenv("CI") == "" {
		return missing{fmt.Errorf("maven could not fetch the server: %w", err)}
	}
	return err
}

// run runs a program to its end; its error has what it printed.
func run(program string, args ...string) error {
	said, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		said = bytes.TrimSpace(said)
		return fmt.Errorf("%s: %w: %s", program, err, said[max(0, len(said)-2000):])
	}
	return nil
}
