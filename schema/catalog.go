package schema

import (
	"embed"
	"path"
)

// The catalog is written by this project: it accepts what the packages' own
// schemas accept, and gives every member its categories, which theirs lack.
//
//go:embed catalog/*.yaml
var catalogFiles embed.FS

// catalog adds the schemas that ship with the agent, behind all others.
func (l *loading) catalog() {
	entries, err := catalogFiles.ReadDir("catalog")
	if err != nil {
		l.mistake("catalog", "", err.Error())
		return
	}
	for _, e := range entries {
		text, err := catalogFiles.ReadFile(path.Join("catalog", e.Name()))
		if err != nil {
			l.mistake("catalog", "", err.Error())
			continue
		}
		l.take(text, document{file: "catalog", catalog: true})
	}
}
