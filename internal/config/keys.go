package config

import "slices"

// words are the keys that a "did you mean" may offer. Whether a table knows a
// word is asked of the table's own decoder, so a kind only adds its words.
var words = []string{
	"state_dir", "id_key_file", "grace", "log", "level", "format", "retry", "first", "max",
	"schemas", "paths", "overlays", "lock", "catalog", "categories", "aliases", "inputs", "outputs",
	"quarantine", "rejected", "path", "max_size", "max_age", "name", "trusted", "envelope", "schema", "version",
	"start_at", "max_line", "policy", "match", "denied", "undeclared", "properties", "actions", "action", "to", "time", "pseudonyms", "epoch", "tokens", "consent", "consent_file", "without_subject", "trusted_only", "max_level", "levels", "drop_events_with", "telemetry", "listen", "never_together", "path_fields", "pattern",
	"batch", "events", "bytes", "age", "metadata", "audit", "sign", "records", "idle", "rotate", "size", "keep", "compress", "mode",
	"tls", "ca_file", "cert_file", "key_file", "server_name",
	"urls", "index", "product", "gzip", "timeout",
	"username", "password_file", "bearer_token_file", "api_key_file",
	"brokers", "topic", "key", "compression", "acks", "sasl", "mechanism", "token_file",
	"topics", "group",
	"url", "tenant", "labels", "allow_high_cardinality", "burst",
	"recipient", "purpose", "notice", "service", "operator", "contact",
}

// sortedKeys are the keys of a table in a fixed order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
