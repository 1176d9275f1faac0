//go:build real

package kubernetes_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"jupyter-events-agent/internal/tlsfiles/tlstest"
)

const chart = "jupyter-events-agent"

// TestMain keeps the programs in one folder for all tests.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "chart-")
	if err != nil {
		panic(err)
	}
	bin = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

var bin string

// tools builds the agent, helm and what judges objects as the API server would.
// Without the modules of the last two it says what could not be had.
var tools = sync.OnceValues(func() (missing string, err error) {
	if said, err := exec.Command("go", "build", "-o", filepath.Join(bin, "agent"), "../../cmd/agent").CombinedOutput(); err != nil {
		return "", fmt.Errorf("the agent: %w: %s", err, said)
	}
	for name, from := range map[string]string{"helm": "helm.sh/helm/v4/cmd/helm", "manifests": "./manifests"} {
		said, err := exec.Command("go", "-C", "../../internal/tools/kubernetes", "build", "-o", filepath.Join(bin, name), from).CombinedOutput()
		if err != nil && os.Getenv("CI") == "" {
			return fmt.Sprintf("%s could not be built: %s", name, said), nil
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w: %s", name, err, said)
		}
	}
	return "", nil
})

func run(t *testing.T, stdin, program string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	missing, err := tools()
	if err != nil {
		t.Fatal(err)
	}
	if missing != "" {
		t.Skip(missing)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, program), args...)
	// Nothing of whose machine this is, and no cluster.
	cmd.Env = append(os.Environ(), "HOME="+bin, "HELM_CACHE_HOME="+bin, "HELM_CONFIG_HOME="+bin, "HELM_DATA_HOME="+bin, "KUBECONFIG="+os.DevNull)
	cmd.Stdin = strings.NewReader(stdin)
	var out, wrong bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &wrong
	err = cmd.Run()
	return out.String(), wrong.String(), err
}

// rendered is what the chart makes of an example and more settings.
func rendered(t *testing.T, example string, args ...string) string {
	t.Helper()
	args = append([]string{"template", "release", chart, "--namespace", "jupyter-events", "--kube-version", "1.34.0", "-f", "examples/" + example + ".yaml"}, args...)
	objects, wrong, err := run(t, "", "helm", args...)
	if err != nil {
		t.Fatalf("helm %s: %v\n%s", strings.Join(args, " "), err, wrong)
	}
	return objects
}

// object is what the tests read of a rendered object.
type object struct {
	Kind     string
	Metadata struct{ Name string }
	Data     map[string]string
	Spec     struct {
		Template             struct{ Spec podSpec }
		VolumeClaimTemplates []struct{ Metadata struct{ Name string } }
	}
}

type podSpec struct {
	AutomountServiceAccountToken *bool
	SecurityContext              struct {
		RunAsNonRoot         *bool
		RunAsUser, FsGroup   int
		FsGroupChangePolicy  string
		SeccompProfile       struct{ Type string }
		SupplementalGroups   []int
		HostNetwork, HostPID bool
	}
	Containers, InitContainers []container
	Volumes                    []volume
}

func objects(t *testing.T, text string) (all []object) {
	t.Helper()
	for _, document := range strings.Split("\n"+text, "\n---\n") {
		var o object
		decode(t, []byte(document), &o)
		if o.Kind != "" {
			all = append(all, o)
		}
	}
	return all
}

func one(t *testing.T, all []object, kinds ...string) object {
	t.Helper()
	i := slices.IndexFunc(all, func(o object) bool { return slices.Contains(kinds, o.Kind) })
	if i < 0 {
		t.Fatalf("no %v is made", kinds)
	}
	return all[i]
}

