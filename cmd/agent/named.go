package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/fileerr"
)

// unreadable are the key of event ids, and the secrets and certificates of inputs
// and outputs, that a run could not begin with. byHand: it is not the agent that
// reads them, and those that systemd shows to it alone are unseen.
func unreadable(c *config.Config, byHand bool) (mistakes config.Mistakes, unseen []string) {
	if c == nil {
		return nil, nil
	}
	say := func(where string, wrong error) {
		for _, err := range parts(wrong) {
			if byHand && errors.Is(err, fileerr.ErrCredential) {
				unseen = append(unseen, fmt.Sprintf("%s: not looked at: %v", where, err))
				continue
			}
			mistakes = append(mistakes, fmt.Sprintf("%s: %s: %v", c.File, where, err))
		}
	}
	look := func(where string, kind any) {
		if k, ok := kind.(interface{ Unreadable() error }); ok {
			say(where, k.Unreadable())
		}
	}
	missing, err := checkpoint.LookAtSecret(c.StateDir, c.IDKeyFile)
	say("id_key_file", err)
	if missing && err == nil && filepath.Dir(c.IDKeyFile) != "." {
		unseen = append(unseen, fmt.Sprintf("id_key_file: %s is not there, so the first run makes it: where agents share a key put theirs there before", c.IDKeyFile))
	}
	for i := range c.Inputs {
		look(c.Inputs[i].Where(), c.Inputs[i].Config)
	}
	for i := range c.Outputs {
		look(c.Outputs[i].Where(), c.Outputs[i].Config)
	}
	return mistakes, unseen
}
