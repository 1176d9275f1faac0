// Package kubernetes_test holds the chart and the values beside it against the
// agent, and, with real tools, against Kubernetes' own code.
package kubernetes_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	inputkinds "jupyter-events-agent/inputs/all"
	"jupyter-events-agent/internal/config"
	outputkinds "jupyter-events-agent/outputs/all"
)

// values are what the tests read of the chart's values.
type values struct {
	Mode             string
	FullnameOverride string
	Config           string
	Secrets          []string
	Logs             []string
	State            struct{ Kind string }
}

// container is what they read of a container.
type container struct {
	Name, Image   string
	Command, Args []string
	Lifecycle     struct {
		PreStop struct{ Sleep struct{ Seconds int } }
	}
	SecurityContext struct {
		RunAsNonRoot, AllowPrivilegeEscalation, ReadOnlyRootFilesystem *bool
		RunAsUser                                                      int
		Capabilities                                                   struct{ Drop, Add []string }
		SeccompProfile                                                 struct{ Type string }
	}
	Resources                                   struct{ Requests, Limits map[string]string }
	LivenessProbe, ReadinessProbe, StartupProbe struct {
		Exec struct{ Command []string }
	}
	VolumeMounts []mount
}

type mount struct {
	Name, MountPath, SubPath string
	ReadOnly                 bool
}

type volume struct {
	Name                  string
	ConfigMap             struct{ Name string }
	Secret                struct{ SecretName string }
	HostPath              *struct{ Path string }
	EmptyDir              map[string]any
	PersistentVolumeClaim struct{ ClaimName string }
	Projected             struct {
		Sources []struct {
			ConfigMap struct {
				Name  string
				Items []struct{ Key, Path string }
			}
		}
	}
}

// decode decodes YAML by the names of JSON, letters' case aside.
func decode(t *testing.T, text []byte, to any) {
	t.Helper()
	var plain any
	if err := yaml.Unmarshal(text, &plain); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(plain)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(again, to); err != nil {
		t.Fatal(err)
	}
}

func example(t *testing.T, name string, to any) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("examples", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	decode(t, text, to)
	return string(text)
}

var (
	secretPath = regexp.MustCompile(`"/run/secrets/jupyter-events-agent/([^"]+)"`)
	chartModes = map[string]string{"daemonset": "daemonset", "aggregators": "aggregators", "sidecar-hub": "sidecar", "sidecar-users": "sidecar"}
)

