package config

import (
	"path/filepath"
	"reflect"
	"strings"
)

// anchor makes every path absolute, starting at dir. What is a path the name of the key says.
func (c *Config) anchor(dir string) { anchor(reflect.ValueOf(c).Elem(), dir) }

func anchor(v reflect.Value, dir string) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			anchorField(v.Type().Field(i).Tag.Get(tag), v.Field(i), dir)
		}
	case reflect.Slice:
		for i := range v.Len() {
			anchor(v.Index(i), dir)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			value := reflect.New(v.Type().Elem()).Elem() // what is in a map cannot be changed there
			value.Set(v.MapIndex(key))
			anchor(value, dir)
			v.SetMapIndex(key, value)
		}
	default: // holds no path
	}
}

func anchorField(key string, v reflect.Value, dir string) {
	if v.Kind() != reflect.String || !strings.HasSuffix(key, "_file") && key != "dir" {
		anchor(v, dir)
		return
	}
	if path := v.String(); path != "" && !filepath.IsAbs(path) {
		v.SetString(filepath.Join(dir, path))
	}
}
