package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestInterview(t *testing.T) {
	var out strings.Builder
	i := interviewOn(t.Context(), strings.NewReader("\nx\n  b \nN\n"), &out)
	check := func(s string) error {
		if s == "x" {
			return errors.New("not \x1b[31mx")
		}
		return nil
	}
	for _, want := range []string{"a", "b"} {
		if got, err := i.ask("which?", "a", check); got != want || err != nil {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	if ok, err := i.agree("go on?"); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	if _, err := i.ask("more?", "a", check); !errors.Is(err, errNoAnswer) {
		t.Errorf("at the end: %v", err)
	}
	if text := out.String(); strings.Contains(text, "\x1b") || !strings.Contains(text, "which? [a]") {
		t.Errorf("said %q", text)
	}
}

// TestInterviewStops: a question ends with the command.
func TestInterviewStops(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	in, answers := io.Pipe()
	defer answers.Close()
	i := interviewOn(ctx, in, io.Discard)
	stop()
	if _, err := i.ask("which?", "a", func(string) error { return nil }); err == nil || !strings.Contains(err.Error(), "nothing was written") {
		t.Error(err)
	}
}

// TestNobodyIsAsked: without a terminal every question is its proposal.
func TestNobodyIsAsked(t *testing.T) {
	i := newInterview(t.Context(), strings.NewReader("b\n"), io.Discard, false)
	if got, err := i.ask("which?", "a", func(string) error { return nil }); got != "a" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
