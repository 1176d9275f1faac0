//go:build keep

// Package keep holds dependencies that are on their way into the tree.
package keep

import (
	_ "github.com/klauspost/compress/gzip"
	_ "github.com/klauspost/compress/s2"
	_ "github.com/klauspost/compress/zstd"
	_ "github.com/pierrec/lz4/v4"
	_ "github.com/segmentio/kafka-go"
	_ "github.com/segmentio/kafka-go/sasl/scram"
	_ "google.golang.org/protobuf/encoding/protowire"
)
