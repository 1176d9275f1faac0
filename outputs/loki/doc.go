// Package loki pushes records to Grafana Loki.
//
// In come batches of Records; out go pushes of protobuf and snappy, the body of
// a record as the line, its labels from templates, its metadata as structured
// metadata. It touches the Loki that its URL names, and the secret and
// certificate files that its configuration names.
package loki
