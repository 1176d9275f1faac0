package main

import (
	"os"
	"os/exec"
	"path/filepath"
)

// rivals are the other agents that there is a configuration for. A further one
// takes a template and an entry here.
func rivals(unpacked string) []rival {
	all := []rival{
		{
			name: "rsyslog", install: "apt-get install rsyslog",
			config: "rsyslog.conf", record: "\n", version: []string{"-v"},
			args: func(dir, conf string) []string {
				return []string{"-n", "-f", conf, "-i", filepath.Join(dir, "pid")}
			},
			command: find("rsyslogd"),
		},
		syslogNG(unpacked),
		{
			name: "OpenTelemetry Collector", install: "make bin/otelcol, or otelcol-contrib of that project",
			config: "collector.yaml", record: `"body":`, version: []string{"--version"},
			args:    func(_, conf string) []string { return []string{"--config", "file:" + conf} },
			command: find("bin/otelcol", "otelcol-contrib"),
		},
	}
	return all
}

// syslogNG is the one installed, or one whose package was unpacked: Debian
// lets only one of it and rsyslog be installed.
func syslogNG(unpacked string) rival {
	r := rival{
		name: "syslog-ng", install: "apt-get install syslog-ng-core; beside rsyslog: apt-get download syslog-ng-core, dpkg -x it into a folder, -syslog-ng FOLDER",
		config: "syslog-ng.conf", record: "\n", version: []string{"-V"},
		command: find("syslog-ng"),
	}
	var modules []string
	if unpacked != "" {
		r.command = find(filepath.Join(unpacked, "usr/sbin/syslog-ng"))
		libs := filepath.Join(unpacked, "usr/lib/syslog-ng")
		r.env = []string{"LD_LIBRARY_PATH=" + libs}
		if found, _ := filepath.Glob(filepath.Join(libs, "[0-9]*")); len(found) > 0 {
			modules = []string{"--module-path=" + found[0]}
		}
	}
	r.version = append(modules, r.version...)
	r.args = func(dir, conf string) []string {
		return append(modules[:len(modules):len(modules)], "-F", "--no-caps", "-f", conf, "-p", filepath.Join(dir, "pid"),
			"-R", filepath.Join(dir, "persist"), "-c", filepath.Join(dir, "control"))
	}
	return r
}

// find is the first of these programs that is there: paths, or names to look
// up, also where programs of the system's own are. Empty where none is.
func find(names ...string) string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			if abs, err := filepath.Abs(path); err == nil {
				return abs
			}
		}
		path := filepath.Join("/usr/sbin", filepath.Base(name))
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}
