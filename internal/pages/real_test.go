//go:build real

package pages_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jupyter-events-agent/internal/browser"
)

// save writes the pages into files that a browser can open.
func save(t *testing.T, a *compiled) (explain, notice string) {
	t.Helper()
	folder := t.TempDir()
	for name, page := range all(t, a) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(folder, "explain.html"), filepath.Join(folder, "notice.html")
}

// quiet fails where a page asked for anything but itself, or complained.
func quiet(t *testing.T, b *browser.Browser) {
	t.Helper()
	if said := b.Said(); len(said) > 0 {
		t.Errorf("the console says %s", strings.Join(said, "\n"))
	}
	for _, url := range b.Requests() {
		if !strings.HasPrefix(url, "file://") && url != "data:," {
			t.Errorf("the page asked for %s", url)
		}
	}
	if n := len(b.Requests()); n == 0 {
		t.Error("no request was seen, so none can be missed")
	}
}

// shown counts what of a selector can be seen.
func shown(b *browser.Browser, selector string) (n int) {
	b.Eval(fmt.Sprintf("[...document.querySelectorAll(%q)].filter((e) => e.checkVisibility()).length", selector), &n)
	return n
}

func text(b *browser.Browser, selector string) (s string) {
	b.Eval(fmt.Sprintf("document.querySelector(%q).textContent", selector), &s)
	return s
}

var update = flag.Bool("update", false, "take the pictures in docs/examples anew")

