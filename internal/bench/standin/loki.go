package main

import (
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/s2"
	"google.golang.org/protobuf/encoding/protowire"
)

// takeAll takes anything.
func takeAll(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.WriteHeader(http.StatusNoContent)
}

// push takes pushes of protobuf and snappy.
func push(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/push") {
		_, _ = io.WriteString(w, "ready\n")
		return
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		body, err = s2.Decode(nil, body)
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	n := 0
	each(body, 1, func(stream []byte) { each(stream, 2, func([]byte) { n++ }) })
	records.Add(int64(n))
	w.WriteHeader(http.StatusNoContent)
}

// each calls do with every field of that number that has a length.
func each(message []byte, number protowire.Number, do func([]byte)) {
	for len(message) > 0 {
		num, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return
		}
		message = message[n:]
		if n = protowire.ConsumeFieldValue(num, kind, message); n < 0 {
			return
		}
		if num == number && kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(message)
			do(value)
		}
		message = message[n:]
	}
}
