package draft

import (
	"slices"
	"strings"
	"unicode"
)

// names are the last words of a property's name and what they are about, the
// standard categories of jupyter_telemetry and "user-content". What is not here
// gets no category: a wrong one would let it out.
var names = []struct {
	category string
	words    []string
}{
	{"user-identifier", []string{"user", "username", "uid", "userid", "login", "account", "owner", "requester", "actor", "student"}},
	{"user-identifiable-information", []string{
		"email", "mail", "initials", "avatar", "path", "filename", "filepath", "directory", "folder", "notebook", "url", "uri", "cwd",
		"ip", "address", "host", "hostname", "agent", "useragent", "session", "fullname", "displayname",
	}},
	{"user-content", []string{"source", "code", "content", "contents", "output", "outputs", "stdout", "stderr", "traceback", "query", "prompt", "text"}},
	{"action-timestamp", []string{"timestamp", "time", "date", "datetime"}},
}

// pairs are last words that mean something only together.
var pairs = map[string]string{
	"user id": "user-identifier", "user name": "user-identifier", "account id": "user-identifier",
	"display name": "user-identifiable-information", "full name": "user-identifiable-information", "user agent": "user-identifiable-information",
	"session id": "user-identifiable-information", "kernel id": "user-identifiable-information", "file name": "user-identifiable-information",
	"started at": "action-timestamp", "created at": "action-timestamp", "ended at": "action-timestamp",
}

// guess is the category that a name speaks of; "" for none.
func guess(name string) string {
	words := split(name)
	if len(words) == 0 {
		return ""
	}
	last := words[len(words)-1]
	if len(words) > 1 {
		if category := pairs[words[len(words)-2]+" "+last]; category != "" {
			return category
		}
	}
	for _, n := range names {
		if slices.Contains(n.words, last) {
			return n.category
		}
	}
	return ""
}

// split takes a name apart, in small letters: userName, user_name and user-name
// are two words.
func split(name string) []string {
	var b strings.Builder
	before := ' '
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
		before = r
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
