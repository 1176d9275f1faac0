package elasticsearch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"jupyter-events-agent/internal/httpsend"
	"jupyter-events-agent/outputs"
)

// answerBound is how long the answer to a batch may be, in bytes: the longest
// item holds one of Elasticsearch's error types.
func answerBound(records int) int64 { return 4096 + 256*int64(records) }

// What the answer to a batch is that was taken whole, as Elasticsearch 8 and
// OpenSearch write it.
var (
	allTaken = []byte(`{"errors":false,"items":[`)
	oneTaken = []byte(`{"create":{"status":201}}`)
)

// bulkAnswer is what is asked for of an answer.
type bulkAnswer struct {
	Items []map[string]bulkItem `json:"items"`
}

type bulkItem struct {
	Status int `json:"status"`
	Error  struct {
		Type string `json:"type"`
	} `json:"error"`
	own bool // a doubtful fault is the record's own
}

// items are what an answer with status 200 says of each of n records; nil where
// all were taken.
func (o *output) items(answer []byte, n int) ([]bulkItem, error) {
	if everyTaken(answer, n) {
		return nil, nil
	}
	var a bulkAnswer
	if err := json.Unmarshal(answer, &a); err != nil {
		// The error would quote the answer.
		return nil, fmt.Errorf("%s: the answer is not one of _bulk: check that urls is of the cluster itself", o.address())
	}
	if len(a.Items) != n {
		return nil, fmt.Errorf("%s: the answer is about %d records and %d were sent: all are sent again; check what is on the way to the cluster", o.address(), len(a.Items), n)
	}
	items := make([]bulkItem, n)
	for i, item := range a.Items {
		result, ok := item["create"]
		if !ok || len(item) != 1 {
			return nil, fmt.Errorf("%s: the answer is not one of _bulk: all records are sent again; check that urls is of the cluster itself", o.address())
		}
		items[i] = result
	}
	return items, nil
}

// judge is what Write returns for what was said of each record.
func (o *output) judge(items []bulkItem) error {
	var partial outputs.PartialError
	worst := fine
	for i := range items {
		v, class := items[i].verdict()
		switch v {
		case fine:
		case rejected:
			partial.Rejected = append(partial.Rejected, outputs.Rejection{Index: i, Class: class})
			partial.By = fmt.Sprintf("%s, status %d", o.address(), items[i].Status)
		default:
			partial.Retry = append(partial.Retry, i)
			if v > worst {
				worst, partial.Err = v, o.why(v, items[i].Status, class)
			}
		}
	}
	switch {
	case len(partial.Retry) == len(items):
		return partial.Err
	case len(partial.Retry) > 0 || len(partial.Rejected) > 0:
		return &partial
	}
	return nil
}

// everyTaken is true where the answer says that n records were created, in the
// very form that is expected; else it is to be read.
func everyTaken(answer []byte, n int) bool {
	if len(answer) != len(allTaken)+n*(len(oneTaken)+1)-1+len("]}") || !bytes.HasPrefix(answer, allTaken) {
		return false
	}
	rest := answer[len(allTaken):]
	for i := range n {
		if i > 0 {
			if rest[0] != ',' {
				return false
			}
			rest = rest[1:]
		}
		if !bytes.HasPrefix(rest, oneTaken) {
			return false
		}
		rest = rest[len(oneTaken):]
	}
	return string(rest) == "]}"
}

// verdict is what becomes of one record; the greater, the more a person has to
// do about it.
type verdict int

const (
	fine     verdict = iota
	rejected         // its own fault
	busy             // to be sent again
	doubtful         // its own fault or the destination's: see blame
	unready          // to be sent again when the destination is set up
	shut             // to be sent again when the destination lets it
)

// unknownClass stands for every error type that is not known.
const unknownClass = "other"

