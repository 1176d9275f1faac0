package corpus

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// The ids of the four schemas.
const (
	ContentsID  = "https://events.jupyter.org/jupyter_server/contents_service/v1"
	KernelID    = "https://events.jupyter.org/jupyter_server/kernel_actions/v1"
	ServerID    = "https://schema.jupyter.org/jupyterhub/events/server-action"
	TelemetryID = "https://example.org/events/notebook-telemetry/v1"
)

var (
	firstNames  = strings.Fields("anna bela carla dario emre fatima georg hana ivo jana kofi lena marek nadia omar petra quentin rosa sami tove ugo vera wanda xenia yara zdenek")
	lastNames   = strings.Fields("adler bianchi castro dvorak engel farkas gruber horvat ibsen janssen keller lindgren moretti novak olsen pereira quiroga romero sato thorne ulrich vogel winter xavier young zeman")
	folders     = []string{"", "notebooks/", "work/", "data/raw/", "data/clean/", "course/week1/", "course/week2/hw/", "projects/churn/src/", "projects/churn/nb/", "thesis/chapters/", "shared/team-a/2025/q1/"}
	stems       = strings.Fields("Untitled survey train_model charts overview features report draft homework lecture minutes cleanup pipeline scratch trial benchmark tutorial intro forecast clustering")
	endings     = []string{"", "", "1", "2", "-v2", "_final", " copy", "-Copy1"}
	extensions  = []string{".ipynb", ".ipynb", ".ipynb", ".ipynb", ".ipynb", ".ipynb", ".ipynb", ".py", ".csv", ".md", ".txt", ".json", ".png", ""}
	kernelNames = []string{"python3", "python3", "python3", "python3", "python3", "python3", "python3", "python3", "ir", "julia-1.10", "xpython"}
	serverNames = []string{"", "", "", "", "", "", "", "", "gpu", "teaching", "big-mem"}
	cellWords   = strings.Fields("import numpy as np pandas plot df groupby mean fit predict score axis figure load save model loss epoch batch shape print return lambda range")
	happenings  = []string{"NotebookOpenEvent", "NotebookSaveEvent", "CellExecuteEvent", "ActiveCellChangeEvent", "ClipboardCopyEvent"}
	exceptions  = []string{"ValueError", "KeyError", "NameError"}
	kernelFails = []string{"Kernel died before replying to kernel_info", "Timeout waiting for kernel", "[Errno 12] Cannot allocate memory", "No such kernel: 'python2'"}
	statusCodes = []int64{400, 404, 500, 502, 503, 599}
)

var oddPaths = []string{
	"Übung 7/Lösung.ipynb", "leçons/été à Nîmes.ipynb", "实验/数据分析.ipynb", "ノート/解析.ipynb", "тест/отчёт.ipynb", "مشروع/تحليل.ipynb",
	"emoji/🚀 start 🎉.ipynb", "family/👨\u200d👩\u200d👧.ipynb", "math/∑x²≤∞.ipynb", `quoted/"last" version.ipynb`, `back\slash\dir.ipynb`,
	"tab\there.ipynb", "new\nline.ipynb", "del\x7f\x1b[31m.ipynb", `looks-like-nul\u0000.ipynb`, "combining/e\u0301te\u0301.ipynb", "composed/\u00e9t\u00e9.ipynb",
	"html/<script>&amp;.ipynb", "line\u2028sep\u2029.ipynb", "bom\ufeff.ipynb", "𝒜𝓁𝓅𝒽𝒶.ipynb", "long/" + strings.Repeat("ä", 180) + ".ipynb",
}

// world is what the events of one corpus speak of.
type world struct {
	users []user
	paths []string
	ids   []string // of kernels and sessions
}

type user struct{ login, name, email string }

func newWorld(r *rand.Rand) world {
	var w world
	for i := range 600 {
		f, l := pick(r, firstNames), pick(r, lastNames)
		login := fmt.Sprintf("%s.%s%d", f, l, i)
		w.users = append(w.users, user{login, title(f) + " " + title(l), login + "@uni-" + pick(r, lastNames) + ".example"})
	}
	for range 6000 {
		w.paths = append(w.paths, pick(r, folders)+pick(r, stems)+pick(r, endings)+pick(r, extensions))
	}
	for range 5000 {
		a, b := r.Uint64(), r.Uint64()
		w.ids = append(w.ids, fmt.Sprintf("%08x-%04x-4%03x-%x%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, 8+b>>62, b>>48&0xfff, b&0xffffffffffff))
	}
	return w
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
