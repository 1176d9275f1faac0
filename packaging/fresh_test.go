//go:build real

package packaging_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"jupyter-events-agent/internal/servers"
)

// hubPackages are a JupyterHub, and the proxy that it needs, in Python.
var hubPackages = []string{"jupyterhub>=5,<7", "jupyter-server>=2.14,<3", "configurable-http-proxy"}

// errNotFresh is why no fresh Debian can be made here.
type errNotFresh struct{ error }

// debian is the root of a fresh Debian: what its installer calls the base
// system, of today's packages, with a JupyterHub in /opt/jupyterhub. It is made
// once, for minutes, and kept in the user's cache.
var debian = sync.OnceValues(func() (string, error) {
	script := filepath.Join("testdata", "debian")
	text, err := os.ReadFile(script)
	if err != nil {
		return "", err
	}
	from, err := exec.Command(script, "sources").CombinedOutput()
	if err != nil {
		return "", errNotFresh{errors.New(strings.TrimSpace(string(from)))}
	}
	return servers.Cached("debian", append([]string{string(text), string(from)}, hubPackages...), func(dir string) error {
		// In a mount namespace of its own: what mmdebstrap mounts below dir is gone with it, also where it is killed.
		said, err := exec.Command("timeout", append([]string{"900", "unshare", "--mount", "--propagation", "private", script, "make", dir}, hubPackages...)...).CombinedOutput()
		if err != nil { // it is others' servers that this hangs on
			return errNotFresh{fmt.Errorf("%s: %w: %s", script, err, said[max(0, len(said)-4000):])}
		}
		return nil
	})
})

// lower is the root that a machine of t's is to begin with: a fresh Debian's,
// or, and then a skipped test says why, this machine's own.
func lower(t *testing.T) (root string, fresh bool) {
	t.Helper()
	begun := time.Now()
	root, err := debian()
	if err == nil {
		if took := time.Since(begun); took > time.Second {
			t.Logf("made a fresh Debian in %.0f s", took.Seconds())
		}
		return root, true
	}
	if not := (errNotFresh{}); !errors.As(err, &not) {
		t.Fatal(err)
	}
	t.Run("fresh", func(t *testing.T) { t.Skipf("the machine is a copy of this one: %v", err) })
	return string(filepath.Separator), false
}