// TestRealChart: each mode passes helm's linter and the API server's own
// validation, has the pods that it says, and a configuration that the agent takes.
func TestRealChart(t *testing.T) {
	for _, c := range []struct {
		name, example string
		args          []string
		kinds         string   // all that is made, in helm's order
		forbidden     []string // what the level restricted forbids of the pod
	}{
		{"daemonset", "daemonset", nil, "ServiceAccount ConfigMap DaemonSet", []string{"restricted volume types", "unrestricted capabilities", "runAsNonRoot != true", "runAsUser=0"}},
		{"daemonset prepared by hand", "daemonset", []string{"--set", "state.prepare.enabled=false,supplementalGroups={4}"}, "ServiceAccount ConfigMap DaemonSet", []string{"restricted volume types"}},
		{"aggregators with claims", "aggregators", nil, "NetworkPolicy PodDisruptionBudget ServiceAccount ConfigMap Service StatefulSet", nil},
		{"aggregators", "aggregators", []string{"--set", "state.kind=emptyDir"}, "NetworkPolicy PodDisruptionBudget ServiceAccount ConfigMap Deployment", nil},
		{"sidecar of the hub", "sidecar-hub", nil, "ConfigMap PersistentVolumeClaim", nil},
		{"sidecar of users", "sidecar-users", nil, "ConfigMap", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if said, wrong, err := run(t, "", "helm", append([]string{"lint", "--strict", chart, "-f", "examples/" + c.example + ".yaml"}, c.args...)...); err != nil {
				t.Errorf("helm lint: %v\n%s%s", err, said, wrong)
			}
			text := rendered(t, c.example, c.args...)
			all := objects(t, text)
			var kinds []string
			for _, o := range all {
				kinds = append(kinds, o.Kind)
			}
			if got := strings.Join(kinds, " "); got != c.kinds {
				t.Errorf("made are %s, want %s", got, c.kinds)
			}
			judged(t, text, c.forbidden)
			var v values
			example(t, c.example, &v)
			files := map[string]string{}
			for name, text := range one(t, all, "ConfigMap").Data {
				files[name] = text
			}
			if strings.TrimSpace(files["agent.toml"]) != strings.TrimSpace(v.Config) {
				t.Errorf("the configuration came out as\n%s", files["agent.toml"])
			}
			checked(t, files)
			if v.Mode != "sidecar" {
				confinedPod(t, one(t, all, "DaemonSet", "Deployment", "StatefulSet"))
			}
		})
	}
}

// judged asks what the API server would say, and compares what the Pod Security
// Standards forbid.
func judged(t *testing.T, text string, forbidden []string) {
	t.Helper()
	said, wrong, err := run(t, text, "manifests")
	if err != nil {
		t.Errorf("the API server would refuse:\n%s", wrong)
	}
	for line := range strings.Lines(said) {
		_, reason, is := strings.Cut(line, ": not restricted: ")
		if is && !slices.ContainsFunc(forbidden, func(f string) bool { return strings.HasPrefix(reason, f) }) {
			t.Errorf("%s", line)
		}
	}
	for _, f := range forbidden {
		if !strings.Contains(said, ": not restricted: "+f) {
			t.Errorf("%q is not forbidden any more: say so in README.md\n%s", f, said)
		}
	}
}

// confinedPod: the pod's own context, and what it mounts.
func confinedPod(t *testing.T, o object) {
	t.Helper()
	spec := o.Spec.Template.Spec
	s := spec.SecurityContext
	if s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.RunAsUser != 65532 || s.FsGroup != 65532 || s.FsGroupChangePolicy != "OnRootMismatch" || s.SeccompProfile.Type != "RuntimeDefault" {
		t.Errorf("%s: %+v", o.Kind, s)
	}
	if spec.AutomountServiceAccountToken == nil || *spec.AutomountServiceAccountToken {
		t.Errorf("%s: has a token for the API server", o.Kind)
	}
	agent := spec.Containers[0]
	confined(t, o.Kind, agent)
	written := 0
	for _, m := range agent.VolumeMounts {
		if !m.ReadOnly {
			written++
			if m.MountPath != "/var/lib/jupyter-events-agent" {
				t.Errorf("%s: %s can be written", o.Kind, m.MountPath)
			}
		}
		claimed := len(o.Spec.VolumeClaimTemplates) == 1 && o.Spec.VolumeClaimTemplates[0].Metadata.Name == m.Name
		if !claimed && !slices.ContainsFunc(spec.Volumes, func(v volume) bool { return v.Name == m.Name }) {
			t.Errorf("%s: there is no volume %s", o.Kind, m.Name)
		}
	}
	if written != 1 {
		t.Errorf("%s: %d mounts can be written, want the state alone", o.Kind, written)
	}
	for _, i := range spec.InitContainers {
		if i.Name != "state" || len(i.VolumeMounts) != 1 || i.VolumeMounts[0].Name != "state" {
			t.Errorf("%s: %+v runs as root", o.Kind, i)
		}
	}
}

