package elasticsearch

// Shape makes the JSON Schema of records that of documents: what documents.of
// puts before the record's members, and how it calls those that are called so.
func (c *Config) Shape(record map[string]any) {
	properties, ok := record["properties"].(map[string]any)
	if !ok {
		return
	}
	required, _ := record["required"].([]string)
	for name, other := range ours {
		if of, has := properties[name]; has {
			properties[other] = of
		}
		for i := range required {
			if required[i] == name {
				required[i] = other
			}
		}
		required = append(required, name)
	}
	text := map[string]any{"type": "string"}
	properties["@timestamp"] = text
	properties["event"] = map[string]any{
		"type": "object", "required": []string{"dataset"}, "additionalProperties": false,
		"properties": map[string]any{"id": text, "dataset": text, "action": text},
	}
	record["required"] = required
}
