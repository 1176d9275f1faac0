package corpus

// envelope begins an event as jupyter_events writes it: the offset and a Z,
// and no fraction on the full second.
func (g *Generator) envelope(schema string) {
	g.micros += int64(g.rnd.ExpFloat64()*float64(g.opt.Gap.Microseconds())) + 1
	if g.rnd.Float64() < 0.0001 {
		g.micros += 1_000_000 - (g.opt.Start.UnixMicro()+g.micros)%1_000_000
	}
	e := &g.event
	e.reset()
	e.begin("__timestamp__")
	at := g.now()
	e.buf = append(e.buf, '"')
	if at.Nanosecond() == 0 {
		e.buf = at.AppendFormat(e.buf, "2006-01-02T15:04:05")
	} else {
		e.buf = at.AppendFormat(e.buf, "2006-01-02T15:04:05.000000")
	}
	e.buf = append(e.buf, `+00:00Z"`...)
	e.end()
	e.addText("__schema__", schema)
	e.addRaw("__schema_version__", `"1"`)
	e.addRaw("__metadata_version__", "1")
}

func (g *Generator) contents(paths []string) {
	g.envelope(ContentsID)
	action := "delete"
	switch x := g.rnd.Float64(); {
	case x < .62:
		action = "get"
	case x < .84:
		action = "save"
	case x < .89:
		action = "rename"
	case x < .92:
		action = "copy"
	case x < .96:
		action = "create"
	}
	g.event.addText("action", action)
	g.event.addText("path", pick(g.rnd, paths))
	if action == "rename" || action == "copy" {
		g.event.addText("source_path", pick(g.rnd, paths))
	}
}

func (g *Generator) kernel() {
	g.envelope(KernelID)
	e, r, id := &g.event, g.rnd, pick(g.rnd, g.world.ids)
	action, past := "restart", "restarted"
	switch x := r.Float64(); {
	case x < .40:
		action, past = "start", "started"
	case x < .75:
		action, past = "shutdown", "shutdown"
	case x < .87:
		action, past = "interrupt", "interrupted"
	}
	e.addText("kernel_name", pick(r, kernelNames))
	e.addText("action", action)
	if r.Float64() < .97 {
		e.addText("status", "success")
		e.addText("msg", "Kernel "+id+" was "+past+".")
		e.addText("kernel_id", id)
		return
	}
	e.addText("status", "error")
	e.addText("msg", pick(r, kernelFails))
	if action != "start" || r.Float64() < .5 {
		e.addText("kernel_id", id)
	}
	if r.Float64() < .5 {
		e.begin("status_code")
		e.buf = appendInt(e.buf, pick(r, statusCodes))
		e.end()
	}
}

func (g *Generator) server() {
	g.envelope(ServerID)
	action := "stop"
	if g.rnd.Float64() < .52 {
		action = "start"
	}
	g.event.addText("action", action)
	g.event.addText("username", pick(g.rnd, g.world.users).login)
	g.event.addText("servername", pick(g.rnd, serverNames))
}

func (g *Generator) telemetry() {
	g.envelope(TelemetryID)
	e, r, u := &g.event, g.rnd, pick(g.rnd, g.world.users)
	e.addText("event", pick(r, happenings))
	e.addText("notebook", pick(r, g.world.paths))
	e.addText("session", pick(r, g.world.ids))
	e.begin("opened_at")
	e.buf = appendInt(e.buf, g.now().UnixMilli())
	e.end()

	e.begin("user")
	e.buf = appendInt(append(e.buf, `{"id": `...), r.Int64N(1<<31))
	e.buf = appendText(append(e.buf, `, "name": `...), u.name)
	e.buf = appendText(append(e.buf, `, "email": `...), u.email)
	e.buf = append(e.buf, `, "ip": "10`...)
	for range 3 {
		e.buf = appendInt(append(e.buf, '.'), r.Int64N(256))
	}
	e.buf = append(e.buf, `"}`...)
	e.end()

	g.cells(3 + int(r.Float64()*r.Float64()*34))

	e.begin("kernel_error")
	if r.Float64() < .9 {
		e.buf = append(e.buf, "null"...)
	} else {
		e.buf = appendText(append(e.buf, `{"name": `...), pick(r, exceptions))
		e.buf = g.appendWords(append(e.buf, `, "traceback": `...), 30)
		e.buf = append(e.buf, '}')
	}
	e.end()
	e.begin("duration")
	e.buf = appendFloat(e.buf, float64(r.IntN(9001))/1000)
	e.end()
	e.begin("load")
	e.buf = appendFloat(e.buf, 100*r.Float64()*r.Float64())
	e.end()
	e.begin("tags")
	e.buf = append(e.buf, '[')
	for i := range r.IntN(4) {
		if i > 0 {
			e.buf = append(e.buf, ", "...)
		}
		e.buf = appendText(e.buf, pick(r, cellWords))
	}
	e.buf = append(e.buf, ']')
	e.end()
}

func (g *Generator) cells(n int) {
	e, r := &g.event, g.rnd
	e.begin("cells")
	e.buf = append(e.buf, '[')
	for i := range n {
		if i > 0 {
			e.buf = append(e.buf, ", "...)
		}
		e.buf = appendHex(append(e.buf, `{"id": "`...), r.Uint64(), 8)
		e.buf = appendHex(append(e.buf, '-'), r.Uint64(), 4)
		e.buf = appendInt(append(e.buf, `", "index": `...), int64(i))
		kind := "markdown"
		if r.Float64() < .75 {
			kind = "code"
		}
		e.buf = appendText(append(e.buf, `, "type": `...), kind)
		if r.Float64() < .15 {
			e.buf = g.appendWords(append(e.buf, `, "source": `...), 6)
		}
		e.buf = append(e.buf, '}')
	}
	e.buf = append(e.buf, ']')
	e.end()
}

func (g *Generator) appendWords(dst []byte, n int) []byte {
	dst = append(dst, '"')
	for i := range n {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, pick(g.rnd, cellWords)...)
	}
	return append(dst, '"')
}
