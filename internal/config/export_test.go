package config

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"jupyter-events-agent/internal/aside"
)

// RootKeys are the keys at the top that begin with one of the prefixes.
func RootKeys(prefixes ...string) (keys []string) {
	for _, key := range keysOf("", reflect.TypeFor[root]()) {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) {
			keys = append(keys, key)
		}
	}
	return keys
}

// AllRootKeys are all keys at the top.
func AllRootKeys() []string { return keysOf("", reflect.TypeFor[root]()) }

// InputKeys are the keys of every kind of input.
func InputKeys(k Kinds) []string {
	keys := keysOf("", reflect.TypeFor[inputKeys]())
	for _, kind := range k.Inputs {
		keys = append(keys, keysOf("", reflect.TypeOf(kind()).Elem())...)
	}
	return keys
}

// OutputKeys are the keys of every kind of output.
func OutputKeys(k Kinds) []string {
	keys := keysOf("", reflect.TypeFor[outputKeys]())
	for _, kind := range k.Outputs {
		keys = append(keys, keysOf("", reflect.TypeOf(kind()).Elem())...)
	}
	return keys
}

// InputKinds are the keys of each kind of input, and under "" those that all have.
func InputKinds(k Kinds) map[string][]string {
	kinds := map[string][]string{"": keysOf("", reflect.TypeFor[inputKeys]())}
	for name, kind := range k.Inputs {
		kinds[name] = keysOf("", reflect.TypeOf(kind()).Elem())
	}
	return kinds
}

// OutputKinds are the same of outputs.
func OutputKinds(k Kinds) map[string][]string {
	kinds := map[string][]string{"": keysOf("", reflect.TypeFor[outputKeys]())}
	for name, kind := range k.Outputs {
		kinds[name] = keysOf("", reflect.TypeOf(kind()).Elem())
	}
	return kinds
}

// Defaults are the values that a kind's constructor sets, as TOML has them, by
// dotted key; what is zero there is no default of the constructor's.
func Defaults(kind any) map[string]string {
	all := map[string]string{}
	defaults("", reflect.ValueOf(kind).Elem(), all)
	return all
}

func defaults(prefix string, v reflect.Value, all map[string]string) {
	for i := range v.NumField() {
		tag, field := v.Type().Field(i).Tag.Get("toml"), v.Field(i)
		if tag == "" || field.IsZero() {
			continue
		}
		switch value := field.Interface().(type) {
		case encoding.TextMarshaler:
			text, _ := value.MarshalText()
			all[prefix+tag] = `"` + string(text) + `"`
		case string:
			all[prefix+tag] = `"` + value + `"`
		default:
			if field.Kind() == reflect.Struct {
				defaults(prefix+tag+".", field, all)
				continue
			}
			all[prefix+tag] = fmt.Sprint(value)
		}
	}
}

// QuarantineKeys are the keys of [quarantine].
func QuarantineKeys() []string { return keysOf("quarantine.", reflect.TypeFor[aside.Config]()) }

// RejectedKeys are the keys of [rejected].
func RejectedKeys() []string { return keysOf("rejected.", reflect.TypeFor[aside.Config]()) }

// Words are the keys that a hint may offer.
func Words() []string { return words }

// keysOf are the dotted keys of a struct by its toml tags.
func keysOf(prefix string, t reflect.Type) (keys []string) {
	for i := range t.NumField() {
		tag := t.Field(i).Tag.Get("toml")
		if tag == "" {
			continue
		}
		inner := t.Field(i).Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			keys = append(keys, keysOf(prefix+tag+".", inner)...)
			continue
		}
		keys = append(keys, prefix+tag)
	}
	return keys
}
