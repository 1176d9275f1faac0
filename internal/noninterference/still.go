package noninterference

import (
	"context"
	"errors"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// still is an output beside whose records no others are sent when its answer was
// unclear: how many have come by then is timing, and so would be the requests and
// what is logged of them. pipeline's own tests have them join.
type still struct{ outputs.Output }

// Write says of what is unclear only what went wrong.
func (s still) Write(ctx context.Context, batch []filters.Record) error {
	err := s.Output.Write(ctx, batch)
	if !outputs.IsUnclear(err) {
		return err
	}
	if p := (*outputs.PartialError)(nil); errors.As(err, &p) {
		return &outputs.PartialError{Retry: p.Retry, Rejected: p.Rejected, By: p.By, Err: cleared(p.Err)}
	}
	return cleared(err)
}

func cleared(err error) error {
	said := errors.New(err.Error())
	if outputs.IsRefused(err) {
		return outputs.Refused(said)
	}
	return said
}
