//go:build real && !windows

package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jupyter-events-agent/internal/browser"
)

var picturesOf = flag.String("pictures", "", "take the pictures of the status page in docs/examples anew, of the agent that answers at this `ADDRESS`")

// TestRealStatusPage: the page is drawn, follows what happens without being
// loaded again, says that a destination is away and that the agent is, and shows no
// value of an event.
func TestRealStatusPage(t *testing.T) {
	b := browser.Start(t)
	y := newYard(t, "[telemetry]\nlisten = '127.0.0.1:0'\n[quarantine]\npath = 'quarantine'")
	y.start()
	b.Screen(1280, 900)
	b.Visit(y.listening() + "/")
	text := func(selector string) (s string) {
		b.Eval("document.querySelector('"+selector+"')?.textContent ?? ''", &s)
		return s
	}
	y.until("the page is live", func() bool {
		return text("#live-text") != "" && strings.Contains(text("#outputs"), "all delivered")
	})
	y.append(0, 500)
	y.until("the page shows what was delivered", func() bool {
		return strings.Contains(text("[data-output=audit]"), "500 records") && strings.Contains(text("#inputs"), "100 %")
	})
	if got := text("#ledger"); !strings.Contains(got, "250") { // each other one is rejected
		t.Errorf("ledger: %s", got)
	}
	b.Eval("document.querySelector('#policy summary').click()", nil)
	if got := text("#policy"); !strings.Contains(got, "/name") || !strings.Contains(got, "user-identifier") {
		t.Errorf("policy: %s", got)
	}

	y.write("gate", "")
	y.append(500, 700)
	y.until("the page shows that a destination is away", func() bool {
		return strings.Contains(text("[data-output=lake]"), "failing for") && strings.Contains(text("[data-output=lake]"), "the destination is away") && strings.Contains(text("title"), "1 failing")
	})
	var plotted bool
	b.Eval("document.querySelectorAll('[data-output=lake] .plot.lag path').length === 2", &plotted)
	if !plotted {
		t.Error("there is no plot of what is still to deliver")
	}
	var all string
	b.Eval("document.documentElement.outerHTML", &all)
	if strings.Contains(all, "alice") {
		t.Error("the page shows a value of an event")
	}
	for _, wide := range []int{1280, 390} {
		b.Screen(wide, 900)
		var over bool
		b.Eval("document.documentElement.scrollWidth > document.documentElement.clientWidth", &over)
		if over {
			t.Errorf("at %d pixels the page is wider than the window", wide)
		}
	}
	var light, dark string
	b.Prefer("light", "screen")
	b.Eval("getComputedStyle(document.body).backgroundColor", &light)
	b.Prefer("dark", "screen")
	b.Eval("getComputedStyle(document.body).backgroundColor", &dark)
	if light == dark {
		t.Errorf("light and dark are both %s", light)
	}
	if said := b.Said(); len(said) > 0 {
		t.Errorf("the console says %s", strings.Join(said, "\n"))
	}
	for _, url := range b.Requests() {
		if !strings.HasPrefix(url, y.listening()) && url != "data:," {
			t.Errorf("the page asked for %s", url)
		}
	}
	if err := os.Remove(y.path("gate")); err != nil {
		t.Fatal(err)
	}
	y.until("the page shows that all is delivered", func() bool { return strings.Contains(text("[data-output=lake]"), "all delivered") })
	y.stop()
	y.until("the page shows that the agent is away", func() bool { return strings.Contains(text("#live-text"), "does not answer") })
}

// TestRealStatusPictures takes, with -pictures ADDRESS, what the page of a running
// agent looks like after three minutes.
func TestRealStatusPictures(t *testing.T) {
	if *picturesOf == "" {
		t.Skip("no pictures are asked for: -pictures http://127.0.0.1:9464/")
	}
	b := browser.Start(t)
	b.Screen(1280, 900)
	b.Visit(*picturesOf)
	for range 36 {
		b.Eval("new Promise((done) => setTimeout(done, 5000))", nil)
	}
	for _, scheme := range []string{"light", "dark"} {
		b.Prefer(scheme, "screen")
		if err := os.WriteFile(filepath.Join("..", "..", "docs", "examples", "status-"+scheme+".png"), b.Picture(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
