package pages_test

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"jupyter-events-agent/filters"
)

const plainFolder = `
-- agent.toml --
[schemas]
paths = ["schemas"]
catalog = false
[notice]
service = "the hub"
contact = "ask@example.org"
[[inputs.file]]
name = "hub"
paths = ["/var/log/hub.log"]
schemas = ["https://example.org/a"]
[[outputs.file]]
name = "audit"
path = "/srv/audit.ndjson"
policy = { categories = ["*"] }
[[outputs.file]]
name = "codes"
recipient = "the analysts"
purpose = "to count"
path = "/srv/codes.ndjson"
policy = { categories = ["lab"], time = "day", actions = { "user-identifier" = { action = "pseudonymize" } } }
[[outputs.file]]
name = "trusting"
path = "/srv/trusting.ndjson"
metadata = ["source"]
policy = { categories = [], trusted_only = true, denied = "null", undeclared = "inherit" }
[[outputs.file]]
name = "nulls"
path = "/srv/nulls.ndjson"
metadata = ["source"]
policy = { categories = [], denied = "null", undeclared = "inherit" }
[[outputs.file]]
name = "healthy"
path = "/srv/healthy.ndjson"
policy = { categories = [], drop_events_with = ["user-identifier"] }
[[outputs.file]]
name = "other"
path = "/srv/other.ndjson"
policy = { categories = [], schemas = ["https://example.org/b"] }
-- schemas/a.yaml --
$id: https://example.org/a
version: "1"
title: Runs
description: somebody ran something
properties:
  action: {enum: [run], categories: [unrestricted], description: What was done.}
  user: {type: string, categories: [user-identifier], description: Who did it.}
  lab_room: {type: string, categories: [lab]}
  free: {type: string}
  box: {type: object, categories: [unrestricted]}
-- schemas/b.yaml --
$id: https://example.org/b
version: "1"
properties: {x: {categories: [unrestricted]}}
`

func pseudonyms(p *filters.Policy) {
	if len(p.Actions) > 0 {
		p.Pseudonyms = &filters.Pseudonyms{Keys: []filters.PseudonymKey{{Secret: [32]byte{1, 2, 3}}}}
	}
}

func TestExplain(t *testing.T) {
	page := written(t, gather(t, lay(t, plainFolder), pseudonyms).ExplainMarkdown)
	holds(t, page,
		"**audit gets EVERYTHING.**",
		"| `/user`<br>Who did it. | user-identifier (schema a.yaml) | ● **goes**<br>",
		"◐ **changed: pseudonym**<br>user-identifier is not allowed; policy.actions: pseudonymize |",
		"| `/lab_room` | lab (schema a.yaml) | ● **goes**<br>categories = \\[\"\\*\"\\] lets everything through | ● **goes**<br>all its categories are allowed | – **not taken** | ○ **stays, null instead**<br>lab is not allowed |",
		"| `/free` | uncategorised: nobody has said |", "– **not taken** |",
		`"user": "example-user"`,
		"| ○ **stays: the event does not go**<br>user-identifier is not allowed; where it is present drop\\_events\\_with drops the event, for user-identifier |",
		"trusting gets nothing: takes only events of trusted inputs, and no such input may bring these.",
		"healthy gets nothing: does not get this event: it holds something of a category for which events are dropped.",
		"other gets nothing: takes no events of this schema.",
		`"__timestamp__": "2026-01-02T00:00:00.000000Z"`,
		"## Schemas that go nowhere", "- https://example.org/b version 1",
		"Each record is given an id of its own, the same over retries. Here: audit, codes, healthy and other.",
		"To count.", "(g) **A program that puts a secret in the wrong place.**", "Here: healthy.", "Here: codes.",
	)
	if strings.Contains(page, "audit.ndjson") {
		t.Error("the page says where a destination is")
	}
}

