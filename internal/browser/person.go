package browser

// Screen makes the window so large, in CSS pixels.
func (b *Browser) Screen(width, height int) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
}

// Prefer says what the person's system prefers, "dark" or "light", and
// whether the page is on "screen" or goes to "print".
func (b *Browser) Prefer(scheme, medium string) {
	b.t.Helper()
	b.call("Emulation.setEmulatedMedia", map[string]any{"media": medium, "features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// Scripts lets the page run scripts, or not, from the next Open on.
func (b *Browser) Scripts(run bool) {
	b.t.Helper()
	b.call("Emulation.setScriptExecutionDisabled", map[string]any{"value": !run}, nil)
}

// Press presses a key, named as in KeyboardEvent.key.
func (b *Browser) Press(key string) {
	b.t.Helper()
	down := map[string]any{"type": "keyDown", "key": key}
	if len(key) == 1 {
		down["text"] = key
	}
	b.call("Input.dispatchKeyEvent", down, nil)
	b.call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key}, nil)
}

// Type types a text where the focus is.
func (b *Browser) Type(text string) {
	b.t.Helper()
	b.call("Input.insertText", map[string]any{"text": text}, nil)
}

// Click clicks what a selector finds first.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	b.Eval("document.querySelector("+quote(selector)+").click()", nil)
}

// Picture is what the window shows, as PNG.
func (b *Browser) Picture() []byte {
	b.t.Helper()
	var shot struct {
		PNG []byte `json:"data"`
	}
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	return shot.PNG
}

// Print is the page on paper, as PDF.
func (b *Browser) Print() []byte {
	b.t.Helper()
	var printed struct {
		PDF []byte `json:"data"`
	}
	b.call("Page.printToPDF", map[string]any{"preferCSSPageSize": true, "printBackground": true}, &printed)
	return printed.PDF
}

func quote(s string) string { return "'" + s + "'" }
