// Command sbom lists what is in a Go program as a CycloneDX document, on
// standard output: the modules that the program itself says it was built from,
// and Go's own library, each with its licence. The same program and the same
// arguments make the same bytes.
//
// It reads the program, asks go list, from the module in the working folder,
// where the modules lie, and reads their licences there.
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

func main() {
	version := flag.String("version", "", "the program's version")
	licence := flag.String("licence", "", "the program's licence, as SPDX calls it")
	seconds := flag.Int64("time", 0, "the document's time, in seconds since 1970")
	flag.Parse()
	if err := list(os.Stdout, flag.Arg(0), *version, *licence, time.Unix(*seconds, 0)); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func list(to io.Writer, program, version, licence string, at time.Time) error {
	if program == "" || version == "" || licence == "" {
		return errors.New("usage: sbom -version 1.2.3 -licence BSD-3-Clause -time SECONDS PROGRAM")
	}
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return err
	}
	sum, err := fileSum(program)
	if err != nil {
		return err
	}
	licences, err := newLicences(info)
	if err != nil {
		return err
	}
	var components []cdx.Component
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		found, err := licences.of(m)
		if err != nil {
			return err
		}
		components = append(components, component(m, found))
	}
	std := &debug.Module{Path: "std", Version: strings.TrimPrefix(info.GoVersion, "go")}
	found, err := licences.ofGo()
	if err != nil {
		return err
	}
	components = append(components, component(std, found))

	name := filepath.Base(info.Main.Path)
	self := cdx.Component{
		BOMRef: name, Type: cdx.ComponentTypeApplication, Name: name, Version: version,
		Licenses:   spdx(cdx.LicenseAcknowledgementDeclared, licence),
		Hashes:     &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: sum}},
		Properties: settings(info),
	}
	var refs []string
	for _, c := range components {
		refs = append(refs, c.BOMRef)
	}
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Timestamp: at.UTC().Format(time.RFC3339), Component: &self}
	bom.Components = &components
	bom.Dependencies = &[]cdx.Dependency{{Ref: self.BOMRef, Dependencies: &refs}}
	// A Go program holds every module that it uses, and says so itself.
	bom.Compositions = &[]cdx.Composition{{Aggregate: cdx.CompositionAggregateComplete, Dependencies: &[]cdx.BOMReference{cdx.BOMReference(self.BOMRef)}}}
	return cdx.NewBOMEncoder(to, cdx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, cdx.SpecVersion1_6)
}

func component(m *debug.Module, licences []string) cdx.Component {
	c := cdx.Component{
		Type: cdx.ComponentTypeLibrary, Name: m.Path, Version: m.Version, Scope: cdx.ScopeRequired,
		PackageURL: "pkg:golang/" + strings.ToLower(m.Path) + "@" + strings.ReplaceAll(m.Version, "+", "%2B"),
		Licenses:   spdx(cdx.LicenseAcknowledgementConcluded, licences...),
	}
	c.BOMRef = c.PackageURL
	if m.Sum != "" {
		c.Properties = &[]cdx.Property{{Name: "go.sum", Value: m.Sum}}
	}
	return c
}

func spdx(by cdx.LicenseAcknowledgement, names ...string) *cdx.Licenses {
	all := cdx.Licenses{}
	for _, name := range names {
		all = append(all, cdx.LicenseChoice{License: &cdx.License{ID: name, Acknowledgement: by}})
	}
	return &all
}

// shown are the settings that a program is built by and that are told.
var shown = []string{"GOOS", "GOARCH", "CGO_ENABLED"}

// settings are how the program was built; nothing of the machine is in them.
func settings(info *debug.BuildInfo) *[]cdx.Property {
	all := []cdx.Property{{Name: "cdx:gomod:build:compiler:version", Value: info.GoVersion}}
	for _, s := range info.Settings {
		if slices.Contains(shown, s.Key) {
			all = append(all, cdx.Property{Name: "cdx:gomod:build:env:" + s.Key, Value: s.Value})
		}
	}
	return &all
}

func fileSum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