// checked lays the files out as Kubernetes mounts a ConfigMap and Secrets, and
// has the agent check its configuration there.
func checked(t *testing.T, files map[string]string) {
	t.Helper()
	root := t.TempDir()
	write := func(path string, text []byte, mode os.FileMode) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, mode); err != nil {
			t.Fatal(err)
		}
	}
	toml := strings.NewReplacer(`"/run/`, `"`+root+`/run/`, `"/var/`, `"`+root+`/var/`, `"/etc/`, `"`+root+`/etc/`).Replace(files["agent.toml"])
	etc := filepath.Join(root, "etc/jupyter-events-agent")
	for name, text := range files {
		if name == "agent.toml" {
			text = "state_dir = \"" + root + "/state\"\n" + toml
		}
		inside := strings.Replace(name, "schemas.", "schemas/", 1)
		write(filepath.Join(etc, "..2026", inside), []byte(text), 0o440)
		top, _, _ := strings.Cut(inside, "/")
		if err := os.Symlink(filepath.Join("..data", top), filepath.Join(etc, top)); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("..2026", filepath.Join(etc, "..data")); err != nil {
		t.Fatal(err)
	}
	authority := tlstest.New(t, "authority")
	for _, m := range secretPath.FindAllStringSubmatch(files["agent.toml"], -1) {
		text := []byte("secret\n")
		switch {
		case strings.HasSuffix(m[1], ".pem"):
			text = authority.PEM
		case strings.HasSuffix(m[1], "id.key"):
			text = bytes.Repeat([]byte("k"), 32)
		}
		write(filepath.Join(root, "run/secrets/jupyter-events-agent", m[1]), text, 0o440)
	}
	said, wrong, err := run(t, "", "agent", "check", "-c", filepath.Join(etc, "agent.toml"))
	if err != nil || strings.Contains(said+wrong, "open to others") {
		t.Errorf("check: %v\n%s%s", err, said, wrong)
	}
}

// TestRealSidecars: the containers of zero-to-jupyterhub's values in a pod are
// what the API server takes, and restricted but for the folders of nodes.
func TestRealSidecars(t *testing.T) {
	for _, c := range []struct {
		name, room string
		forbidden  []string
	}{
		{"hub", "hub", nil},
		{"users", "singleuser", nil},
		{"node", "hub", []string{"restricted volume types", "unrestricted capabilities", "runAsNonRoot != true", "runAsUser=0"}},
		{"node", "singleuser", []string{"restricted volume types", "unrestricted capabilities", "runAsNonRoot != true", "runAsUser=0"}},
	} {
		var all map[string]map[string]any
		example(t, "zero-to-jupyterhub-"+c.name, &all)
		room := all[c.room]
		if storage, is := room["storage"].(map[string]any); is {
			room["extraVolumes"], room["extraVolumeMounts"] = storage["extraVolumes"], storage["extraVolumeMounts"]
		}
		own := map[string]any{
			"name": "notebook", "image": "notebook", "volumeMounts": room["extraVolumeMounts"],
			"securityContext": map[string]any{"runAsUser": 1000, "runAsNonRoot": true, "allowPrivilegeEscalation": false, "capabilities": map[string]any{"drop": []string{"ALL"}}, "seccompProfile": map[string]any{"type": "RuntimeDefault"}},
		}
		containers := []any{own}
		if more, is := room["extraContainers"].([]any); is {
			containers = append(containers, more...)
		}
		pod, err := yaml.Marshal(map[string]any{
			"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": c.name},
			"spec": map[string]any{"containers": containers, "initContainers": room["initContainers"], "volumes": room["extraVolumes"]},
		})
		if err != nil {
			t.Fatal(err)
		}
		// As KubeSpawner does.
		judged(t, strings.ReplaceAll(string(pod), "{username}", "ada"), c.forbidden)
	}
}