// TestExamplesLoad: the configurations in the examples are right, and read from
// what is mounted.
func TestExamplesLoad(t *testing.T) {
	kinds := config.Kinds{Inputs: inputkinds.Kinds, Outputs: outputkinds.Kinds}
	for name, mode := range chartModes {
		var v values
		example(t, name, &v)
		if v.Mode != mode {
			t.Errorf("%s: mode %q, want %q", name, v.Mode, mode)
		}
		c, err := config.Parse(config.DefaultFile, v.Config, kinds)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := c.Runnable(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		// The volume is mounted where the state is when nothing else is said.
		if c.StateDir != "/var/lib/jupyter-events-agent" {
			t.Errorf("%s: the state is in %s, where no volume is", name, c.StateDir)
		}
		for _, m := range secretPath.FindAllStringSubmatch(v.Config, -1) {
			if secret, _, nested := strings.Cut(m[1], "/"); mode != "sidecar" && (!nested || !slices.Contains(v.Secrets, secret)) {
				t.Errorf("%s: no Secret is mounted at %s", name, m[0])
			}
		}
		for _, m := range regexp.MustCompile(`paths +=\s*\["([^"]+)`).FindAllStringSubmatch(v.Config, -1) {
			if mode == "daemonset" && !slices.ContainsFunc(v.Logs, func(dir string) bool { return strings.HasPrefix(m[1], dir+"/") }) {
				t.Errorf("%s: no folder of the node is mounted for %s", name, m[1])
			}
		}
	}
}

// hub are the values of zero-to-jupyterhub that the examples set.
type hub struct {
	Hub struct {
		Config            struct{ KubeSpawner map[string]int }
		ExtraConfig       map[string]string
		ExtraContainers   []container
		InitContainers    []container
		ExtraVolumes      []volume
		ExtraVolumeMounts []mount
	}
	Singleuser struct {
		ExtraFiles      map[string]struct{ MountPath, StringData string }
		ExtraContainers []container
		InitContainers  []container
		Storage         struct {
			ExtraVolumes      []volume
			ExtraVolumeMounts []mount
		}
	}
}

// TestSidecars: a container of zero-to-jupyterhub's values has what the chart's
// own have, and the ConfigMap, claim and Secret by the names of its twin.
func TestSidecars(t *testing.T) {
	for name, of := range map[string]func(h hub) (container, []volume, []mount){
		"hub": func(h hub) (container, []volume, []mount) {
			return h.Hub.ExtraContainers[0], h.Hub.ExtraVolumes, h.Hub.ExtraVolumeMounts
		},
		"users": func(h hub) (container, []volume, []mount) {
			return h.Singleuser.ExtraContainers[0], h.Singleuser.Storage.ExtraVolumes, h.Singleuser.Storage.ExtraVolumeMounts
		},
	} {
		var twin values
		example(t, "sidecar-"+name, &twin)
		var h hub
		example(t, "zero-to-jupyterhub-"+name, &h)
		agent, volumes, others := of(h)
		confined(t, name, agent)
		if agent.Lifecycle.PreStop.Sleep.Seconds < 5 {
			t.Errorf("%s: it ends before what it follows does", name)
		}
		mounted := map[string]mount{}
		for _, m := range agent.VolumeMounts {
			mounted[m.MountPath] = m
			if m.ReadOnly != (m.MountPath != "/var/lib/jupyter-events-agent") {
				t.Errorf("%s: %s: only the state is written", name, m.MountPath)
			}
		}
		for _, v := range volumes {
			for what, is := range map[string]string{"ConfigMap": v.ConfigMap.Name, "Secret": v.Secret.SecretName, "claim": v.PersistentVolumeClaim.ClaimName} {
				if is != "" && is != twin.FullnameOverride {
					t.Errorf("%s: the %s %s is not that of the other values, %s", name, what, is, twin.FullnameOverride)
				}
			}
		}
		for _, path := range []string{"/etc/jupyter-events-agent", "/run/secrets/jupyter-events-agent", "/var/lib/jupyter-events-agent"} {
			if _, is := mounted[path]; !is {
				t.Errorf("%s: nothing is mounted at %s", name, path)
			}
		}
		// Who writes the log has neither the state nor the secrets.
		for _, m := range others {
			if m.Name != "events" || !strings.HasPrefix(m.MountPath, "/var/log/") {
				t.Errorf("%s: %s is mounted beside the agent", name, m.Name)
			}
		}
	}
}

// TestUsersPods: what KubeSpawner does with the values of users' pods.
func TestUsersPods(t *testing.T) {
	var h hub
	text := example(t, "zero-to-jupyterhub-users", &h)
	var twin values
	example(t, "sidecar-users", &twin)
	// It expands braces in everything, and fails at a name that it does not know.
	for _, m := range regexp.MustCompile(`\{[a-z_]*\}`).FindAllString(text, -1) {
		if m != "{username}" {
			t.Errorf("KubeSpawner would expand %s", m)
		}
	}
	agent := h.Singleuser.ExtraContainers[0]
	if ends := h.Hub.Config.KubeSpawner["delete_grace_period"]; ends < agent.Lifecycle.PreStop.Sleep.Seconds+10 {
		t.Errorf("a pod has %d seconds to end: too few for preStop and grace", ends)
	}
	// A pod counts as started once all its containers are ready.
	if agent.ReadinessProbe.Exec.Command != nil {
		t.Error("a user's server would wait for the agent")
	}
	if strings.Contains(twin.Config, "\n[telemetry]") {
		t.Error("the user's server could ask the agent")
	}
}

// confined: what every container with an agent has.
func confined(t *testing.T, where string, c container) {
	t.Helper()
	s := c.SecurityContext
	if s.RunAsNonRoot == nil || !*s.RunAsNonRoot {
		t.Errorf("%s: may run as root", where)
	}
	if s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation {
		t.Errorf("%s: may gain privileges", where)
	}
	if s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem {
		t.Errorf("%s: may write to its root", where)
	}
	if !slices.Equal(s.Capabilities.Drop, []string{"ALL"}) || len(s.Capabilities.Add) > 0 {
		t.Errorf("%s: has capabilities: %+v", where, s.Capabilities)
	}
	if s.SeccompProfile.Type != "RuntimeDefault" {
		t.Errorf("%s: seccomp %q", where, s.SeccompProfile.Type)
	}
	if c.Resources.Requests["memory"] == "" || c.Resources.Requests["cpu"] == "" || c.Resources.Limits["memory"] == "" {
		t.Errorf("%s: resources %+v", where, c.Resources)
	}
	if want := []string{"/usr/bin/jupyter-events-agent", "health"}; !slices.Equal(c.LivenessProbe.Exec.Command, want) {
		t.Errorf("%s: the probe runs %v", where, c.LivenessProbe.Exec.Command)
	}
}
