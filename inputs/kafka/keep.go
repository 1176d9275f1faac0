package kafka

import (
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"time"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/kafkasasl"
	"jupyter-events-agent/internal/tlsfiles"
)

// settings are what of the configuration is needed after Open.
type settings struct {
	brokers []string
	topics  []string // sorted
	group   string   // how the names of the groups begin
	atEnd   bool
	maxLine int
	door    door
}

// door is how the agent shows who it is: another one counts for new
// connections only, and so for memberships that begin with it.
type door struct {
	encrypted bool
	tls       tlsfiles.Config
	sasl      kafkasasl.Config
	files     [sha256.Size]byte // of what its files hold
}

func (c *Config) settings(input string) settings {
	s := settings{
		brokers: c.Brokers, topics: slices.Sorted(slices.Values(c.Topics)), group: c.Group,
		atEnd: c.StartAt == "end", maxLine: int(c.MaxLine), door: door{sasl: c.SASL},
	}
	if s.group == "" {
		s.group = "jupyter-events-agent." + input
	}
	if s.maxLine == 0 {
		s.maxLine = defaultMaxLine
	}
	if c.TLS != nil {
		s.door.encrypted, s.door.tls = true, *c.TLS
	}
	sum := sha256.New()
	for _, path := range []string{s.door.tls.CAFile, s.door.tls.CertFile, s.door.tls.KeyFile, c.SASL.PasswordFile, c.SASL.TokenFile} {
		if path == "" {
			continue
		}
		content, err := os.ReadFile(path)
		fmt.Fprintf(sum, "%q %v %q\n", path, err == nil, content) // who opens the door says what is wrong with a file
	}
	sum.Sum(s.door.files[:0])
	return s
}

func (s *settings) equal(o *settings) bool {
	return slices.Equal(s.brokers, o.brokers) && slices.Equal(s.topics, o.topics) &&
		s.group == o.group && s.atEnd == o.atEnd && s.maxLine == o.maxLine && s.door == o.door
}

// Keep is inputs.Keeper: over a reload that changes nothing here the agent
// stays in its groups, so that nobody waits for partitions to be dealt out
// again.
func (c *Config) Keep(old inputs.Input, env inputs.Env) bool {
	in, ok := old.(*Input)
	if !ok {
		return false
	}
	if set := c.settings(env.Source.Input); !in.set.equal(&set) {
		return false
	}
	c.warn(env)
	in.now.Store(&env)
	return true
}

// rest keeps a reader that a run has closed, in its group, for the run that may
// follow.
func (in *Input) rest(r *reader) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.readers = slices.DeleteFunc(in.readers, func(o *reader) bool { return o == r })
	in.resting = append(in.resting, r)
}

// rested is the reader that rests with this name of a group; nil where none does.
func (in *Input) rested(from inputs.Resume) *reader {
	in.mu.Lock()
	defer in.mu.Unlock()
	i := slices.IndexFunc(in.resting, func(r *reader) bool { return r.name == in.groupOf(from.Output) && r.cursor == from.Cursor })
	if i < 0 {
		return nil
	}
	r := in.resting[i]
	in.resting = slices.Delete(in.resting, i, i+1)
	return r
}

// leaving is how long all readers together may take to leave their groups. From
// brokers that answer it takes milliseconds; by those that do not a stop must
// not be held up until systemd kills the agent, nor a reload.
const leaving = 3 * time.Second

// dismiss has the readers leave that nobody has taken up again.
func (in *Input) dismiss() {
	in.mu.Lock()
	all := in.resting
	in.resting = nil
	in.mu.Unlock()
	end := time.Now().Add(leaving)
	for _, r := range all {
		r.leave(end)
	}
}

// again has the reader go on where everything before is delivered: what it has
// read beyond that was forgotten with the run.
func (r *reader) again() {
	r.turn = 0
	clear(r.offsets)
	if r.share.ended() {
		return // the next generation begins where cursor and group are
	}
	for _, p := range r.share.partitions {
		r.offsets[p] = r.from[p]
		if to, ok := r.delivered.Load(p.stream); ok {
			r.offsets[p] = to.(int64)
		}
	}
}
