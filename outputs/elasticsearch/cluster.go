package elasticsearch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"jupyter-events-agent/internal/httpsend"
	"jupyter-events-agent/outputs"
)

// cluster is the way to the nodes of one cluster.
type cluster struct {
	product string
	timeout time.Duration
	sender  *httpsend.Sender
	client  *elastictransport.Client
	nodes   *nodes
	known   bool // what answers is the product
}

// longestAnswer bounds what is read of any answer. That of _bulk has about 30
// bytes for each record, 100 where it is refused; see answerBound.
const longestAnswer = 64 << 20

// broken are statuses of a node that is not well, for which the next node is
// asked; also of a proxy that finds no node behind it.
var broken = []int{http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}

func (c *Config) service() httpsend.Config {
	return httpsend.Config{URLs: c.URLs, TLS: c.TLS, Auth: c.auth(), MaxBody: longestAnswer}
}

func (c *Config) connect() (*cluster, error) {
	sender, err := httpsend.Open(c.service())
	if err != nil {
		return nil, err
	}
	urls := make([]*url.URL, len(c.URLs))
	for i, text := range c.URLs {
		if urls[i], err = url.Parse(text); err != nil {
			return nil, errors.New("urls: is no address of a service")
		}
		urls[i].Path = strings.TrimRight(urls[i].Path, "/")
	}
	k := &cluster{product: c.Product, timeout: c.Timeout.Std(), sender: sender}
	options := []elastictransport.Option{
		elastictransport.WithURLs(urls...),
		elastictransport.WithTransport(k),
		elastictransport.WithConnectionPoolFunc(func(all []*elastictransport.Connection, _ elastictransport.Selector) elastictransport.ConnectionPool {
			k.nodes = newNodes(all, time.Now)
			return k.nodes
		}),
	}
	if len(urls) == 1 {
		options = append(options, elastictransport.WithDisableRetry())
	} else { // each node once: the next attempt is the pipeline's
		options = append(options, elastictransport.WithRetry(len(urls)-1, broken...),
			elastictransport.WithRetryOnError(func(req *http.Request, _ error) bool { return req.Context().Err() == nil }))
	}
	k.client, err = elastictransport.NewClient(options...)
	if err != nil {
		return nil, fmt.Errorf("open the way to the cluster: %w", err)
	}
	return k, nil
}

// RoundTrip is the sender's, and sees whether the node that was asked is well.
func (k *cluster) RoundTrip(req *http.Request) (*http.Response, error) {
	// Not sent, it tells net/http that what every request does may be done
	// twice: one that finds its idle connection closed goes by a new one.
	req.Header["Idempotency-Key"] = nil
	res, err := k.sender.RoundTrip(req)
	k.nodes.sick = err == nil && slices.Contains(broken, res.StatusCode)
	return res, err
}

// do sends a request and gives its answer to read, which is not kept. ctx and
// the timeout bound both.
func (k *cluster) do(ctx context.Context, request esapi.Request, read func(*esapi.Response) error) error {
	limited, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	res, err := request.Do(limited, k.client)
	if err != nil {
		if httpsend.Refuses(err) {
			err = outputs.Refused(err)
		}
		return err
	}
	defer res.Body.Close()
	if err := k.check(res); err != nil {
		return err
	}
	return read(res)
}

// check sees whether what answers is the product that the configuration
// names, as Elastic's own clients do: in the first answer that is none of a
// failure.
func (k *cluster) check(res *esapi.Response) error {
	if k.known || k.product != productElasticsearch || res.StatusCode >= http.StatusMultipleChoices {
		return nil
	}
	if res.Header.Get("X-Elastic-Product") != "Elasticsearch" {
		return outputs.Refused(fmt.Errorf(`%s: what answers does not say that it is Elasticsearch (header X-Elastic-Product): for OpenSearch set product = "opensearch", else correct urls or let the proxy on the way keep the header`, k.address()))
	}
	k.known = true
	return nil
}

// address is host:port of the node that was asked last.
func (k *cluster) address() string { return httpsend.Address(k.nodes.address()) }

// refused is a status that does not take a request, in words.
func (k *cluster) refused(status int) error {
	err := error(k.sender.Refused(k.address(), status))
	if httpsend.Classify(status) != httpsend.Retry {
		err = outputs.Refused(err)
	}
	return err
}

func (k *cluster) close() error {
	k.sender.Close()
	err := k.client.Close(context.Background())
	if errors.Is(err, elastictransport.ErrAlreadyClosed) {
		return nil
	}
	return err
}