// TestRealExamples: the example pages are well in a browser; with -update it
// takes their pictures.
func TestRealExamples(t *testing.T) {
	examples, err := filepath.Abs("../../docs/examples")
	if err != nil {
		t.Fatal(err)
	}
	b := browser.Start(t)
	for _, page := range []struct {
		name, scheme  string
		width, height int
		at            string // what the picture begins with
	}{
		{"explain", "light", 1280, 1180, "#outputs"},
		{"explain", "dark", 1280, 1180, "#s4"},
		{"notice", "light", 900, 1180, "h1"},
		{"notice", "dark", 900, 1180, ".receivers"},
	} {
		b.Screen(page.width, page.height)
		b.Prefer(page.scheme, "screen")
		b.Open(filepath.Join(examples, page.name+".html"))
		b.Eval(fmt.Sprintf("document.querySelector(%q).scrollIntoView(); document.documentElement.style.scrollbarWidth = 'none'; document.activeElement.blur()", page.at), nil)
		quiet(t, b)
		if picture := b.Picture(); *update {
			if err := os.WriteFile(filepath.Join(examples, page.name+"-"+page.scheme+".png"), picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestRealSearch(t *testing.T) {
	b := browser.Start(t)
	b.Screen(1280, 900)
	explain, _ := save(t, gather(t, lay(t, plainFolder), pseudonyms))
	b.Open(explain)
	const rows, columns = ".matrix tbody tr", ".matrix thead th[data-at]"
	for _, step := range []struct {
		typed         string
		rows, columns int
		says          string
	}{
		{"", 5, 6, "5 of 5 properties, in 1 of 1 tables"},
		{"lab_room", 1, 6, "1 of 5 properties"},
		{"PSEUDONYM", 1, 6, "1 of 5 properties"},
		{"user-identifier", 1, 6, "1 of 5 properties"},
		{"codes", 5, 1, "5 of 5 properties, in 1 of 1 tables, at codes"},
		{"codes stays", 1, 1, "1 of 5 properties, in 1 of 1 tables, at codes"},
		{"codes changed", 1, 1, "at codes"},
		{"runs /action", 1, 6, "1 of 5"},
		{"nobody has said", 1, 6, "1 of 5"},
		{"nothing has this", 0, 0, "0 of 5 properties, in 0 of 1 tables"},
	} {
		b.Press("Escape")
		b.Eval("document.activeElement.blur()", nil)
		b.Press("/") // by keyboard alone
		b.Type(step.typed)
		if got := shown(b, rows); got != step.rows {
			t.Errorf("%q shows %d rows, want %d", step.typed, got, step.rows)
		}
		if got := shown(b, columns); got != step.columns {
			t.Errorf("%q shows %d columns, want %d", step.typed, got, step.columns)
		}
		if got := text(b, "#search output"); !strings.Contains(got, step.says) {
			t.Errorf("%q says %q, want %q", step.typed, got, step.says)
		}
		if nothing := shown(b, "#nothing") == 1; nothing != (step.rows == 0) {
			t.Errorf("%q: that there is nothing is said: %v", step.typed, nothing)
		}
	}
	b.Press("Escape")
	if got := shown(b, rows); got != 5 {
		t.Errorf("after Escape %d rows are there, want 5", got)
	}
	quiet(t, b)
}

func TestRealThemes(t *testing.T) {
	b := browser.Start(t)
	explain, notice := save(t, gather(t, lay(t, plainFolder), pseudonyms))
	paper := func() (colour string) {
		b.Eval("getComputedStyle(document.body).backgroundColor", &colour)
		return colour
	}
	for _, page := range []string{explain, notice} {
		b.Prefer("light", "screen")
		b.Open(page)
		light := paper()
		b.Prefer("dark", "screen")
		dark := paper()
		if light == dark {
			t.Errorf("%s is %s, light and dark", filepath.Base(page), light)
		}
		for _, scheme := range []string{"light", "dark"} {
			b.Prefer(scheme, "screen")
			if low := contrast(b); low != "" {
				t.Errorf("%s, %s: %s", filepath.Base(page), scheme, low)
			}
		}
		if page == explain {
			b.Prefer("dark", "screen")
			b.Click("#theme")
			if got := paper(); got != light {
				t.Errorf("the button makes the page %s, want %s", got, light)
			}
			b.Click("#theme")
		}
		b.Prefer("dark", "print")
		if got := paper(); got != "rgb(255, 255, 255)" {
			t.Errorf("%s is printed on %s", filepath.Base(page), got)
		}
		quiet(t, b)
	}
}

// contrast is the first text whose contrast with what is behind it is below
// WCAG's AA for small text; "" for none.
func contrast(b *browser.Browser) (low string) {
	b.Eval(`(() => {
		const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
		const rgb = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
		const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
		const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255]; };
		for (const e of document.querySelectorAll("body *")) {
			if (!e.checkVisibility() || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
			let opacity = 1;
			for (let at = e; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
			const back = behind(e), front = rgb(getComputedStyle(e).color).slice(0, 3).map((v, i) => v * opacity + back[i] * (1 - opacity));
			const [a, z] = [light(front), light(back.slice(0, 3))].sort((x, y) => y - x);
			const ratio = (a + 0.05) / (z + 0.05);
			if (ratio < 4.5) return e.className + " " + e.textContent.trim().slice(0, 40) + ": " + ratio.toFixed(2);
		}
		return "";
	})()`, &low)
	return low
}

// TestRealWidths: no page is wider than its window, from a phone to a desk, with
// one output and with many, and nothing is cut off on paper.
func TestRealWidths(t *testing.T) {
	b := browser.Start(t)
	for outputs, schemas := range map[int]int{1: 3, 6: 30, 12: 3} {
		explain, notice := save(t, gather(t, lay(t, large(schemas, outputs)), nil))
		for _, page := range []string{explain, notice} {
			for _, width := range []int{390, 820, 1280} {
				b.Screen(width, 900)
				b.Prefer("light", "screen")
				b.Open(page)
				var wide int
				b.Eval("document.documentElement.scrollWidth", &wide)
				if wide > width {
					t.Errorf("%s with %d outputs is %d wide on a screen of %d", filepath.Base(page), outputs, wide, width)
				}
			}
			b.Screen(1040, 720) // A4, landscape, without its margins
			b.Prefer("light", "print")
			var cut int
			b.Eval(`const hidden = (e) => e.closest("thead") && getComputedStyle(e.closest("thead")).position === "absolute";
				[...document.querySelectorAll("table, td, th, pre")].filter((e) => e.checkVisibility() && !hidden(e) && (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible" || e.getBoundingClientRect().right > 1041)).length`, &cut)
			if cut > 0 {
				t.Errorf("%s with %d outputs: %d parts are cut off on paper", filepath.Base(page), outputs, cut)
			}
			for _, control := range []string{"#theme", "#search"} {
				if shown(b, control) > 0 {
					t.Errorf("%s: %s is printed", filepath.Base(page), control)
				}
			}
			if pdf := b.Print(); !strings.HasPrefix(string(pdf), "%PDF-") {
				t.Errorf("%s: no PDF", filepath.Base(page))
			}
			quiet(t, b)
		}
	}
}

// large is a configuration of many schemas and outputs.
func large(schemas, outputs int) string {
	var s strings.Builder
	s.WriteString("-- agent.toml --\n[schemas]\npaths = [\"schemas\"]\ncatalog = false\n[[inputs.file]]\nname = \"hub\"\npaths = [\"/var/log/hub.log\"]\n")
	for i := range outputs {
		fmt.Fprintf(&s, "[[outputs.file]]\nname = \"destination-%d\"\npath = \"/srv/%d.ndjson\"\npolicy = { categories = [\"category-%d\"], actions = { \"user-identifier\" = { action = \"mask\" } } }\n", i, i, i)
	}
	for i := range schemas {
		fmt.Fprintf(&s, "-- schemas/%d.yaml --\n$id: https://example.org/a-long-name-of-a-schema/%d\nversion: \"1\"\ntitle: Schema %d\nproperties:\n", i, i, i)
		for j := range 8 {
			fmt.Fprintf(&s, "  a_rather_long_property_name_%d: {type: string, description: What was done to the thing., categories: [category-%d, user-identifier]}\n", j, j)
		}
	}
	return s.String()
}

func TestRealHostileNames(t *testing.T) {
	b := browser.Start(t)
	explain, notice := save(t, gather(t, lay(t, hostileFolder), nil))
	for _, page := range []string{explain, notice} {
		b.Open(page)
		var bad []string
		b.Eval(`[...document.querySelectorAll("body *")].filter((e) => /^(img|svg|iframe|object|embed|form)$/i.test(e.tagName) || [...e.attributes].some((a) => a.name.startsWith("on") || /^\s*javascript:/i.test(a.value) && a.name === "href")).map((e) => e.outerHTML)`, &bad)
		if len(bad) > 0 {
			t.Errorf("%s holds %v", filepath.Base(page), bad)
		}
		quiet(t, b) // no alert: a refused script would be on the console
	}
	b.Open(explain)
	b.Press("/")
	b.Type("onmouseover")
	if got := shown(b, ".matrix tbody tr"); got != 1 {
		t.Errorf("%d rows have onmouseover in their names, want 1", got)
	}
	quiet(t, b)
}

// TestRealWithoutScripts: all is there, only the search is not.
func TestRealWithoutScripts(t *testing.T) {
	b := browser.Start(t)
	b.Scripts(false)
	b.Screen(1280, 900)
	explain, _ := save(t, gather(t, lay(t, large(12, 2)), nil))
	b.Open(explain)
	b.Scripts(true) // for looking
	if got := shown(b, ".matrix tbody tr"); got != 12*8 {
		t.Errorf("%d rows, want %d", got, 12*8)
	}
	if got := shown(b, "figure"); got != 12*3 {
		t.Errorf("%d samples, want %d", got, 12*3)
	}
	if shown(b, "#search")+shown(b, "#theme") > 0 {
		t.Error("controls are there that do nothing")
	}
	quiet(t, b)
}
