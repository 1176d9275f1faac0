package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// interview asks an operator. Where nobody can answer every question has its
// proposal for an answer.
type interview struct {
	ctx   context.Context
	to    io.Writer
	lines <-chan string // closed where there are no more; nil where nobody is asked
}

// newInterview asks whoever sits at in, where that is a terminal and the operator
// wants to be asked.
func newInterview(ctx context.Context, in io.Reader, to io.Writer, silent bool) *interview {
	if silent || !isTerminal(in) {
		return &interview{ctx: ctx, to: to}
	}
	return interviewOn(ctx, in, to)
}

// interviewOn asks whoever writes to in. What reads it ends with in or the process.
func interviewOn(ctx context.Context, in io.Reader, to io.Writer) *interview {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(in); scan.Scan(); {
			select {
			case lines <- strings.TrimSpace(scan.Text()):
			case <-ctx.Done():
				return
			}
		}
	}()
	return &interview{ctx: ctx, to: to, lines: lines}
}

// errNoAnswer ends a command whose questions nobody answers any more.
var errNoAnswer = errors.New("the input has ended before the last question: nothing was written; answer on a terminal, or use --yes and the flags that init --help lists")

// ask asks one question until check takes the answer, an empty one being the
// proposal.
func (i *interview) ask(question, proposal string, check func(string) error) (string, error) {
	if i.lines == nil {
		return proposal, check(proposal)
	}
	for {
		fmt.Fprintf(i.to, "%s [%s] ", visible(question), visible(proposal))
		select {
		case <-i.ctx.Done():
			fmt.Fprintln(i.to)
			return "", errors.New("stopped: nothing was written")
		case answer, more := <-i.lines:
			if !more {
				fmt.Fprintln(i.to)
				return "", errNoAnswer
			}
			if answer == "" {
				answer = proposal
			}
			err := check(answer)
			if err == nil {
				return answer, nil
			}
			fmt.Fprintln(i.to, visible("  "+err.Error()))
		}
	}
}

// agree asks for yes or no, and proposes yes.
func (i *interview) agree(question string) (bool, error) {
	answer, err := i.ask(question, "yes", func(s string) error {
		switch strings.ToLower(s) {
		case "y", "yes", "n", "no":
			return nil
		}
		return errors.New("yes or no?")
	})
	return strings.HasPrefix(strings.ToLower(answer), "y"), err
}

// listed takes a list apart that is written with commas or spaces.
func listed(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
}
