package archtest

import (
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

// mayStart says where goroutines may begin; of internal/noninterference they are
// the stand-ins that its outputs write to, which end before its call returns.
func mayStart(s *source) bool {
	return s.test() || within(s.dir, "pipeline") || strings.HasPrefix(s.dir, "cmd/") || strings.HasPrefix(s.dir+"/", "internal/bench/") || slices.Contains([]string{"internal/realtest", "internal/servers", "internal/nettest", "internal/noninterference", "outputs/outputtest"}, s.dir)
}

// interrupts are files whose context.AfterFunc, which ends a wait for the network or for the
// peer of a socket, is stopped or waited for before the call that began it returns; one that
// has begun by then sets a deadline and is over.
var interrupts = map[string]bool{
	"internal/kafkaconn/conn.go": true, "outputs/kafka/conn.go": true,
	"internal/control/call.go": true, "internal/control/listen.go": true,
}

// joins says that a kind of output does its Write in parallel parts: a
// sync.WaitGroup whose Wait is in the same file. That none outlives the call is
// a part of its contract (outputs/outputtest).
func joins(s *source) (joins bool) {
	if !within(s.dir, "outputs/*") {
		return false
	}
	s.calls(func(name string, _ *ast.CallExpr) { joins = joins || name == ".Wait" })
	return joins
}

func TestGoroutinesStartInPipelineAndCmd(t *testing.T) {
	const advice = "goroutines start in pipeline/ and cmd/ only, which join them: make it an optional Background(ctx), or do the work in the call"
	for _, s := range files(t) {
		if mayStart(s) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s: a go statement: %s", s.at(g), advice)
			}
			return true
		})
		s.calls(func(name string, call *ast.CallExpr) {
			if name == ".Go" && !joins(s) || name == "time.AfterFunc" || name == "context.AfterFunc" && !interrupts[s.path] {
				t.Errorf("%s: %s starts a goroutine: %s", s.at(call), name, advice)
			}
		})
	}
}

func TestPureRoomsHaveNoClock(t *testing.T) {
	clock := []string{"time.Now", "time.Since", "time.Until", "time.Sleep", "time.After", "time.NewTimer", "time.NewTicker", "time.Tick"}
	for _, s := range files(t) {
		if s.test() || s.dir != "filters" && s.dir != "schema" {
			continue
		}
		s.calls(func(name string, call *ast.CallExpr) {
			if slices.Contains(clock, name) {
				t.Errorf("%s: %s: %s is pure, the same event gives the same result at any time: take the time from the event", s.at(call), name, s.dir)
			}
		})
	}
}

func TestNoInit(t *testing.T) {
	for _, s := range files(t) {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: func init: what runs before main runs unseen; make it a variable's value or a call of the one who needs it", s.at(f))
			}
		}
	}
}

// Files that may be long: tables. Generated code may be anyway.
var tables = map[string]bool{}

const longest, longestTest = 400, 800

func TestFilesAreShort(t *testing.T) {
	for _, s := range files(t) {
		limit := longest
		if s.test() {
			limit = longestTest
		}
		if s.lines > limit && !tables[s.path] && !s.generated() {
			t.Errorf("%s: %d lines, %d are allowed: a file is one noun or one verb; find the second one in it and give it its own file", s.path, s.lines, limit)
		}
	}
}

// Words that say nothing of what is inside.
var empty = []string{"manager", "handler", "processor", "helper", "helpers", "base", "impl", "data", "util", "utils", "common", "types", "models", "misc"}

func TestNamesSayWhatIsInside(t *testing.T) {
	for _, s := range files(t) {
		name := strings.TrimSuffix(path.Base(s.path), ".go")
		words := strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' || r == '.' })
		words = append(words, strings.TrimSuffix(s.file.Name.Name, "_test"))
		words = append(words, strings.Split(s.dir, "/")...)
		for _, w := range words {
			if slices.Contains(empty, w) {
				t.Errorf("%s: %q says nothing of what is inside: use the field's words (input, output, filter, policy, schema, category, checkpoint, cursor, batch, redact, fault, …)", s.path, w)
			}
		}
	}
}

func TestTestsWaitForWhatHappens(t *testing.T) {
	for _, s := range files(t) {
		if !s.test() {
			continue
		}
		s.calls(func(name string, call *ast.CallExpr) {
			switch name {
			case "time.Sleep":
				t.Errorf("%s: time.Sleep in a test: wait for what is to happen: a channel, polling with a deadline, or testing/synctest with <-time.After", s.at(call))
			case ".SkipNow":
				t.Errorf("%s: skipped without a reason: use Skip with what is missing", s.at(call))
			case ".Skip":
				if len(call.Args) == 0 {
					t.Errorf("%s: skipped without a reason: say what is missing", s.at(call))
				}
			}
		})
	}
}

func TestNothingIsLeftForLater(t *testing.T) {
	for _, s := range files(t) {
		for _, group := range s.file.Comments {
			for _, c := range group.List {
				for _, word := range []string{"TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"} {
					if strings.Contains(c.Text, word) {
						t.Errorf("%s: %s: do it now, or open an issue and take the comment out", s.at(c), word)
					}
				}
			}
		}
	}
}
