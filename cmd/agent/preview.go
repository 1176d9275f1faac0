package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/nxadm/tail"
	"github.com/spf13/cobra"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

func previewCommand(configFile *string) *cobra.Command {
	var output, input string
	var follow bool
	cmd := &cobra.Command{
		Use:   "preview --output NAME [FILE|-]",
		Short: "Show what an output would receive of these lines",
		Long: `Reads event lines from FILE, or from standard input, and prints on standard output
what the output NAME would receive of them, one JSON object a line. Metadata that
the destination gets beside a record, as Kafka's headers, stands at its end. On
standard error it says which lines are held back and why, by number, never by
content. The rules of the input that reads FILE count, else those of the first;
--input takes another.

Nothing is delivered and no state is needed or made. Event ids have the form of
real ones, but are made with a key of zeros: locate does not know them.`,
		Example: `  jupyter-events-agent preview --output vendor /var/log/jupyter/events.log
  jupyter-events-agent preview --output vendor --follow /var/log/jupyter/events.log`,
		Args: cobra.MaximumNArgs(1),
		RunE: work(func(cmd *cobra.Command, args []string) error {
			l, err := load(*configFile)
			if err != nil {
				return err
			}
			from := "-"
			if len(args) == 1 {
				from = args[0]
			}
			p, err := newPreview(l, output, input, from, cmd)
			if err != nil {
				return err
			}
			if err := p.of(from); err != nil {
				return err
			}
			switch {
			case follow && from == "-":
				return usage{errors.New("--follow needs a FILE, as standard input has no more to wait for")}
			case follow:
				return p.follow(cmd.Context(), from)
			case from == "-":
				return p.read(cmd.Context(), cmd.InOrStdin())
			}
			f, err := os.Open(from)
			if err != nil {
				return err
			}
			defer f.Close()
			return p.read(cmd.Context(), f)
		}),
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the `NAME` of the output")
	cmd.Flags().StringVarP(&input, "input", "i", "", "the `NAME` of the input whose rules count (default the one that reads FILE, else the first)")
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "show the file's last lines, then what is added, until ctrl-C")
	if err := cmd.MarkFlagRequired("output"); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

// preview shows lines as one output would receive them.
type preview struct {
	checker *schema.Checker
	filter  *filters.Filter
	source  *inputs.Source
	trusted bool   // the output takes only events of trusted inputs
	whose   string // whose rules count, to be said where they refuse lines; "": that is clear
	refused bool   // they have refused a line
	maxLine int
	to      *bufio.Writer
	looked  bool // a person's terminal is what records go to
	held    io.Writer
	events  schema.Arena
	records filters.Arena
	whole   []byte // one record, kept for use again
	number  int
	at      int64
}

func newPreview(l *loaded, output, input, from string, cmd *cobra.Command) (*preview, error) {
	o, err := l.output(output)
	if err != nil {
		return nil, err
	}
	i, whose, err := l.whose(input, from)
	if err != nil {
		return nil, err
	}
	return &preview{
		checker: l.checkers[i], filter: l.filters[o], source: l.config.Inputs[i].Rules.Source,
		trusted: l.config.Outputs[o].Policy.TrustedOnly, whose: whose,
		maxLine: maxLine(&l.config.Inputs[i]),
		to:      bufio.NewWriterSize(cmd.OutOrStdout(), 1<<16), looked: isTerminal(cmd.OutOrStdout()), held: cmd.ErrOrStderr(),
	}, nil
}

// of makes what a file's path says go with its lines. Standard input has none.
func (p *preview) of(file string) error {
	if file == "-" {
		return nil
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return fmt.Errorf("finding the path of %s: %w", file, err)
	}
	p.source = p.source.At(path)
	p.events.From(p.source)
	return nil
}

// read shows all lines there are.
func (p *preview) read(ctx context.Context, from io.Reader) error {
	lines := bufio.NewReaderSize(from, 1<<16)
	var line []byte
	for ctx.Err() == nil {
		part, err := lines.ReadSlice('\n')
		if room := p.maxLine + 2 - len(line); room > 0 {
			line = append(line, part[:min(len(part), room)]...)
		}
		p.at += int64(len(part))
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err == nil || len(line) > 0 {
			if err := p.show(trimEnd(line)); err != nil {
				return err
			}
		}
		line = line[:0]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(fmt.Errorf("reading lines: %w", err), p.to.Flush())
		}
	}
	err := p.to.Flush()
	p.sayWhose()
	return err
}

