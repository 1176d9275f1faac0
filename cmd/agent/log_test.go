package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/internal/config"
)

func TestDurationsCanBeRead(t *testing.T) {
	var out bytes.Buffer
	newLog(&out, false, config.Log{Level: "info", Format: "json"}).Info("still failing", "for", 90*time.Second, "records", 3)
	if got := out.String(); !strings.Contains(got, `"for":"1m30s","records":3`) {
		t.Error(got)
	}
}
