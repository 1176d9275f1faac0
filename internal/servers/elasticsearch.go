package servers

import (
	"archive/zip"
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

//go:embed elasticsearch/*
var elasticsearchFiles embed.FS

func elasticsearchFile(name string) string {
	text, err := elasticsearchFiles.ReadFile("elasticsearch/" + name)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// ElasticsearchServer is a running Elasticsearch of one node. It must not be
// changed.
type ElasticsearchServer struct {
	URL                 string // without a slash at its end
	CAFile, OtherCAFile string // with HTTPS: the authority that signed its certificate, and one that did not
	User, Password      string // with HTTPS: may do everything

	client *http.Client
}

// Elasticsearch returns an Elasticsearch that answers, or skips t.
func Elasticsearch(t testing.TB, options ...Option) *ElasticsearchServer {
	t.Helper()
	return shared(t, "elasticsearch", options, func(dir string) (*ElasticsearchServer, process, error) {
		return newElasticsearch(dir, options)
	})
}

func newElasticsearch(dir string, options []Option) (*ElasticsearchServer, process, error) {
	pom, node, extras := elasticsearchFile("pom.xml"), elasticsearchFile("TestNode.java"), elasticsearchFile("Extras.java")
	home, err := javaHome("elasticsearch", []string{pom, node, extras}, func(home string) error {
		if err := fetch(pom, filepath.Join(home, "lib")); err != nil {
			return err
		}
		return errors.Join(os.Mkdir(filepath.Join(home, "modules"), 0o755), layOut(home, node, extras))
	})
	if err != nil {
		return nil, process{}, err
	}
	at, err := ports(2)
	if err != nil {
		return nil, process{}, err
	}
	s := &ElasticsearchServer{URL: "http://" + at[0], client: &http.Client{Timeout: time.Minute}}
	const user, password = "elastic", "elastic-secret"
	config := fill(elasticsearchFile("elasticsearch.yml"), map[string]string{"PORT": port(at[0]), "TRANSPORT": port(at[1])})
	if https(options) {
		certs := filepath.Join(dir, "config")
		if err := certificates(certs); err != nil {
			return nil, process{}, err
		}
		s.URL, s.User, s.Password = "https://"+at[0], user, password
		s.CAFile, s.OtherCAFile = filepath.Join(certs, "ca.pem"), filepath.Join(certs, "other-ca.pem")
		if s.client.Transport, err = trusting(certs); err != nil {
			return nil, process{}, err
		}
		config += "xpack.security.enabled: true\nxpack.security.authc.api_key.enabled: true\n" +
			"xpack.security.http.ssl: {enabled: true, key: server.key, certificate: server.crt}\n"
	} else {
		config += "xpack.security.enabled: false\n"
	}
	config += strings.Join(settings(options), "\n")
	if err := write(dir, map[string]string{"config/elasticsearch.yml": config, "config/log4j2.properties": elasticsearchFile("log4j2.properties")}); err != nil {
		return nil, process{}, err
	}
	for _, d := range []string{"plugins", "logs", "data", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			return nil, process{}, err
		}
	}
	if err := os.Symlink(filepath.Join(home, "modules"), filepath.Join(dir, "modules")); err != nil {
		return nil, process{}, err
	}
	return s, process{ready: s.ready, command: func() *exec.Cmd {
		return exec.Command("java", "-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
			// Not verified: the classes for SAML that x-pack-security names are not published.
			"-XX:+UnlockDiagnosticVMOptions", "-XX:-BytecodeVerificationRemote",
			"-Djava.io.tmpdir="+filepath.Join(dir, "tmp"), "-Dlog4j2.disable.jmx=true", "-Dio.netty.noUnsafe=true",
			"-cp", filepath.Join(home, "classes")+":"+filepath.Join(home, "lib", "*"), "TestNode", dir, password)
	}}, nil
}

// layOut makes of the artefacts in home/lib what a node finds in its home:
// modules/NAME with a jar and its description. The rest of lib is the class path.
func layOut(home, node, extras string) error {
	lib, modules := filepath.Join(home, "lib"), filepath.Join(home, "modules")
	var version string
	for _, name := range []string{"transport-netty4", "x-pack-core", "x-pack-security"} {
		found, err := filepath.Glob(filepath.Join(lib, name+"-[0-9]*.jar"))
		if err != nil || len(found) != 1 {
			return fmt.Errorf("%d artefacts are called %s (%w)", len(found), name, err)
		}
		jar := filepath.Join(modules, name, filepath.Base(found[0]))
		if err := errors.Join(os.Mkdir(filepath.Dir(jar), 0o755), os.Rename(found[0], jar)); err != nil {
			return err
		}
		description, err := describe(jar, name)
		if err != nil {
			return err
		}
		if err := write(filepath.Dir(jar), map[string]string{"plugin-descriptor.properties": description}); err != nil {
			return err
		}
		version = strings.TrimSuffix(strings.TrimPrefix(filepath.Base(jar), name+"-"), ".jar")
	}
	// As in the distribution, which has it twice.
	netty := "transport-netty4-" + version + ".jar"
	if err := os.Link(filepath.Join(modules, "transport-netty4", netty), filepath.Join(modules, "x-pack-security", netty)); err != nil {
		return err
	}
	own := filepath.Join(modules, "extras")
	if err := write(home, map[string]string{
		"src/TestNode.java": node,
		"src/Extras.java":   extras,
		"modules/extras/plugin-descriptor.properties": "name=extras\ndescription=extras\nclassname=Extras\njava.version=17\nversion=" +
			version + "\nelasticsearch.version=" + version + "\n",
	}); err != nil {
		return err
	}
	for source, to := range map[string]string{"TestNode.java": "classes", "Extras.java": "extras"} {
		if err := run("javac", "-nowarn", "-cp", filepath.Join(lib, "*"), "-d", filepath.Join(home, to), filepath.Join(home, "src", source)); err != nil {
			return err
		}
	}
	return run("jar", "cf", filepath.Join(own, "extras.jar"), "-C", filepath.Join(home, "extras"), ".")
}

// describe is the description of a module that its jar holds, without the name
// of a Java module: it is loaded from the class path.
func describe(jar, name string) (string, error) {
	z, err := zip.OpenReader(jar)
	if err != nil {
		return "", err
	}
	defer z.Close()
	f, err := z.Open("META-INF/es-plugins/" + name + "/plugin-descriptor.properties")
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return "", err
	}
	var kept strings.Builder
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "modulename=") {
			kept.WriteString(line)
		}
	}
	return kept.String(), nil
}

