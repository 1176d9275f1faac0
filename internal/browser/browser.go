package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// patience is how long the browser may take for one thing.
const patience = 60 * time.Second

// Browser is a running Chromium with one page. For one goroutine; it ends with
// the test that started it.
type Browser struct {
	t       testing.TB
	to      *os.File
	from    *os.File
	reader  *bufio.Reader
	session string
	last    int
	events  []message
}

// message is one of the protocol, in either direction.
type message struct {
	ID      int             `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// find is the program; "" where there is none.
func find() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Start starts a browser with an empty page; without a Chromium the test is
// skipped.
func Start(t testing.TB) *Browser {
	t.Helper()
	program := find()
	if program == "" {
		t.Skip("there is no Chromium: install the package chromium")
	}
	itReads, we := pipe(t)
	us, itWrites := pipe(t)
	cmd := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{itReads, itWrites} // 3 and 4, as it expects them
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", program, err)
	}
	itReads.Close()
	itWrites.Close()
	b := &Browser{t: t, to: we, from: us, reader: bufio.NewReaderSize(us, 1<<16)}
	t.Cleanup(func() {
		_ = b.send(message{ID: 1 << 30, Method: "Browser.close"})
		b.drain()
		_ = cmd.Process.Kill() // where it did not hear
		_ = cmd.Wait()
	})
	var target struct {
		ID string `json:"targetId"`
	}
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var session struct {
		ID string `json:"sessionId"`
	}
	b.call("Target.attachToTarget", map[string]any{"targetId": target.ID, "flatten": true}, &session)
	b.session = session.ID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

func pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

func (b *Browser) send(m message) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = b.to.Write(append(text, 0))
	return err
}

// receive is the browser's next message.
func (b *Browser) receive() (m message, err error) {
	if err := b.from.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return m, err
	}
	text, err := b.reader.ReadBytes(0)
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &m)
}

// drain reads until the browser has closed its end.
func (b *Browser) drain() {
	for {
		if _, err := b.receive(); err != nil {
			return
		}
	}
}

// call asks for one thing and keeps the events that come before its answer.
func (b *Browser) call(method string, params, result any) {
	b.t.Helper()
	b.last++
	m := message{ID: b.last, Session: b.session, Method: method}
	if params != nil {
		text, err := json.Marshal(params)
		if err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		m.Params = text
	}
	if err := b.send(m); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for {
		m, err := b.receive()
		if err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		if m.ID != b.last {
			b.events = append(b.events, m)
			continue
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatalf("%s: %v", method, err)
			}
		}
		return
	}
}

// await reads until there was an event.
func (b *Browser) await(method string) {
	b.t.Helper()
	for {
		for _, m := range b.events {
			if m.Method == method {
				return
			}
		}
		m, err := b.receive()
		if err != nil {
			b.t.Fatalf("waiting for %s: %v", method, err)
		}
		b.events = append(b.events, m)
	}
}

// Open goes to a file and waits until it is all there.
func (b *Browser) Open(file string) { b.t.Helper(); b.Visit("file://" + file) }

// Visit goes to an address and waits until the page is all there.
func (b *Browser) Visit(url string) {
	b.t.Helper()
	b.events = nil
	b.call("Page.navigate", map[string]any{"url": url}, nil)
	b.await("Page.loadEventFired")
}

// Eval is the value of an expression of the page, into result, which may be nil.
func (b *Browser) Eval(expression string, result any) {
	b.t.Helper()
	var answer struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &answer)
	if answer.Exception != nil {
		b.t.Fatalf("%s: %s", expression, answer.Exception.Text)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal(answer.Result.Value, result); err != nil {
		b.t.Fatalf("%s gives %s: %v", expression, answer.Result.Value, err)
	}
}

// Said is what the page has written to its console, its errors and what its
// Content-Security-Policy refused, since Open.
func (b *Browser) Said() (said []string) {
	for _, m := range b.events {
		switch m.Method {
		case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded":
			said = append(said, fmt.Sprintf("%s: %s", m.Method, m.Params))
		}
	}
	return said
}

// Requests are the addresses that the page has asked for since Open, its own too.
func (b *Browser) Requests() (urls []string) {
	for _, m := range b.events {
		var asked struct {
			Request struct {
				URL string `json:"url"`
			} `json:"request"`
		}
		if m.Method == "Network.requestWillBeSent" && json.Unmarshal(m.Params, &asked) == nil {
			urls = append(urls, asked.Request.URL)
		}
	}
	return urls
}