func trimEnd(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line
}

// show says what becomes of one line.
func (p *preview) show(raw []byte) error {
	p.number++
	if len(raw) == 0 {
		return nil // as the inputs do
	}
	p.events.Reset()
	p.records.Reset()
	line := inputs.Line{Raw: raw, At: checkpoint.Position{Stream: 1, Offset: p.at}, End: p.at + int64(len(raw)) + 1}
	if len(raw) > p.maxLine {
		line.Long = &inputs.Long{Length: int64(len(raw))}
	}
	var event schema.Event
	if fault := p.checker.Check(&line, &p.events, &event); fault != nil {
		p.refused = true
		return p.hold(fault.Error())
	}
	record, ok := p.filter.Apply(&event, &p.records)
	switch {
	case ok:
		p.whole = append(record.AppendWhole(p.whole[:0]), '\n')
		if p.looked {
			p.whole = append(p.whole[:0], visible(string(p.whole))...)
		}
		if _, err := p.to.Write(p.whole); err != nil {
			return fmt.Errorf("writing a record: %w", err)
		}
		return nil
	case !p.filter.Takes(event.Schema()):
		return p.hold("this output does not take schema " + event.Schema().ID())
	case p.trusted && !p.source.Trusted:
		return p.hold("this output takes only events of trusted inputs, and " + p.source.Input + " is not one")
	}
	if p.records.Withheld()[filters.Unconsented] > 0 {
		return p.hold("not everybody whom it is about says yes in the consent file, or it is about nobody")
	}
	return p.hold("it holds something of a category that policy.drop_events_with names")
}

// hold says why a line is not sent; its records come first, so that the two
// stand in order where both go to one terminal.
func (p *preview) hold(why string) error {
	if err := p.to.Flush(); err != nil {
		return fmt.Errorf("writing records: %w", err)
	}
	fmt.Fprintf(p.held, "line %d: held back: %s\n", p.number, visible(why))
	return nil
}

// follow shows the last lines of a file and then what is added to it, through
// rotations, as well as a person can see. nxadm/tail may miss lines around a
// rotation, which does for looking; delivery has its own reader.
func (p *preview) follow(ctx context.Context, name string) error {
	start, err := lastLines(name, 10)
	if err != nil {
		return err
	}
	t, err := tail.TailFile(name, tail.Config{
		Location: &tail.SeekInfo{Offset: start, Whence: io.SeekStart},
		Follow:   true, ReOpen: true, MustExist: true, Logger: tail.DiscardingLogger,
	})
	if err != nil {
		return fmt.Errorf("following %s: %w", name, err)
	}
	defer t.Cleanup()
	for {
		select {
		case <-ctx.Done():
			return errors.Join(t.Stop(), p.to.Flush())
		case line, ok := <-t.Lines:
			if !ok {
				return fmt.Errorf("following %s ended: %w", name, t.Err())
			}
			if line.Err != nil {
				return fmt.Errorf("following %s: %w", name, line.Err)
			}
			if err := p.show(trimEnd([]byte(line.Text))); err != nil {
				return err
			}
			p.sayWhose()
			p.at += int64(len(line.Text)) + 1
			if err := p.to.Flush(); err != nil {
				return fmt.Errorf("writing a record: %w", err)
			}
		}
	}
}

// lastLines is where the last n lines of a file begin, looking no farther
// back than 64 KiB.
func lastLines(name string, n int) (int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	start := max(info.Size()-1<<16, 0)
	end := make([]byte, info.Size()-start)
	if _, err := io.ReadFull(io.NewSectionReader(f, start, info.Size()), end); err != nil {
		return 0, fmt.Errorf("reading the end of %s: %w", name, err)
	}
	for i := len(end) - 2; i >= 0; i-- {
		if end[i] == '\n' {
			if n--; n == 0 {
				return start + int64(i) + 1, nil
			}
		}
	}
	if start == 0 {
		return 0, nil
	}
	return info.Size(), nil
}