// TestRealFiles: schemas and overlays of the values are where the configuration
// finds them, once.
func TestRealFiles(t *testing.T) {
	v := filepath.Join(t.TempDir(), "values.yaml")
	const more = `
config: |
  [schemas]
  paths    = ["/etc/jupyter-events-agent/schemas"]
  overlays = ["categories.toml"]
  [[inputs.file]]
  name  = "etc"
  paths = ["/var/log/jupyter-events/events.log*"]
  [[outputs.file]]
  name   = "out"
  path   = "-"
  policy = { categories = ["unrestricted"] }
files:
  categories.toml: |
    [[schema]]
    id = "https://example.org/etc"
    categories = { "/action" = ["unrestricted"] }
schemas:
  etc.yaml: |
    $id: https://example.org/etc
    version: "1"
    title: Etc
    type: object
    properties: {action: {type: string}}
`
	if err := os.WriteFile(v, []byte(more), 0o600); err != nil {
		t.Fatal(err)
	}
	text := rendered(t, "daemonset", "-f", v)
	judged(t, text, []string{"restricted volume types", "unrestricted capabilities", "runAsNonRoot != true", "runAsUser=0"})
	all := objects(t, text)
	files := one(t, all, "ConfigMap").Data
	if len(files) != 3 {
		t.Fatalf("%d files, want three", len(files))
	}
	checked(t, files)
	at := map[string]bool{}
	for _, volume := range one(t, all, "DaemonSet").Spec.Template.Spec.Volumes {
		for _, source := range volume.Projected.Sources {
			for _, item := range source.ConfigMap.Items {
				if _, is := files[item.Key]; !is {
					t.Errorf("the ConfigMap has no %s", item.Key)
				}
				at[item.Path] = true
			}
		}
	}
	for _, path := range []string{"agent.toml", "categories.toml", "schemas/etc.yaml"} {
		if !at[path] {
			t.Errorf("nothing is at %s", path)
		}
	}
	if again := rendered(t, "daemonset", "-f", v); again != text {
		t.Error("made twice, it differs")
	}
}

// TestRealMetrics: with the values of README.md a pod has a proxy at the port
// that the PodMonitor names. Its own kind is not Kubernetes', so its text is
// compared only.
func TestRealMetrics(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(page), "```yaml\n")
	block, _, _ = strings.Cut(block, "```")
	more := filepath.Join(t.TempDir(), "metrics.yaml")
	if err := os.WriteFile(more, []byte(block), 0o600); err != nil {
		t.Fatal(err)
	}
	var monitors, others []string
	for _, document := range strings.Split(rendered(t, "aggregators", "-f", more), "\n---\n") {
		if strings.Contains(document, "\nkind: PodMonitor\n") {
			monitors = append(monitors, document)
		} else {
			others = append(others, document)
		}
	}
	judged(t, strings.Join(others, "\n---\n"), nil)
	if len(monitors) != 1 || !strings.Contains(monitors[0], "port: metrics") || !strings.Contains(monitors[0], "insecureSkipVerify: true") {
		t.Errorf("PodMonitor: %v", monitors)
	}
}

// TestRealRefusals: what cannot work is said before anything is made.
func TestRealRefusals(t *testing.T) {
	for set, want := range map[string]string{
		"mode=deployment":                  "mode",
		"image.repository=":                "image.repository is empty",
		"image.tag=":                       "image.tag is empty",
		"config=":                          "config is empty",
		`config=state_dir = "/data"`:       "state_dir in config",
		"state.kind=claim":                 "state.kind=claim is not for mode=daemonset",
		"mode=aggregators":                 "id_key_file in config",
		"image.digest=sha256:12":           "digest",
		"supplementalGroups={4}":           "",
		"mode=sidecar,state.kind=hostPath": "state.kind=hostPath is for mode=daemonset",
		"podMonitor.enabled=true":          "put a proxy with TLS into extraContainers",
		"recources.limits.memory=1Gi":      "recources",
		"user=0":                           "user",
	} {
		_, wrong, err := run(t, "", "helm", "template", "release", chart, "-f", "examples/daemonset.yaml", "--set", set)
		if (err != nil) != (want != "") || !strings.Contains(wrong, want) {
			t.Errorf("%s: %v, want %q in\n%s", set, err, want, wrong)
		}
	}
}
