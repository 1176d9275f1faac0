// Command manifests judges Kubernetes objects, YAML on standard input, as the
// API server would: it decodes them strictly, sets defaults and validates, with
// Kubernetes' own code. A field that does not exist, or a value that would be
// refused, is a mistake: exit code 1. On standard output it says for each object
// what it is, and for each pod what the Pod Security Standards, at their levels
// restricted and baseline, would forbid. It touches nothing else.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
)

func main() {
	mistakes, err := judge(os.Stdin, os.Stdout)
	if err != nil {
		mistakes = append(mistakes, err)
	}
	for _, m := range mistakes {
		fmt.Fprintln(os.Stderr, m)
	}
	if len(mistakes) > 0 {
		os.Exit(1)
	}
}

func judge(from io.Reader, to io.Writer) (mistakes []error, err error) {
	levels, err := newLevels()
	if err != nil {
		return nil, err
	}
	scheme := legacyscheme.Scheme
	strict := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, json.SerializerOptions{Yaml: true, Strict: true})
	documents := yaml.NewYAMLReader(bufio.NewReader(from))
	for n := 0; ; n++ {
		text, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return mistakes, err
		}
		if empty(text) {
			continue
		}
		object, kind, err := strict.Decode(text, nil, nil)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("document %d: %w", n+1, err))
			continue
		}
		name := kind.Kind + "/" + object.(metav1.Object).GetName()
		fmt.Fprintln(to, name)
		scheme.Default(object)
		for _, p := range pods(object) {
			levels.say(to, name, p)
		}
		internal, err := scheme.ConvertToVersion(object, runtime.InternalGroupVersioner)
		if err != nil {
			return mistakes, fmt.Errorf("%s: %w", name, err)
		}
		// What the API server sets before it validates.
		internal.(metav1.Object).SetNamespace("default")
		wrong, err := validate(internal)
		if err != nil {
			return mistakes, fmt.Errorf("%s: %w", name, err)
		}
		for _, w := range wrong {
			mistakes = append(mistakes, fmt.Errorf("%s: %w", name, w))
		}
	}
	return mistakes, nil
}

// empty: comments and separators alone.
func empty(text []byte) bool {
	var any map[string]any
	return yaml.Unmarshal(text, &any) == nil && len(any) == 0
}
