package elasticsearch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/httpsend"
	"jupyter-events-agent/outputs"
)

// output is an open way to a cluster.
type output struct {
	*cluster
	name     string           // in the configuration
	template filters.Template // of the index
	path     string           // the index as a part of a URL's path; "" where records name theirs
	header   http.Header

	documents documents
	packer    *packer // nil: not compressed
	answer    bytes.Buffer
	closed    bool
	now       func() time.Time
}

var errClosed = errors.New("the output is closed")

// whatToKnow is all that an answer is asked for.
var whatToKnow = []string{"errors", "items.*.status", "items.*.error.type"}

func bulkHeader(g Gzip) http.Header {
	h := http.Header{"Content-Type": {"application/x-ndjson"}}
	if g > 0 {
		h.Set("Content-Encoding", "gzip")
	}
	return h
}

// Write creates a document for each record, by one request. A document that is
// there already was created by an earlier try: its id says so.
func (o *output) Write(ctx context.Context, batch []filters.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.closed {
		return errClosed
	}
	if len(batch) == 0 {
		return nil
	}
	items, err := o.send(ctx, o.documents.of(batch, o.now().UnixMicro()), len(batch))
	if err != nil || items == nil {
		return err
	}
	if err := o.blame(ctx, batch, items); err != nil {
		return err
	}
	return o.judge(items)
}

// send sends the body for n documents. What is said of each is nil where all
// were taken.
func (o *output) send(ctx context.Context, body []byte, n int) (items []bulkItem, err error) {
	if o.packer != nil {
		if body, err = o.packer.pack(body); err != nil {
			return nil, err
		}
	}
	request := esapi.BulkRequest{Index: o.path, Body: bytes.NewReader(body), FilterPath: whatToKnow, Header: o.header.Clone()}
	err = o.do(ctx, request, func(res *esapi.Response) error {
		if res.StatusCode != http.StatusOK {
			return o.whole(res)
		}
		err := o.read(res, answerBound(n))
		if err == nil {
			items, err = o.items(o.answer.Bytes(), n)
		}
		return err
	})
	return items, err
}

// read reads an answer, which may have bound bytes, into o.answer.
func (o *output) read(res *esapi.Response, bound int64) error {
	o.answer.Reset()
	n, err := o.answer.ReadFrom(io.LimitReader(res.Body, bound+1))
	if err == nil && n > bound {
		return &httpsend.LongError{Address: o.address(), Bound: bound}
	}
	return err
}

// whole judges an answer to the request as a whole. None of these says that
// the records are at fault, each of which Elasticsearch judges by itself, so
// nothing is given up.
func (o *output) whole(res *esapi.Response) error {
	switch res.StatusCode {
	case http.StatusRequestEntityTooLarge:
		return fmt.Errorf("%s: %w: it is sent in halves; set batch.bytes lower, or http.max_content_length of the server higher", o.address(), outputs.ErrTooLarge)
	case http.StatusForbidden:
		return fmt.Errorf("%w; what is needed are the privileges auto_configure and create_doc on %s", o.refused(res.StatusCode), o.template.Text)
	case http.StatusBadRequest:
		return outputs.Refused(fmt.Errorf("%s: status 400 (%s): the server does not take the request as it is, whatever the records: see its log, and check product and what is on the way to it", o.address(), o.kind(res)))
	}
	return o.refused(res.StatusCode)
}

// kind is the error type of an answer, of those that are known.
func (o *output) kind(res *esapi.Response) string {
	if o.read(res, enough) != nil {
		return unknownClass
	}
	return errorType(o.answer.Bytes())
}

// Close closes the connections.
func (o *output) Close() error {
	o.closed = true
	return o.close()
}
