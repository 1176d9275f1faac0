package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed assets
var assets embed.FS

const (
	pageCSS    = "page.css"
	explainCSS = "explain.css"
	noticeCSS  = "notice.css"
	explainJS  = "explain.js"
)

// head is what a page wears: its own styles and script, and the rule that it
// may have nothing else.
type head struct {
	CSS template.CSS
	JS  template.JS
	CSP string
}

// dress reads the styles and the script of a page; script may be "".
func dress(style, script string) head {
	css := asset(pageCSS) + asset(style)
	h := head{CSS: template.CSS(css), CSP: "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src " + hash(css)}
	if script != "" {
		js := asset(script)
		h.JS, h.CSP = template.JS(js), h.CSP+"; script-src "+hash(js)
	}
	return h
}

// hash is what a Content-Security-Policy knows an inline text by.
func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func asset(name string) string {
	text, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // a page of this package without its file: no build has it
	}
	return string(text)
}

// render writes a page; what of it comes from schemas and configurations is
// escaped by html/template for where it stands.
func render(to io.Writer, name string, page any) error {
	t, err := template.New(name).Funcs(template.FuncMap{
		"count": count, "join": func(words []string) string { return strings.Join(words, ", ") }, "list": list, "sentence": sentence, "heading": heading,
		"class": class, "cells": func(cells []string, of []receiver) any {
			return struct {
				Cells     []string
				Receivers []receiver
			}{cells, of}
		},
	}).ParseFS(assets, "assets/"+name)
	if err != nil {
		return fmt.Errorf("reading the template of the page: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, page); err != nil {
		return fmt.Errorf("making the page: %w", err)
	}
	_, err = to.Write(b.Bytes())
	return err
}