func TestNotice(t *testing.T) {
	page := written(t, gather(t, lay(t, plainFolder), pseudonyms).NoticeMarkdown)
	holds(t, page,
		"When you use the hub, ", "Ask ask@example.org.",
		"| **Who you are**<br>Your user name, or a number or code that stands for you or for what you have running. | as it is | as a code | no | no | no: the entry does not go | no |",
		"| **Lab**<br>", "| **Parts that nobody has described**<br>",
		"### The analysts (codes)", "- What for: To count.", "- Gets, changed: Who you are: as a code.",
		"- Entries that hold anything marked user-identifier do not go there at all.",
		"A code does not make you anonymous", "within one calendar month",
		"- Parts of entries that nobody has described, but for what is said above of audit and nulls.\n",
		"*What happened* | as it is | as it is | – | as it is | as it is | – |", "| **Parts that nobody has described**<br>Nobody has said what these are about. | as it is | no | no | some of it, as it is | no | no |",
		"### trusting\n\n- No entries go there.\n\n### nulls", "| yes, to a fraction of a second | yes, to the day | no | yes, to a fraction of a second | yes, to a fraction of a second | no |",
		"### Runs\n\nSomebody ran something.", "| box<br>*What happened* | as it is | that it is there | – | as it is | that it is there | – |", "| Who did it (user)<br>*Who you are* | as it is | as a code | – | no | no: the entry does not go | – |", "| lab room<br>*Lab* |",
		"No entries go there.", "where they belong to a part that it gets", "It also learns which log an entry is from.", "yes, to the day",
		"to the day, and a number that tells entries apart.", "and when it was made, to a fraction of a second.",
	)
	for _, word := range []string{"schema", "pseudonym", "output", "policy", "HMAC", "https://example.org/b"} {
		if strings.Contains(page, word) {
			t.Errorf("users are told %q", word)
		}
	}
}

// TestOnlyExamples: a page holds no code of a real key, no token, and asks nobody's consent.
func TestOnlyExamples(t *testing.T) {
	folder := lay(t, plainFolder)
	first := all(t, gather(t, folder, pseudonyms))
	touched := 0
	second := all(t, gather(t, folder, func(p *filters.Policy) {
		pseudonyms(p)
		p.Key = [32]byte{7}
		if p.Pseudonyms != nil {
			p.Pseudonyms.Keys[0].Secret[0]++
		}
	}))
	for name := range first {
		if first[name] != second[name] {
			t.Errorf("%s differs with the keys", name)
		}
	}
	tokens := func(...string) func([]byte) ([16]byte, bool) {
		return func([]byte) ([16]byte, bool) { touched++; return [16]byte{}, true }
	}
	third := all(t, gather(t, folder, func(p *filters.Policy) {
		if len(p.Actions) > 0 {
			p.Actions = map[string]filters.Action{"user-identifier": {Action: "tokenize"}}
			p.Tokens = tokens
			p.Consent = &filters.Consent{Yes: func([]byte) bool { touched++; return false }}
		}
	}))
	if touched > 0 {
		t.Errorf("making the pages touched the real table of tokens or the consent file %d times", touched)
	}
	holds(t, third["explain.html"], "changed: token", "an event that names people goes only while each of them has said yes")
	holds(t, third["notice.md"], "as a random code", "only while you have said yes")
}

// TestWherever: the pages do not say where the configuration lies.
func TestWherever(t *testing.T) {
	folders := []string{lay(t, plainFolder), lay(t, plainFolder)}
	first, second := all(t, gather(t, folders[0], pseudonyms)), all(t, gather(t, folders[1], pseudonyms))
	for name := range first {
		if first[name] != second[name] {
			t.Errorf("%s differs from folder to folder", name)
		}
		if strings.Contains(first[name], folders[0]) {
			t.Errorf("%s says %s", name, folders[0])
		}
	}
}

const hostileFolder = `
-- agent.toml --
[schemas]
paths = ["a.json"]
catalog = false
[notice]
service = "</title><script>alert(1)</script>"
operator = "<img src=x onerror=alert(1)>"
contact = "[a](javascript:alert(1))"
[[inputs.file]]
name = "hub"
paths = ["/var/log/hub.log"]
[[outputs.file]]
name = "all"
recipient = "<b>x</b> | \" onmouseover=alert(1) x=\""
purpose = "</style><script>alert(1)</script>"
path = "/srv/all.ndjson"
policy = { categories = ["*"] }
[[outputs.file]]
name = "some"
path = "/srv/some.ndjson"
policy = { categories = ["</script><script>alert(1)</script>"] }
-- a.json --
{"$id": "https://example.org/*x*_y_", "version": "1|2` + "`" + `",
 "title": "</h2><script>alert(1)</script> | *x*", "description": "one\ntwo <img src=x onerror=alert(1)> ![x](https://example.org/x.png)",
 "properties": {
  "</script><script>alert(1)</script>": {"type": "string", "categories": ["</script><script>alert(1)</script>"], "description": "<!-- --><svg onload=alert(1)>"},
  "\" onmouseover=\"alert(1)": {"enum": ["</pre></code><script>alert(1)</script>", "` + "```" + `"], "categories": ["unrestricted"]},
  "a|b` + "`" + `c\nd": {"type": "string", "categories": ["x|y", "{{.JS}}"], "description": "| a | b |\n# not a heading"},
  "gnirts\u202e": {"type": "string", "description": "turned \u202earound"},
  "__proto__": {"type": "string", "categories": ["constructor"]},
  "onload=alert(1)": {"type": "object", "properties": {"<script>": {"type": "string"}}, "categories": ["javascript:alert(1)"]}}}
`

