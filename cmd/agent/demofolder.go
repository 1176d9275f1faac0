package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/corpus"
)

// prepare makes the folder and loads its configuration as run would.
func (d *demo) prepare() (err error) {
	if d.folder, err = os.MkdirTemp("", "jupyter-events-demo-"); err != nil {
		return err
	}
	for _, sub := range []string{"log", "schemas"} {
		if err := os.Mkdir(filepath.Join(d.folder, sub), 0o755); err != nil {
			return err
		}
	}
	const telemetry = "notebook-telemetry.v1.json"
	text, err := fs.ReadFile(corpus.Schemas(), telemetry)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(d.folder, "schemas", telemetry), text, 0o644); err != nil {
		return err
	}
	file := filepath.Join(d.folder, "agent.toml")
	if err := os.WriteFile(file, []byte(demoConfig), 0o644); err != nil {
		return err
	}
	if d.agent, err = compile(config.Load(file, kinds())); err != nil {
		return err
	}
	for _, to := range destinations {
		d.outputs = append(d.outputs, &arrivals{name: to.name, path: filepath.Join(d.folder, to.name+".ndjson")})
	}
	d.log, err = openLog(d.folder)
	return err
}

func openLog(folder string) (*os.File, error) {
	return os.OpenFile(filepath.Join(folder, "log", "events.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}

// rotate does what Python's RotatingFileHandler does.
func (d *demo) rotate() error {
	name := filepath.Join(d.folder, "log", "events.log")
	if err := d.log.Close(); err != nil {
		return err
	}
	for i := 8; i > 0; i-- {
		err := os.Rename(fmt.Sprintf("%s.%d", name, i), fmt.Sprintf("%s.%d", name, i+1))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Rename(name, name+".1"); err != nil {
		return err
	}
	var err error
	d.log, err = openLog(d.folder)
	d.screen.note("the log is rotated: events.log becomes events.log.1")
	return err
}
