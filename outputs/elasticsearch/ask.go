package elasticsearch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// enough is how much is read of an answer that is not about records.
const enough = 1 << 20

// ask sends a request and decodes the answer into v where its status is 200.
// What else it answers is for the caller to judge.
func (k *cluster) ask(ctx context.Context, request esapi.Request, v any) (status int, kind string, err error) {
	err = k.do(ctx, request, func(res *esapi.Response) error {
		status = res.StatusCode
		text, err := io.ReadAll(io.LimitReader(res.Body, enough))
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			kind = errorType(text)
			return nil
		}
		if v != nil && json.Unmarshal(text, v) != nil {
			return fmt.Errorf("%s: the answer is not JSON as it should be: check that urls is of the cluster itself", k.address())
		}
		return nil
	})
	return status, kind, err
}

// jsonBody is a request's body.
func jsonBody(v any) io.Reader {
	text, _ := json.Marshal(v) // maps and texts always encode
	return bytes.NewReader(text)
}

// found is what there is of a name.
type found struct {
	stream, index bool // a data stream; an index or alias
	seen          bool // false: the login may not look
}

// find looks for what is called name, which may hold *.
func (k *cluster) find(ctx context.Context, name string) (found, error) {
	var all struct {
		Indices []struct {
			DataStream string `json:"data_stream"`
		} `json:"indices"`
		Aliases     []struct{} `json:"aliases"`
		DataStreams []struct{} `json:"data_streams"`
	}
	status, _, err := k.ask(ctx, esapi.IndicesResolveIndexRequest{Name: []string{name}}, &all)
	if err != nil {
		return found{}, err
	}
	f := found{stream: len(all.DataStreams) > 0, index: len(all.Aliases) > 0}
	for _, i := range all.Indices {
		f.index = f.index || i.DataStream == ""
	}
	switch status {
	case http.StatusOK, http.StatusNotFound:
		f.seen = true
		return f, nil
	case http.StatusForbidden:
		return f, nil
	}
	return f, k.refused(status)
}

// hasTemplate says whether an index that is called name would be made by a
// template; seen is false where the login may not look.
func (k *cluster) hasTemplate(ctx context.Context, name string) (has, seen bool, err error) {
	var simulated struct {
		Template *struct{} `json:"template"`
	}
	status, _, err := k.ask(ctx, esapi.IndicesSimulateIndexTemplateRequest{Name: name}, &simulated)
	switch {
	case err != nil:
		return false, false, err
	case status == http.StatusForbidden:
		return false, false, nil
	case status != http.StatusOK:
		return false, false, k.refused(status)
	}
	return simulated.Template != nil, true, nil
}