// TestHostileNames: nothing of a schema or configuration is markup.
func TestHostileNames(t *testing.T) {
	got := all(t, gather(t, lay(t, hostileFolder), nil))
	elements := regexp.MustCompile(`<[a-zA-Z!/][^>]*>?`)
	known := regexp.MustCompile(`^<(/?(html|head|title|style|body|header|div|h1|h2|h3|p|code|button|main|section|article|span|dl|dt|dd|details|summary|ul|ol|li|b|strong|table|caption|thead|tbody|tr|th|td|input|label|output|kbd|figure|figcaption|pre|bdi|footer|script|a|meta|link)( (id|class|href|rel|lang|charset|name|content|http-equiv|type|data-[a-z]+|role|scope|for|tabindex|hidden|open|autocomplete|spellcheck|placeholder|aria-[a-z]+)(="[^"<>]*")?)*|!doctype html)>$`)
	for name, page := range got {
		if strings.ContainsAny(page, "\u202e") {
			t.Errorf("%s turns its text around", name)
		}
		if strings.HasSuffix(name, ".md") {
			markdown(t, name, page)
			continue
		}
		checkHashes(t, name, page)
		if n, want := strings.Count(page, "<script"), map[string]int{"explain.html": 1}[name]; n != want {
			t.Errorf("%s has %d scripts, want %d", name, n, want)
		}
		page = regexp.MustCompile(`(?s)<(script|style)>.*?</(script|style)>`).ReplaceAllString(page, "")
		for _, e := range elements.FindAllString(page, -1) {
			if !known.MatchString(e) {
				t.Errorf("%s holds %s", name, e)
			}
		}
	}
	holds(t, got["explain.html"], "&lt;/script&gt;&lt;script&gt;alert(1)", "{{.JS}}")
}

// markdown: what is outside of code blocks has no HTML but <br>, no link or
// picture, and every row of a table as many cells as its head.
func markdown(t *testing.T, name, page string) {
	t.Helper()
	fence, cells := "", 0
	for _, line := range strings.Split(page, "\n") {
		run := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		if fence != "" || len(run) >= 3 {
			switch {
			case fence == "":
				fence = run
			case line == fence:
				fence = ""
			}
			continue
		}
		if rest := strings.ReplaceAll(line, "<br>", ""); strings.ContainsAny(strings.TrimPrefix(rest, "> "), "<>") {
			t.Errorf("%s has HTML: %s", name, line)
		}
		if regexp.MustCompile(`[^\\]\]\(`).MatchString(line) {
			t.Errorf("%s has a link: %s", name, line)
		}
		n := len(regexp.MustCompile(`(^|[^\\])\|`).FindAllString(line, -1))
		if !strings.HasPrefix(line, "|") {
			n = 0
		}
		if cells > 0 && n > 0 && n != cells {
			t.Errorf("%s: %d cells, not %d: %s", name, n, cells, line)
		}
		cells = n
	}
	if fence != "" {
		t.Errorf("%s: a block of code does not end", name)
	}
}

// checkHashes: the Content-Security-Policy lets in the page's own style and script.
func checkHashes(t *testing.T, name, page string) {
	t.Helper()
	csp := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
	if csp == nil || !strings.HasPrefix(csp[1], "default-src &#39;none&#39;") || strings.Contains(csp[1], "unsafe") {
		t.Fatalf("%s has no strict Content-Security-Policy: %v", name, csp)
	}
	for _, part := range regexp.MustCompile(`(?s)<(?:script|style)>(.*?)</(?:script|style)>`).FindAllStringSubmatch(page, -1) {
		sum := sha256.Sum256([]byte(part[1]))
		want := base64.StdEncoding.EncodeToString(sum[:])
		if !strings.Contains(strings.ReplaceAll(csp[1], "&#43;", "+"), want) {
			t.Errorf("%s: the policy does not name the hash of %.40q", name, part[1])
		}
	}
}