func (s *ElasticsearchServer) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	// Yellow: every index that was there before has its primary shard.
	status, body, err := s.ask(ctx, http.MethodGet, "/_cluster/health?wait_for_status=yellow&timeout=5s", "")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d: %s", status, body)
	}
	return err
}

func (s *ElasticsearchServer) ask(ctx context.Context, method, path, body string) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.URL+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if s.User != "" {
		request.SetBasicAuth(s.User, s.Password)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, text, err
}

// Do sends a request as User. path begins with a slash; body may be empty and
// is JSON otherwise.
func (s *ElasticsearchServer) Do(t testing.TB, method, path, body string) (status int, answer []byte) {
	t.Helper()
	status, answer, err := s.ask(within(t, time.Minute), method, path, body)
	if err != nil {
		t.Fatalf("elasticsearch: %s %s: %v", method, path, err)
	}
	return status, answer
}

// NewAPIKey makes a key with these roles, the role_descriptors of
// Elasticsearch as JSON, and returns it in the form that a client sends.
func (s *ElasticsearchServer) NewAPIKey(t testing.TB, roles string) string {
	t.Helper()
	status, answer := s.Do(t, http.MethodPost, "/_security/api_key", `{"name": "test", "role_descriptors": `+roles+`}`)
	var key struct{ Encoded string }
	if err := json.NewDecoder(bytes.NewReader(answer)).Decode(&key); err != nil || status != http.StatusOK || key.Encoded == "" {
		t.Fatalf("making an API key: status %d: %s", status, answer)
	}
	return key.Encoded
}

// Stop ends the server, by SIGTERM or, with Kill, by SIGKILL.
func (s *ElasticsearchServer) Stop(t testing.TB, how ...How) { t.Helper(); of(s).stop(t, how) }

// Start starts a stopped server with the same address and data. One that runs
// is left alone.
func (s *ElasticsearchServer) Start(t testing.TB) { t.Helper(); of(s).start(t) }
