package policytest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Find are the test files of a configuration's folder: *.test.toml and
// *.test.ndjson there, and what Below finds in its folder tests.
func Find(folder string) ([]string, error) {
	var files []string
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("looking for tests: %w", err)
	}
	for _, entry := range entries {
		if !entry.IsDir() && isTest(entry.Name()) {
			files = append(files, filepath.Join(folder, entry.Name()))
		}
	}
	below, err := Below(filepath.Join(folder, "tests"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return append(files, below...), nil
}

// Below are the test files of a folder and of those in it: *.toml and
// *.test.ndjson, sorted. Other files may hold events.
func Below(folder string) (files []string, err error) {
	err = filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir() && (isTest(name) || strings.EqualFold(filepath.Ext(name), ".toml")):
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for tests: %w", err)
	}
	slices.Sort(files)
	return files, nil
}

func isTest(name string) bool {
	return slices.ContainsFunc([]string{".test.toml", ".test.ndjson", ".test.jsonl"}, func(end string) bool {
		return strings.HasSuffix(strings.ToLower(name), end)
	})
}
