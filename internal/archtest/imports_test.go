package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const modulePath = "jupyter-events-agent"

// room is a row of the design's table of imports. A folder belongs to the
// longest room that is its beginning.
type room struct {
	dir     string
	may     []string // rooms it may import, beside itself; "…/*" for those below. internal/* is free to all
	never   []string // of the standard library or others, also by what it imports
	notSelf []string // the same, but only where its own files import it
}

// tools are parts of internal/ that know the rooms, so that no room may use them.
var tools = []string{"internal/config", "internal/quarantine", "internal/rejected", "internal/telemetry", "internal/bench", "internal/realtest", "internal/servers", "internal/archtest", "internal/policytest", "internal/pages", "internal/draft", "internal/noninterference"}

var network = []string{"net/http", "net/rpc", "os/exec"}

var rooms = []room{
	{dir: "checkpoint", never: append([]string{"net"}, network...)},
	{dir: "inputs", may: []string{"checkpoint"}, never: network, notSelf: []string{"os", "net", "io/fs"}},
	{dir: "inputs/all", may: []string{"checkpoint", "inputs", "inputs/*"}},
	{dir: "inputs/*", may: []string{"checkpoint", "inputs"}},
	{dir: "schema", may: []string{"checkpoint", "inputs"}, never: network, notSelf: []string{"net", "log", "log/slog", "math/rand", "math/rand/v2"}},
	{dir: "filters", may: []string{"checkpoint", "inputs", "schema"}, never: network, notSelf: []string{"os", "io/fs", "net", "log", "log/slog", "context", "math/rand", "math/rand/v2", "crypto/rand"}},
	{dir: "outputs", may: []string{"filters"}, never: network, notSelf: []string{"os", "net", "io/fs"}},
	{dir: "outputs/all", may: []string{"filters", "outputs", "outputs/*"}},
	{dir: "outputs/outputtest", may: []string{"checkpoint", "inputs", "schema", "filters", "outputs"}},
	{dir: "outputs/*", may: []string{"filters", "outputs"}},
	{dir: "pipeline", may: []string{"checkpoint", "inputs", "schema", "filters", "outputs"}, never: network, notSelf: []string{"os", "io/fs", "net", "encoding/json", "reflect", "github.com/BurntSushi/toml"}},
	{dir: "cmd/agent", may: []string{"checkpoint", "inputs", "inputs/*", "schema", "filters", "outputs", "outputs/*", "pipeline", "cmd/agent", "internal/config", "internal/quarantine", "internal/rejected", "internal/telemetry", "internal/policytest", "internal/pages", "internal/draft", "internal/noninterference"}},
	{dir: "internal", notSelf: []string{"reflect", "unsafe"}},
}

// roomOf is the room of a folder; nil where the design knows none.
func roomOf(dir string) *room {
	var found *room
	for i := range rooms {
		r := &rooms[i]
		if within(dir, r.dir) && (found == nil || len(r.dir) >= len(found.dir)) {
			found = r
		}
	}
	return found
}

// within says that dir is the room, or below it where the room is "…/*" or internal.
func within(dir, room string) bool {
	if above, ok := strings.CutSuffix(room, "/*"); ok {
		return strings.HasPrefix(dir, above+"/")
	}
	return dir == room || (room == "internal" || room == "cmd/agent") && strings.HasPrefix(dir, room+"/")
}

func TestImportsAreTheFlowOfData(t *testing.T) {
	for _, s := range files(t) {
		if s.test() || s.dir == "" || slices.Contains(tools, s.dir) {
			continue
		}
		r := roomOf(s.dir)
		if r == nil {
			t.Errorf("%s: the design has no folder %s: put the file into the room whose work it does, or give the room a line in docs/design.md and in this test", s.path, s.dir)
			continue
		}
		for _, i := range s.file.Imports {
			p := strings.Trim(i.Path.Value, `"`)
			dir, ours := strings.CutPrefix(p, modulePath+"/")
			switch {
			case !ours:
				if slices.Contains(r.notSelf, p) {
					t.Errorf("%s: %s must not import %s: move what needs it to the room that may touch it (docs/design.md, the table of rooms)", s.at(i), r.dir, p)
				}
			case within(dir, r.dir) && !strings.HasSuffix(r.dir, "/*"):
			case dir == s.dir || strings.HasPrefix(dir, s.dir+"/") && strings.HasSuffix(r.dir, "/*"):
			case within(dir, "internal") && !slices.Contains(tools, dir):
			case slices.ContainsFunc(r.may, func(m string) bool { return within(dir, m) }):
			default:
				t.Errorf("%s: %s must not import %s: the flow is checkpoint, inputs, schema, filters, outputs, pipeline, cmd/agent, and none looks at a later one; let the later room hand over what is needed", s.at(i), r.dir, dir)
			}
		}
	}
}

// TestWhatRoomsCanReach looks at everything that a room imports by way of others.
func TestWhatRoomsCanReach(t *testing.T) {
	cmd := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Deps", "./...")
	cmd.Dir = module()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath string
			Deps       []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		dir, ours := strings.CutPrefix(p.ImportPath, modulePath+"/")
		if !ours {
			continue
		}
		r := roomOf(dir)
		if r == nil {
			continue // TestImportsAreTheFlowOfData says it
		}
		seen++
		for _, dep := range p.Deps {
			if slices.Contains(r.never, dep) {
				t.Errorf("%s reaches %s by what it imports: find it with `go list -deps -json ./%s` and take the import out: this room never touches the network or other programs", dir, dep, dir)
			}
		}
	}
	if seen < 10 {
		t.Fatalf("go list told of %d rooms only", seen)
	}
}
