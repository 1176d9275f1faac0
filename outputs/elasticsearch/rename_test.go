package elasticsearch

import "testing"

// TestRenamedQuickly: the quick way, which only looks for "event", agrees with
// the one that reads the whole record.
func TestRenamedQuickly(t *testing.T) {
	for record, want := range map[string]string{
		`{}`:                                    `{}`,
		`{"n":1}`:                               `{,"n":1}`,
		`{"event":1}`:                           `{,"__event__":1}`,
		`{"event" : {"event":2},"n":1}`:         `{,"__event__" : {"event":2},"n":1}`,
		`{"v":"v","a":"event","event":"event"}`: `{,"v":"v","a":"event","__event__":"event"}`,
		`{"a":{"event":1},"b":[{"event":2}],"event":3}`: `{,"a":{"event":1},"b":[{"event":2}],"__event__":3}`,
		`{"a":{"event":1},"b":["event"]}`:               `{,"a":{"event":1},"b":["event"]}`,
		`{"a":"{","event":1}`:                           `{,"a":"{","__event__":1}`,
		`{"a":"\\","event":1}`:                          `{,"a":"\\","__event__":1}`,
		`{"a":"\"","event":1}`:                          `{,"a":"\"","__event__":1}`,
		`{"a\"event":1}`:                                `{,"a\"event":1}`,
		`{"a":"\"event"}`:                               `{,"a":"\"event"}`,
		`{"a":"x \"event\": 1"}`:                        `{,"a":"x \"event\": 1"}`,
		`{"events":1,"revent":2,"Event":3}`:             `{,"events":1,"revent":2,"Event":3}`,
		"{\"event\"\n:1}":                               "{,\"__event__\"\n:1}",
		`{"v":1,"ev":2,"even":"v"}`:                     `{,"v":1,"ev":2,"even":"v"}`,
	} {
		var d documents
		if got := string(d.append([]byte("{"), []byte(record))); got != want {
			t.Errorf("%s\nbecame %s\nwant   %s", record, got, want)
		}
		slow := string(d.appendRenamed([]byte("{"), []byte(record)))
		quick := string(d.append([]byte("{"), []byte(record)))
		if compact(slow) != compact(quick) {
			t.Errorf("%s\nquickly %s\nslowly  %s", record, quick, slow)
		}
	}
}

func TestMayHide(t *testing.T) {
	for record, want := range map[string]bool{
		`{}`: false, `{"a":1}`: false, `{"a":"@","b":"x@y.example"}`: false, `{"@timestamp":1}`: true, `{"a":"@timestamp"}`: true,
		`{"x@timestamp":1}`: false, `{"@":"@","@timestamp":"@"}`: true, `{"a":"\\"}`: false, `{"a":"\\u"}`: false, `{"a":"\"\\\u0041"}`: true,
		`{"\u0065vent":1}`: true, `{"a":"\n\t\/"}`: false, `@`: false, `\`: false, `"@`: false, ``: false,
	} {
		if mayHide([]byte(record)) != want {
			t.Errorf("%s: %v", record, !want)
		}
	}
}

// compact is a JSON text without the spaces around colons.
func compact(text string) string {
	var b []byte
	for i := range len(text) {
		if text[i] != ' ' && text[i] != '\n' {
			b = append(b, text[i])
		}
	}
	return string(b)
}
