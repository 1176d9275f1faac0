package survey

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestSearch(t *testing.T) {
	for name, test := range map[string]struct {
		text     string
		line     int
		logs     []string
		computed bool
	}{
		"nothing":         {text: "c.ServerApp.port = 1\n"},
		"commented out":   {text: "# c.EventLogger.handlers = [FileHandler('/a')]\n"},
		"in place":        {text: "\nc.EventLogger.handlers = [logging.FileHandler('/a')]\n", line: 2, logs: []string{"/a"}},
		"telemetry":       {text: `c.EventLog.handlers=[logging.FileHandler("/a")]`, line: 1, logs: []string{"/a"}},
		"two":             {text: "c.EventLogger.handlers = [\n FileHandler('/a'), # FileHandler('/no')\n WatchedFileHandler(filename=\"/b#1\")]\nx = FileHandler('/other')", line: 1, logs: []string{"/a", "/b#1"}},
		"a variable":      {text: "h = logging.handlers.RotatingFileHandler(\n  '/a', maxBytes=1)\nc.EventLogger.handlers = [h]", line: 3, logs: []string{"/a"}},
		"a home":          {text: "c.EventLogger.handlers = [FileHandler(os.path.expanduser('~/a.log'))]", line: 1, logs: []string{"~/a.log"}},
		"a path":          {text: "c.EventLogger.handlers = [FileHandler(Path('/a'))]", line: 1, logs: []string{"/a"}},
		"raw":             {text: "c.EventLogger.handlers = [FileHandler(r'/a')]", line: 1, logs: []string{"/a"}},
		"appended":        {text: "c.EventLogger.handlers.append(FileHandler('/a'))", line: 1, logs: []string{"/a"}},
		"computed":        {text: "c.EventLogger.handlers = [FileHandler(f'/{a}')]", line: 1, computed: true},
		"put together":    {text: "c.EventLogger.handlers = [FileHandler('/a' + b)]", line: 1, computed: true},
		"joined":          {text: "c.EventLogger.handlers = [FileHandler(os.path.join('/a', 'b'))]", line: 1, computed: true},
		"from elsewhere":  {text: "c.EventLogger.handlers = make()", line: 1, computed: true},
		"standard output": {text: "c.EventLogger.handlers = [logging.StreamHandler()]", line: 1},
		"never closed":    {text: "c.EventLogger.handlers = [FileHandler('/a'", line: 1, logs: []string{"/a"}},
	} {
		c := search(test.text)
		if c.Line != test.line || !slices.Equal(c.Logs, test.logs) || c.Computed != test.computed {
			t.Errorf("%s: line %d, %q, computed %v", name, c.Line, c.Logs, c.Computed)
		}
	}
}

// write makes a file below a folder.
func write(t *testing.T, root, name, text string) string {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const line = `{"__schema__": "https://x.test/a", "__timestamp__": "2026-11-22T14:20:46Z"}` + "\n"

func TestLogs(t *testing.T) {
	root := t.TempDir()
	write(t, root, "home/ada/.local/share/jupyter/events.log", line)
	write(t, root, "home/bob/.local/share/jupyter/events.log.2026-11-21", line)
	write(t, root, "var/log/jupyter/events.log.1", line)
	write(t, root, "var/log/jupyter/eventful.log", "started\n")
	write(t, root, "var/log/jupyterhub/events.log", "{}\n")
	secret := write(t, root, "secret", line)
	if err := os.Symlink(secret, filepath.Join(root, "home/bob/my-events.log")); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	write(t, root, "etc/jupyter/jupyter_server_config.py", "c.EventLogger.handlers = [FileHandler('/srv/x/events.log'), FileHandler('~/mine.log'), FileHandler('here.log')]")
	f, err := Look(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	want := []Log{
		{Path: "home/*/.local/share/jupyter/events.log", Pattern: "home/{username}/.local/share/jupyter/events.log", There: true},
		{Path: "home/*/mine.log", Pattern: "home/{username}/mine.log", Said: "etc/jupyter/jupyter_server_config.py"},
		{Path: "srv/x/events.log", Said: "etc/jupyter/jupyter_server_config.py"},
		{Path: "var/log/jupyter/events.log", There: true},
	}
	for i := range want {
		for _, path := range []*string{&want[i].Path, &want[i].Pattern, &want[i].Said} {
			if *path != "" {
				*path = filepath.Join(root, *path)
			}
		}
	}
	if !slices.Equal(f.Logs, want) {
		t.Errorf("found %+v", f.Logs)
	}
	if !f.Server || f.Hub || !f.Writes(false) || f.Writes(true) {
		t.Errorf("server %v, hub %v", f.Server, f.Hub)
	}
	if relative := f.Configs[0].Relative(); !slices.Equal(relative, []string{"here.log"}) {
		t.Errorf("relative: %q", relative)
	}
}

func TestSchemas(t *testing.T) {
	root := t.TempDir()
	const text = "$id: a\nversion: 1\n"
	taken := write(t, root, "opt/conda/lib/python3.12/site-packages/quiz/events/a.yaml", text)
	write(t, root, "opt/conda/lib/python3.12/site-packages/quiz/schemas/b.yaml", text)
	write(t, root, "opt/conda/lib/python3.12/site-packages/quiz/events/other.yaml", "a: 1")
	const whole = text + "properties: {}\n"
	elsewhere := write(t, root, "opt/conda/lib/python3.12/site-packages/quiz/deep/er/c.yml", whole)
	beside := write(t, root, "opt/conda/lib/python3.12/site-packages/module.yaml", whole)
	write(t, root, "opt/conda/lib/python3.12/site-packages/quiz/api.yaml", "openapi: 3\ninfo:\n  $id: a\n  version: 1\nproperties: {}\n")
	write(t, root, "opt/conda/lib/python3.12/site-packages/jupyter_events/schemas/metaschema.yml", whole)
	home := write(t, root, "home/ada/venv/lib/python3.12/site-packages/quiz/events/a.yaml", text)
	open := write(t, root, "opt/conda/lib/python3.12/site-packages/open/events/a.yaml", text)
	if err := os.Chmod(open, 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := Look(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(f.Schemas, []string{beside, elsewhere, taken}) || !slices.Equal(f.Homes, []string{home}) || !slices.Equal(f.Open, []string{open}) {
		t.Errorf("schemas %q, homes %q, open %q", f.Schemas, f.Homes, f.Open)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Look(ctx, root); err == nil {
		t.Error("goes on after the command was stopped")
	}
}
