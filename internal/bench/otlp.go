package main

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// value is a value in OTLP's JSON.
type value struct {
	String *string  `json:"stringValue"`
	Bool   *bool    `json:"boolValue"`
	Int    *string  `json:"intValue"`
	Double *float64 `json:"doubleValue"`
	Map    *struct {
		Values []struct {
			Key   string `json:"key"`
			Value value  `json:"value"`
		} `json:"values"`
	} `json:"kvlistValue"`
	Array *struct {
		Values []value `json:"values"`
	} `json:"arrayValue"`
}

// otlp is the bodies of a batch of log records.
func otlp(line []byte) ([]map[string]any, error) {
	var batch struct {
		Resources []struct {
			Scopes []struct {
				Records []struct {
					Body value `json:"body"`
				} `json:"logRecords"`
			} `json:"scopeLogs"`
		} `json:"resourceLogs"`
	}
	if err := json.Unmarshal(line, &batch); err != nil {
		return nil, fmt.Errorf("reading a batch: %w", err)
	}
	var all []map[string]any
	for _, r := range batch.Resources {
		for _, s := range r.Scopes {
			for _, record := range s.Records {
				body, _ := record.Body.plain().(map[string]any)
				all = append(all, body)
			}
		}
	}
	return all, nil
}

// plain is the value as encoding/json would have it.
func (v value) plain() any {
	switch {
	case v.String != nil:
		return *v.String
	case v.Bool != nil:
		return *v.Bool
	case v.Int != nil:
		n, _ := strconv.ParseFloat(*v.Int, 64)
		return n
	case v.Double != nil:
		return *v.Double
	case v.Map != nil:
		m := map[string]any{}
		for _, kv := range v.Map.Values {
			m[kv.Key] = kv.Value.plain()
		}
		return m
	case v.Array != nil:
		list := []any{}
		for _, item := range v.Array.Values {
			list = append(list, item.plain())
		}
		return list
	}
	return nil
}