// classes are the error types that may be shown, as an answer may echo a value
// anywhere, and whose fault they are, in spite of a status 400. Elasticsearch
// says illegal_argument_exception of a document, of an ingest pipeline that is
// not there and of an alias without a write index alike.
var classes = map[string]verdict{
	"document_parsing_exception":              rejected,
	"mapper_parsing_exception":                rejected, // before Elasticsearch 8, and OpenSearch
	"strict_dynamic_mapping_exception":        rejected,
	"parsing_exception":                       rejected,
	"parse_exception":                         rejected,
	"json_parse_exception":                    rejected,
	"x_content_parse_exception":               rejected,
	"number_format_exception":                 rejected,
	"version_conflict_engine_exception":       rejected,
	"illegal_argument_exception":              doubtful,
	"illegal_state_exception":                 doubtful,
	"action_request_validation_exception":     doubtful,
	"timestamp_error":                         doubtful,
	unknownClass:                              doubtful,
	"validation_exception":                    unready, // of an index that the server would have to make
	"index_not_found_exception":               unready,
	"index_closed_exception":                  unready,
	"invalid_index_name_exception":            unready,
	"routing_missing_exception":               unready,
	"no_such_remote_cluster_exception":        unready,
	"security_exception":                      unready,
	"cluster_block_exception":                 unready,
	"unavailable_shards_exception":            unready,
	"es_rejected_execution_exception":         unready,
	"rejected_execution_exception":            unready, // OpenSearch
	"circuit_breaking_exception":              unready,
	"process_cluster_event_timeout_exception": unready,
	"node_closed_exception":                   unready,
	"status_exception":                        unready,
}

func knownType(said string) string {
	if _, known := classes[said]; known {
		return said
	}
	return unknownClass
}

func (i *bulkItem) verdict() (verdict, string) {
	class := knownType(i.Error.Type)
	switch {
	case i.Status == http.StatusConflict:
		return fine, "" // it is there
	case i.Status == http.StatusForbidden:
		return shut, class
	}
	switch httpsend.Classify(i.Status) {
	case httpsend.Taken:
		return fine, ""
	case httpsend.Fault, httpsend.TooLarge:
		if i.own && classes[class] == doubtful {
			return rejected, class
		}
		return classes[class], class
	case httpsend.Retry:
		return busy, class
	}
	return unready, class
}

// why is the error for records that are to be sent again.
func (o *output) why(v verdict, status int, class string) error {
	said := fmt.Sprintf("%s: status %d (%s) for records of index %s: ", o.address(), status, class, o.template.Text)
	if v == busy {
		return errors.New(said + "the server cannot take them now: they are sent again; see its log where this goes on")
	}
	todo := "the destination is not set up for them: see the server's log, and run `jupyter-events-agent check --connect`"
	switch {
	case class == "cluster_block_exception":
		todo = "it is blocked for writing: make room on the nodes' disks, then take off its setting index.blocks"
	case class == "index_closed_exception":
		todo = "it is closed: open it"
	case class == "invalid_index_name_exception":
		todo = "the server does not take this name: correct index"
	case class == "validation_exception":
		todo = "it may not be made as things are, mostly since the cluster has all the shards that it may have: see the server's log, take away old indices or raise cluster.max_shards_per_node"
	case v == doubtful:
		todo = "nothing shows yet whether it takes any, so they wait for others to come: see the server's log, and whether its ingest pipeline is there and takes what lacks the fields that it reads (ignore_missing), its alias has a write index, and an index can be made"
	case class == "index_not_found_exception":
		todo = "it is not there and the server may not make it: run `jupyter-events-agent setup elasticsearch --output " + o.name + " --apply`, or let it (action.auto_create_index)"
	case v == shut:
		todo = "the login may not write there: give it the privileges auto_configure and create_doc on it"
	}
	err := outputs.Refused(errors.New(said + todo))
	if v == doubtful {
		return outputs.Unclear(err)
	}
	return err
}

// errorType is the type in the answer to a request that failed, of those that
// are known.
func errorType(answer []byte) string {
	var a struct {
		Error struct {
			Type string `json:"type"`
		} `json:"error"`
	}
	if json.Unmarshal(answer, &a) != nil {
		return unknownClass
	}
	return knownType(a.Error.Type)
}
