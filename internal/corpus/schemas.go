package corpus

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed schemas/*.json
var embedded embed.FS

// Schemas are the four schemas of the corpus, one JSON file each.
func Schemas() fs.FS {
	sub, err := fs.Sub(embedded, "schemas")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return sub
}

// WriteSchemas writes the four schemas into dir, which is made where it is
// missing.
func WriteSchemas(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the schema folder: %w", err)
	}
	names, err := fs.Glob(Schemas(), "*.json")
	if err != nil {
		return err
	}
	for _, name := range names {
		text, err := fs.ReadFile(Schemas(), name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return fmt.Errorf("writing a schema: %w", err)
		}
	}
	return nil
}
