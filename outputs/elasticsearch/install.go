package elasticsearch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// Install puts the template into the cluster, over an older one of its name.
// What it returns says what was done and what is left to do, a line each; the
// same template again changes nothing.
func (c *Config) Install(ctx context.Context, t Template) (said []string, err error) {
	k, err := c.connect()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	before, err := k.template(ctx, t.Name)
	if err != nil {
		return nil, err
	}
	status, kind, err := k.ask(ctx, esapi.IndicesPutIndexTemplateRequest{Name: t.Name, Body: bytes.NewReader(t.Body)}, nil)
	switch {
	case err != nil:
		return nil, err
	case status == http.StatusForbidden:
		return nil, fmt.Errorf("%s: the login may not install index templates: use one with the cluster privilege manage_index_templates for this command, or let somebody else install what --print shows", k.address())
	case status == http.StatusBadRequest:
		return nil, fmt.Errorf("%s: status 400 (%s): the server does not take the index template %s: see whether another template with priority %d matches the same names, and the server's log", k.address(), kind, t.Name, priority)
	case status != http.StatusOK:
		return nil, k.refused(status)
	}
	after, err := k.template(ctx, t.Name)
	if err != nil {
		return nil, err
	}
	switch {
	case before == nil:
		said = append(said, fmt.Sprintf("index template %s: installed", t.Name))
	case bytes.Equal(before, after):
		said = append(said, fmt.Sprintf("index template %s: is as it should be", t.Name))
	default:
		said = append(said, fmt.Sprintf("index template %s: replaced", t.Name))
	}
	name := indexPattern(c.index())
	there, err := k.find(ctx, name)
	switch {
	case err != nil:
		return said, err
	case there.index:
		said = append(said, fmt.Sprintf("%s is a plain index, to which the template does not apply: move it away (reindex) or name another in index", name))
	case there.stream && !bytes.Equal(before, after):
		said = append(said, fmt.Sprintf("the data stream %s is there already and keeps its mapping until its next rollover: POST /%s/_rollover", name, name))
	case !there.stream:
		said = append(said, fmt.Sprintf("the data stream %s is made with the first record", name))
	}
	return said, nil
}

// template is the template of that name as the cluster has it; nil for none.
func (k *cluster) template(ctx context.Context, name string) (json.RawMessage, error) {
	var all struct {
		Templates []struct {
			Template json.RawMessage `json:"index_template"`
		} `json:"index_templates"`
	}
	status, _, err := k.ask(ctx, esapi.IndicesGetIndexTemplateRequest{Name: name}, &all)
	switch {
	case err != nil:
		return nil, err
	case status == http.StatusForbidden:
		return nil, fmt.Errorf("%s: the login may not see index templates: use one with the cluster privilege manage_index_templates for this command, or let somebody else install what --print shows", k.address())
	case status == http.StatusNotFound || status == http.StatusOK && len(all.Templates) == 0:
		return nil, nil
	case status != http.StatusOK:
		return nil, k.refused(status)
	}
	return all.Templates[0].Template, nil
}
