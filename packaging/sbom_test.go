//go:build real

package packaging_test

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"jupyter-events-agent/internal/servers"
)

// bom is what the test reads of a CycloneDX document.
type bom struct {
	SerialNumber string
	Metadata     struct {
		Timestamp string
		Component struct {
			Version string
			Hashes  []struct{ Alg, Content string }
		}
	}
	Components []struct {
		Name, Version, Purl string
		Licenses            []struct{ License struct{ ID string } }
	}
}

// TestRealSBOM: the list beside the packages is the one in them, has exactly
// the modules that the program in them says it was built from, and is valid by
// CycloneDX's own schema.
func TestRealSBOM(t *testing.T) {
	in := dist(t)
	need(t, "dpkg-deb", "dpkg")
	for _, arch := range []string{"amd64", "arm64"} {
		file := filepath.Join(in, "jupyter-events-agent_"+first+"_linux_"+arch+".cdx.json")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		root := t.TempDir()
		output(t, "dpkg-deb", "--extract", filepath.Join(in, "jupyter-events-agent_"+first+"_"+arch+".deb"), root)
		if packed, err := os.ReadFile(filepath.Join(root, "usr/share/doc/jupyter-events-agent/sbom.cdx.json")); err != nil || string(packed) != string(text) {
			t.Errorf("%s: the list in the package is not the one beside it: %v", arch, err)
		}
		program := filepath.Join(root, "usr/bin/jupyter-events-agent")
		built, err := buildinfo.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"std " + strings.TrimPrefix(built.GoVersion, "go")}
		for _, m := range built.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			want = append(want, m.Path+" "+m.Version)
		}
		if len(want) < 20 {
			t.Fatalf("the program tells of %d modules only", len(want))
		}
		var listed bom
		if err := json.Unmarshal(text, &listed); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range listed.Components {
			got = append(got, c.Name+" "+c.Version)
			if !strings.HasPrefix(c.Purl, "pkg:golang/") || !strings.HasSuffix(c.Purl, "@"+strings.ReplaceAll(c.Version, "+", "%2B")) {
				t.Errorf("%s: %s has the address %s", arch, c.Name, c.Purl)
			}
			if len(c.Licenses) == 0 || c.Licenses[0].License.ID == "" {
				t.Errorf("%s: %s has no licence", arch, c.Name)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: listed are\n%v\nthe program has\n%v", arch, got, want)
		}
		binary, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(binary)
		self := listed.Metadata.Component
		if self.Version != first || len(self.Hashes) != 1 || self.Hashes[0].Content != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: the list is of %+v, the program is %s %x", arch, self, first, sum)
		}
		// What two builds would differ in.
		if listed.SerialNumber != "" || listed.Metadata.Timestamp != "2023-11-14T22:13:20Z" {
			t.Errorf("%s: serial number %q, time %q", arch, listed.SerialNumber, listed.Metadata.Timestamp)
		}
		t.Run("schema "+arch, func(t *testing.T) { valid(t, file, string(text)) })
	}
}

// valid asks the validator of CycloneDX's own library for Python, and has it
// refuse a document with a mistake.
func valid(t *testing.T, file, text string) {
	python := servers.Python(t, "cyclonedx-python-lib[json-validation]==11.12.0")
	const ask = `import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
print("valid" if wrong is None else wrong)`
	if said := output(t, python, "-c", ask, file); said != "valid\n" {
		t.Error(said)
	}
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte(strings.Replace(text, `"id": "MIT"`, `"id": "Mitt"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := output(t, python, "-c", ask, broken); said == "valid\n" {
		t.Error("a licence that SPDX does not know is valid: the validator does not look")
	}
}
