package checkpoint

// Cursor is how far one output has delivered each stream. Safe for use by
// several goroutines.
type Cursor struct{}

// Cursor is the cursor of the output of that name, new where there was none.
func (s *Store) Cursor(output string) (*Cursor, error) { return nil, errStub }

// Offset is how far the stream is delivered by what was committed; the
// stream's Start where nothing was.
func (c *Cursor) Offset(stream uint64) int64 { return 0 }

// Commit notes in memory that everything before these positions is delivered.
// It becomes durable by Seal and then Store.Sync.
func (c *Cursor) Commit(ends ...Position) {}

// Seal says that what was committed so far may become durable, together with
// the output's state (outputs.Syncer; nil for outputs that have none). What is
// committed after Seal waits for the next one, so state and positions always
// belong together.
func (c *Cursor) Seal(state []byte) {}

// State is the output's state of the checkpoint that was loaded, or of the
// last Seal.
func (c *Cursor) State() []byte { return nil }
