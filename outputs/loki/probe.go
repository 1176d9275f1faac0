package loki

import (
	"context"
	"fmt"
	"net/http"

	"github.com/klauspost/compress/s2"

	"jupyter-events-agent/outputs"
)

// Probe pushes nothing to Loki, which is refused only after all that stands
// before a record: address, certificate, login, tenant. What takes it is not
// Loki. It is asked whether it is ready, too, where a gateway lets that through.
func (o *output) Probe(ctx context.Context) error {
	a := o.post(ctx, o.tenant, s2.EncodeSnappy(nil, nil), nil)
	if a.err != nil {
		return a.err
	}
	if a.class != classEmpty {
		return outputs.Refused(fmt.Errorf("push to Loki: %s: it does not answer an empty push as Loki does: check that url is Loki's or its gateway's", o.address))
	}
	status, _, _, err := o.request(ctx, http.MethodGet, o.server+"/ready", o.tenant, nil)
	if err == nil && status == http.StatusServiceUnavailable {
		return o.said(status, "it is there and not ready: wait until it has started, and see its log where that takes long")
	}
	return nil
}
