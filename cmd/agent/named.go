package main

import (
	"errors"
	"fmt"

	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/fileerr"
)

// unreadable are the secrets and certificates of inputs and outputs that a run
// could not begin with. byHand: it is not the agent that reads them, and those
// that systemd shows to it alone are unseen.
func unreadable(c *config.Config, byHand bool) (mistakes config.Mistakes, unseen []string) {
	if c == nil {
		return nil, nil
	}
	look := func(where string, kind any) {
		k, ok := kind.(interface{ Unreadable() error })
		if !ok {
			return
		}
		for _, err := range parts(k.Unreadable()) {
			if byHand && errors.Is(err, fileerr.ErrCredential) {
				unseen = append(unseen, fmt.Sprintf("%s: not looked at: %v", where, err))
				continue
			}
			mistakes = append(mistakes, fmt.Sprintf("%s: %s: %v", c.File, where, err))
		}
	}
	for i := range c.Inputs {
		look(c.Inputs[i].Where(), c.Inputs[i].Config)
	}
	for i := range c.Outputs {
		look(c.Outputs[i].Where(), c.Outputs[i].Config)
	}
	return mistakes, unseen
}
