package config

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// form finds every key that does not exist, also one that differs in case only, and every value
// that is of another kind than its key has.
type form struct {
	variables map[string]string // the environment variable that set a key
	wrong     []string          // keys
	faults    []error           // what is wrong with each of them
}

// check compares value, as the file has it, with the type that it is for.
func (f *form) check(key string, t reflect.Type, value any) {
	if value == nil { // a key without a value is as good as none
		return
	}
	switch {
	case t == reflect.TypeFor[time.Duration]():
		f.parses(key, value, "a duration such as 15s", func(s string) error { _, err := time.ParseDuration(s); return err })
	case t.Kind() == reflect.Struct:
		f.checkSection(key, t, value)
	case t.Kind() == reflect.Map:
		f.checkNamed(key, t, value)
	case t.Kind() == reflect.Slice:
		f.checkList(key, t, value)
	case t.Kind() == reflect.String:
		f.parses(key, value, "a text", func(string) error { return nil })
	case t.Kind() == reflect.Bool:
		f.parses(key, value, "true or false", func(s string) error { _, err := strconv.ParseBool(s); return err })
	case t.Kind() == reflect.Float64:
		f.parses(key, value, "a number", func(s string) error { _, err := strconv.ParseFloat(s, 64); return err })
	default:
		f.parses(key, value, "a whole number", func(s string) error { _, err := strconv.ParseInt(s, 10, 64); return err })
	}
}

func (f *form) checkSection(key string, t reflect.Type, value any) {
	section, ok := value.(map[string]any)
	if !ok {
		f.fault(key, "must be a section of keys")
		return
	}
	known := make(map[string]reflect.Type, t.NumField())
	for i := range t.NumField() {
		known[t.Field(i).Tag.Get(tag)] = t.Field(i).Type
	}
	for _, name := range slices.Sorted(maps.Keys(section)) {
		if typ, ok := known[name]; ok {
			f.check(join(key, name), typ, section[name])
			continue
		}
		f.fault(join(key, name), "there is no such key; here there are: "+strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	}
}

func (f *form) checkNamed(key string, t reflect.Type, value any) {
	named, ok := value.(map[string]any)
	if !ok {
		f.fault(key, "must be a section of names")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		f.check(join(key, name), t.Elem(), named[name])
	}
}

func (f *form) checkList(key string, t reflect.Type, value any) {
	list, ok := value.([]any)
	if !ok {
		f.fault(key, "must be a list")
		return
	}
	for n, item := range list {
		f.check(fmt.Sprintf("%s[%d]", key, n), t.Elem(), item)
	}
}

// parses checks a single value. The environment has all of them as texts.
func (f *form) parses(key string, value any, want string, parse func(string) error) {
	switch value.(type) {
	case map[string]any, []any:
		f.fault(key, "must be "+want)
		return
	}
	if parse(fmt.Sprint(value)) != nil {
		f.fault(key, "must be "+want)
	}
}

// fault notes what is wrong with a key, and where it is from if that is not the file.
func (f *form) fault(key, what string) {
	if variable, ok := f.variables[key]; ok {
		what += fmt.Sprintf(" (set by %s; two underscores stand between levels)", variable)
	}
	f.wrong = append(f.wrong, key)
	f.faults = append(f.faults, errors.New(key+": "+what))
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + delimiter + name
}
