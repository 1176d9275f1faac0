package archtest

import (
	"flag"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var (
	link    = regexp.MustCompile(`\]\(([^()\s]+)\)|<img [^>]*src="([^"]+)"|srcset="([^"]+)"`)
	code    = regexp.MustCompile("`[^`]*`")
	heading = regexp.MustCompile(`^#{1,6} +(.*?) *#*$`)
)

// tree is another folder for TestLinks: the test of the packages names what they
// put on a machine.
var tree = flag.String("tree", "", "the `FOLDER` whose Markdown TestLinks reads (default the module)")

// TestLinks: every relative link of a Markdown file leads to a file of the tree,
// and to a heading there where it names one.
func TestLinks(t *testing.T) {
	root, followed := module(), 0
	if *tree != "" {
		root = *tree
	}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && file != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" || entry.Name() == "dist"):
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(file) != ".md":
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, file)
		for n, line := range prose(string(text)) {
			for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(line, ""), -1) {
				target := m[1] + m[2] + m[3]
				if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
					continue
				}
				followed++
				if why := follow(root, file, target); why != "" {
					t.Errorf("%s:%d: %s: %s", name, n+1, target, why)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if followed < 50 {
		t.Errorf("only %d links were followed: the test does not see them", followed)
	}
}

// follow says why a link leads nowhere; "" where it leads somewhere.
func follow(root, from, target string) string {
	path, anchor, _ := strings.Cut(target, "#")
	path, err := url.PathUnescape(path)
	if err != nil {
		return "is no path"
	}
	to := from
	if path != "" {
		to = filepath.Join(filepath.Dir(from), filepath.FromSlash(path))
	}
	if rel, err := filepath.Rel(root, to); err != nil || strings.HasPrefix(rel, "..") {
		return "leads out of the tree"
	}
	info, err := os.Stat(to)
	switch {
	case err != nil:
		return "there is no such file: correct the link, or write the page"
	case anchor == "":
		return ""
	case info.IsDir() || filepath.Ext(to) != ".md":
		return "names a heading of what has none"
	}
	text, err := os.ReadFile(to)
	if err != nil {
		return err.Error()
	}
	if !anchors(string(text))[anchor] {
		return "there is no such heading"
	}
	return ""
}

// prose are the lines of a text, those of code blocks empty.
func prose(text string) []string {
	lines := strings.Split(text, "\n")
	fence := ""
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		switch {
		case fence != "":
			if strings.HasPrefix(trimmed, fence) {
				fence = ""
			}
			lines[i] = ""
		case strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~"):
			fence = trimmed[:3]
			lines[i] = ""
		}
	}
	return lines
}

// anchors are the names that code hosts give to headings, and those of <a id="…">.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, m := range regexp.MustCompile(`<a (?:id|name)="([^"]+)"`).FindAllStringSubmatch(text, -1) {
		all[m[1]] = true
	}
	for _, line := range prose(text) {
		m := heading.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, regexp.MustCompile(`\]\([^)]*\)`).ReplaceAllString(m[1], ""))
		again := name
		for n := 1; all[again]; n++ {
			again = fmt.Sprintf("%s-%d", name, n)
		}
		all[again] = true
	}
	return all
}

func TestAnchors(t *testing.T) {
	got := anchors("# A *b*, `c.d`\n```\n# no\n```\n## A b, cd\n## [Link](x.md) – it's\n")
	for _, want := range []string{"a-b-cd", "a-b-cd-1", "link--its"} {
		if !got[want] {
			t.Errorf("no %q in %v", want, got)
		}
	}
	if len(got) != 3 {
		t.Errorf("%v", got)
	}
}
