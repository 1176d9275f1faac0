package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"
)

// Call has the agent that runs with this state folder do a command; take is
// called for each of its answers, and its error ends the call. The error is
// ErrNobody where no agent listens, and a Refusal where it says no.
func Call(ctx context.Context, dir, command string, args any, take func(json.RawMessage) error) error {
	name, release, err := address(dir)
	if err != nil {
		return err
	}
	defer release()
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", name)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return ErrNobody
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("reach the agent in %s: %w: run this as the agent's user or as root", dir, os.ErrPermission)
	case err != nil:
		return fmt.Errorf("reach the agent in %s: %w", dir, err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Now()) })
	defer stop()
	if err := json.NewEncoder(c).Encode(request{Command: command, Args: args}); err != nil {
		return lost(ctx, err)
	}
	lines := json.NewDecoder(bufio.NewReader(c))
	for {
		var a answer
		if err := lines.Decode(&a); err != nil {
			return lost(ctx, err)
		}
		switch {
		case a.Answer != nil && take != nil:
			if err := take(a.Answer); err != nil {
				return err
			}
		case a.Done && len(a.Refused) > 0:
			return Refusal(a.Refused)
		case a.Done:
			return nil
		}
	}
}

func lost(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("the agent ended before it had answered: %w: see its log", err)
}
