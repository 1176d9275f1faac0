package main

import (
	"errors"
	"path/filepath"
	"strconv"
	"strings"

	"jupyter-events-agent/outputs"
	outputkinds "jupyter-events-agent/outputs/all"
	"jupyter-events-agent/outputs/elasticsearch"
	"jupyter-events-agent/outputs/file"
	"jupyter-events-agent/outputs/kafka"
	"jupyter-events-agent/outputs/loki"
)

// refuseAddress says what is wrong with the address of an output, in the words of its kind.
func refuseAddress(kind string, address []string) error {
	made, key := outputkinds.Kinds[kind](), ""
	if len(address) == 0 {
		return errors.New("is empty: say where it is")
	}
	switch c := made.(type) {
	case *file.Config:
		c.Path, key = address[0], "path"
	case *elasticsearch.Config:
		c.URLs, key = address, "urls"
	case *loki.Config:
		c.URL, key = address[0], "url"
	case *kafka.Config:
		c.Brokers, key = address, "brokers"
	}
	if (kind == "file" || kind == "loki") && len(address) > 1 {
		return errors.New("is several: say one")
	}
	if kind == "file" && address[0] != "-" && !filepath.IsAbs(address[0]) {
		return errors.New("name the whole path, from / on")
	}
	return about(made, key)
}

// about is the first mistake that a kind finds in one of its keys, without the
// key, which nobody has written here.
func about(made outputs.Config, key string) error {
	for _, err := range made.Validate() {
		if text := err.Error(); strings.HasPrefix(text, key) {
			return errors.New(strings.TrimPrefix(text, key+": "))
		}
	}
	return nil
}

// addressed is an address in a message: nothing of one that may hold a password.
func addressed(address []string) string {
	text := strings.Join(address, ",")
	if strings.ContainsAny(text, "@?#") {
		return ""
	}
	return " " + strconv.Quote(text)
}
