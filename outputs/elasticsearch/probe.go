package elasticsearch

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"jupyter-events-agent/outputs"
)

// Probe finds out whether documents could be created now. It sends none. What
// the login may not look at counts as right: to create documents is all that it
// needs to be allowed.
func (o *output) Probe(ctx context.Context) error {
	status, _, err := o.ask(ctx, esapi.InfoRequest{}, nil)
	if err != nil {
		return err
	}
	if status != http.StatusOK && status != http.StatusForbidden {
		return o.refused(status)
	}
	if err := o.mayCreate(ctx); err != nil {
		return err
	}
	return o.isSetUp(ctx)
}

// mayCreate asks the server what the login may. OpenSearch, and Elasticsearch
// without security, do not know the question.
func (o *output) mayCreate(ctx context.Context) error {
	if o.product != productElasticsearch {
		return nil
	}
	name := indexPattern(o.template)
	var may struct {
		Index map[string]map[string]bool `json:"index"`
	}
	status, _, err := o.ask(ctx, esapi.SecurityHasPrivilegesRequest{Body: jsonBody(map[string]any{
		"index": []any{map[string]any{"names": []string{name}, "privileges": []string{"create_doc"}}},
	})}, &may)
	switch {
	case err != nil:
		return err
	case status == http.StatusUnauthorized:
		return o.refused(status)
	case status != http.StatusOK:
		return nil
	case !may.Index[name]["create_doc"]:
		return outputs.Refused(fmt.Errorf("%s: the login may not write to %s: give it the privileges auto_configure and create_doc on it", o.address(), name))
	}
	return nil
}

// isSetUp sees whether what is written to is there, or would be made as it
// should be. Without a template the server would make a plain index that maps
// whatever comes.
func (o *output) isSetUp(ctx context.Context) error {
	name := indexPattern(o.template)
	there, err := o.find(ctx, name)
	if err != nil || !there.seen || there.stream || there.index {
		return err
	}
	has, seen, err := o.hasTemplate(ctx, strings.ReplaceAll(name, "*", "x"))
	if err != nil || !seen || has {
		return err
	}
	return outputs.Refused(fmt.Errorf("%s: there is no data stream %s and no index template to make it by: run `jupyter-events-agent setup elasticsearch --output %s --apply`", o.address(), name, o.name))
}
