package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

func tapCommand(file *string) *cobra.Command {
	var output string
	var most int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "tap --output NAME",
		Short: "Look at the records that an output of the agent that runs sends",
		Long: `Shows the records that an output sends, as it sends them: the record, and what
goes beside it: key, topic, labels, headers, index, id. Nothing waits for who
looks: if it is too much, records are left out here and it is said how many.
Control characters are shown escaped.

Only the agent's own user and root are heard. Until stopped, or --count records.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output == "" {
				return usage{errors.New("--output: name the output to look at; status lists them")}
			}
			view := &tapView{screen: newScreen(cmd.OutOrStdout()), asJSON: asJSON, left: most}
			err := call(cmd.Context(), *file, "tap", tapArgs{Output: output}, func(text json.RawMessage) error {
				var t tapped
				if err := json.Unmarshal(text, &t); err != nil {
					return err
				}
				return view.show(cmd.ErrOrStderr(), &t)
			})
			if errors.Is(err, errEnough) || cmd.Context().Err() != nil {
				return nil
			}
			return err
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the output `NAME`")
	cmd.Flags().IntVarP(&most, "count", "n", 0, "end after `N` records (default: none)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "a line of JSON for each record, with all its parts")
	return cmd
}

// errEnough ends a look.
var errEnough = errors.New("enough")

// tapView draws records.
type tapView struct {
	*screen
	asJSON bool
	left   int // records still to show; 0: no end
}

func (v *tapView) show(beside io.Writer, t *tapped) error {
	if t.Missed > 0 {
		fmt.Fprintf(beside, "%s left out here: more came than could be shown\n", plural(t.Missed, "record"))
	}
	if len(t.Parts) == 0 {
		return nil // it only says that nothing came
	}
	if v.asJSON {
		text, err := json.Marshal(t.Parts)
		if err != nil {
			return err
		}
		v.line("%s", visible(string(text)))
	} else {
		v.parts(t.Parts)
	}
	if v.left--; v.left == 0 {
		return errEnough
	}
	return nil
}

// parts are what stands beside the record on one line, then the record.
func (v *tapView) parts(parts []tappedPart) {
	var beside []string
	body := ""
	for _, p := range parts {
		if p.Name == "body" {
			body = strings.TrimRight(p.Value, "\n")
			continue
		}
		beside = append(beside, v.paint(cyan, visible(p.Name)+"=")+v.paint(dim, flat(p.Value)))
	}
	if len(beside) > 0 {
		v.line("%s", strings.Join(beside, " "))
	}
	v.line("%s", v.record(flat(body)))
	if v.terminal() { // where a record takes several lines
		v.line("")
	}
}

// flat is a text on one line, without control characters.
func flat(s string) string { return strings.ReplaceAll(visible(s), "\n", `\n`) }

// record colours the names of the members at the top of a record.
func (v *tapView) record(text string) string {
	if !v.colour {
		return text
	}
	var b strings.Builder
	depth, from := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			end := i + 1
			for end < len(text) && text[end] != '"' {
				if text[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end+1, len(text))
			if depth == 1 && end < len(text) && text[end] == ':' {
				b.WriteString(text[from:i])
				b.WriteString(v.paint(green, text[i:end]))
				from = end
			}
			i = end - 1
		}
	}
	return b.String() + text[from:]
}
