package telemetry

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed page
var page embed.FS

// Page answers with the status page and what belongs to it: "GET /{$}",
// "GET /status.css", "GET /status.js". It asks for /status.json and /policy.json.
func Page() http.Handler {
	files, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // the name is a constant
	}
	return http.FileServerFS(files)
}
