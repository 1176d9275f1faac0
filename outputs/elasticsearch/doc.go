// Package elasticsearch is the output that writes to Elasticsearch and
// OpenSearch.
//
// In come batches of Records, out goes one _bulk request for each. A record's
// document has its event id as _id and is only ever created, so that what is
// sent again after a failure or a restart is there once. It connects to the
// hosts in urls and reads the certificate and secret files that its
// configuration names. Template and Install make the index template that
// `setup elasticsearch` installs.
package elasticsearch
