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

var takePictures = flag.Bool("pictures", false, "take the pictures of the status page in docs/examples anew")

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
	if *takePictures {
		pictures(t, b, y)
	}
	if err := os.Remove(y.path("gate")); err != nil {
		t.Fatal(err)
	}
	y.until("the page shows that all is delivered", func() bool { return strings.Contains(text("[data-output=lake]"), "all delivered") })
	y.stop()
	y.until("the page shows that the agent is away", func() bool { return strings.Contains(text("#live-text"), "does not answer") })
}

// pictures has the page collect a minute of plots, then takes what it looks like.
func pictures(t *testing.T, b *browser.Browser, y *yard) {
	for n := range 60 {
		from := 700 + n*(n%7+1)*20
		y.append(from, from+(n%9)*15)
		b.Eval("new Promise((done) => setTimeout(done, 1000))", nil)
	}
	b.Screen(1280, 900)
	for _, scheme := range []string{"light", "dark"} {
		b.Prefer(scheme, "screen")
		b.Eval("scrollTo(0, 0)", nil)
		if err := os.WriteFile(filepath.Join("..", "..", "docs", "examples", "status-"+scheme+".png"), b.Picture(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
