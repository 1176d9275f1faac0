package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"jupyter-events-agent/internal/chain"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/signkey"
	"jupyter-events-agent/outputs"
)

func verifyCommand(file *string) *cobra.Command {
	var keys []string
	var until, head string
	var expect chain.Expect
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify FILE... --public-key PEM",
		Short: "Find what was changed, deleted, moved or cut off in audit files, offline",
		Long: `Reads audit files (outputs with audit = true), rotated and compressed ones too, in
any order, and finds each line that was changed, put in, deleted, moved or cut off
at the end. It needs the files and the public key alone: no network, no state.
Without --public-key it takes the keys of the configuration's audit outputs.

The files are to be whole: from the first record to one that a stop of the agent
closes. Where they cannot be, say why:

  --live         the agent is running: the last signature is recent
  --any-start    rotate.keep has deleted the oldest files
  --any-end      these are some files only, as one generation alone
  --until TIME   what was written until TIME is to be proven
  --expect-head  a line that was noted before is there, and all before it

Exit code 0 where everything is proven, 1 where anything was found, 2 for mistakes.`,
		Args: cobra.MinimumNArgs(1),
		RunE: work(func(cmd *cobra.Command, args []string) error {
			expect.Now = time.Now()
			if until != "" {
				at, err := time.Parse(time.RFC3339, until)
				if err != nil {
					return usage{errors.New("--until: is a time such as 2026-11-22T14:00:00Z")}
				}
				expect.Until = at
			}
			if head != "" {
				var err error
				if expect.Seq, expect.Hash, err = chain.ParseHead(head); err != nil {
					return usage{fmt.Errorf("--expect-head: %w", err)}
				}
			}
			public, err := publicKeys(keys, *file)
			if err != nil {
				return usage{err}
			}
			v := chain.NewVerifier(public, expect)
			if err := chain.Files(v, args); err != nil {
				return usage{err}
			}
			report := v.Report()
			if asJSON {
				err = reportJSON(cmd.OutOrStdout(), report)
			} else {
				err = reportText(cmd.OutOrStdout(), report)
			}
			if err == nil && !report.OK() {
				err = fmt.Errorf("the files are not as the agent has written them: %s", count(len(report.Findings)+report.More, "finding"))
			}
			return err
		}),
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&keys, "public-key", nil, "`FILE` with the public key, PEM; may be given more than once")
	flags.BoolVar(&expect.Live, "live", false, "the agent is running: the end is open, and its last signature recent")
	flags.BoolVar(&expect.AnyStart, "any-start", false, "older files may be missing")
	flags.BoolVar(&expect.AnyEnd, "any-end", false, "later files may be missing")
	flags.StringVar(&until, "until", "", "what was written until this `TIME` (RFC 3339) is to be proven")
	flags.StringVar(&head, "expect-head", "", "the line `SEQUENCE:HASH`, noted before, is to be there")
	flags.BoolVar(&asJSON, "json", false, "as one JSON object")
	return cmd
}

// publicKeys are those of the named files or, without any, of the
// configuration's audit outputs.
func publicKeys(files []string, configuration string) (keys []signkey.Public, err error) {
	for _, file := range files {
		more, err := signkey.ReadPublic(file)
		if err != nil {
			return nil, err
		}
		keys = append(keys, more...)
	}
	if len(files) > 0 {
		return keys, nil
	}
	c, err := config.Load(configuration, kinds())
	if err != nil {
		return nil, errors.New("--public-key: is missing, and there is no configuration to take it from: name the file that key new --signing made, FILE" + signkey.PublicSuffix)
	}
	seen := map[string]bool{}
	for i := range c.Outputs {
		a, ok := c.Outputs[i].Config.(outputs.Auditing)
		if !ok || !a.Audited() || seen[*a.SigningKey()] {
			continue
		}
		seen[*a.SigningKey()] = true
		more, err := signkey.ReadPublic(*a.SigningKey() + signkey.PublicSuffix)
		if err != nil {
			return nil, err
		}
		keys = append(keys, more...)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("--public-key: is missing, and no output of %s has audit = true", configuration)
	}
	return keys, nil
}

func reportJSON(to io.Writer, r *chain.Report) error {
	enc := json.NewEncoder(to)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		OK bool `json:"ok"`
		*chain.Report
	}{r.OK(), r})
}

func reportText(to io.Writer, r *chain.Report) error {
	for _, f := range r.Findings {
		at := f.File
		if f.Line > 0 {
			at += fmt.Sprintf(":%d", f.Line)
		}
		if at != "" {
			at += ": "
		}
		if f.Seq > 0 {
			at += fmt.Sprintf("sequence %d", f.Seq)
			if strings.HasPrefix(f.Text, "the ") { // else what was done to this line
				at += ":"
			}
			at += " "
		}
		if _, err := fmt.Fprintln(to, visible(at+f.Text)); err != nil {
			return err
		}
	}
	if r.More > 0 {
		fmt.Fprintf(to, "and %s\n", count(r.More, "more finding"))
	}
	for _, n := range r.Notes {
		fmt.Fprintln(to, visible("note: "+n))
	}
	if !r.OK() {
		return nil
	}
	_, err := fmt.Fprintf(to, `ok: output %q, chain %s
    %s, sequence %d to %d, signed up to sequence %d at %s
    %s
    head %s
`, r.Output, r.Chain, records(r.Records), r.First, r.Last, r.Signed, r.SignedTime.Format(time.RFC3339), startsText(r), r.Head)
	if err == nil && r.Settled != "" && r.End != chain.Close {
		_, err = fmt.Fprintf(to, "    note this one for --expect-head, which no crash takes back: %s\n", r.Settled)
	}
	return err
}

// startsText says how often the agent began, and how it had ended before.
func startsText(r *chain.Report) string {
	text := fmt.Sprintf("the agent started, or reloaded, %s", count(r.Starts, "time"))
	switch r.Crashes {
	case 0:
		return text + ", never after it was killed or had crashed"
	case 1:
		return text + ", once after it was killed or had crashed"
	}
	return text + fmt.Sprintf(", %d of them after it was killed or had crashed", r.Crashes)
}

// records is a number of records.
func records(n int64) string { return count(int(n), "record") }
