package main

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
)

// preface says how the file is to be read.
const preface = `Written by go generate from the comments of the package that reads it. A line with # and no
space after it shows a default: take the # off to change it.

`

// writer writes the sample.
type writer struct {
	*source
	out   bytes.Buffer
	shown map[string]bool // structs whose keys were explained
	err   error
}

func (s *source) sample() ([]byte, error) {
	w := &writer{source: s, shown: make(map[string]bool)}
	w.comment("", preface+s.header)
	for _, f := range s.structs["Config"] {
		w.out.WriteByte('\n')
		w.field("", "", f, true)
	}
	return w.out.Bytes(), w.err
}

// section writes the keys of a struct. name takes the place of NAME in examples; explained says
// whether comments and defaults are written too.
func (w *writer) section(indent, kind, name string, explained bool) {
	for _, f := range w.structs[kind] {
		w.field(indent, name, f, explained)
	}
}

func (w *writer) field(indent, name string, f field, explained bool) {
	if !explained && !f.example {
		return
	}
	if explained {
		w.explain(indent, f)
	}
	if _, section := w.structs[f.kind]; section && (f.shape != once || f.value == "") {
		w.nested(indent, name, f)
		return
	}
	switch {
	case !f.given:
		w.err = fmt.Errorf("%s has neither a default nor an example", f.name)
	case f.example:
		w.line(indent, f.key+": "+strings.ReplaceAll(f.value, "NAME", name))
	default:
		w.line(indent, "#"+f.key+": "+cmp.Or(f.value, `""`))
	}
}

// nested writes a key that has keys below it, line by line.
func (w *writer) nested(indent, name string, f field) {
	if f.given && f.shape == once {
		w.absent(indent, f)
		return
	}
	w.line(indent, f.key+":")
	switch f.shape {
	case once:
		w.section(indent+"  ", f.kind, name, true)
	case listed:
		w.line(indent, "  -")
		w.section(indent+"    ", f.kind, name, true)
	case named:
		for i, instance := range strings.Fields(f.value) {
			w.line(indent+"  ", instance+":")
			w.section(indent+"    ", f.kind, instance, i == 0)
		}
	}
}

// explain writes the comment of a key, and of what it is made of if that is written in one line.
func (w *writer) explain(indent string, f field) {
	text := strings.TrimSpace(w.inKeys(f.comment))
	if f.now {
		text += ` (reload:"now")`
	}
	w.comment(indent, strings.TrimSpace(text))
	if f.given && f.value != "" && f.shape == once && !w.shown[f.kind] {
		for _, part := range w.structs[f.kind] {
			w.comment(indent, "  "+strings.TrimSpace(w.inKeys(part.comment)))
		}
		w.shown[f.kind] = true
	}
}

// absent shows a section that cannot be there together with what is.
func (w *writer) absent(indent string, f field) {
	w.line(indent, "# "+f.key+":")
	for _, part := range w.structs[f.kind] {
		w.comment(indent, "  # "+strings.ReplaceAll(strings.TrimSpace(w.inKeys(part.comment)), "\n", "\n  # "))
		w.line(indent, "#   "+part.key+": "+part.value)
	}
}

func (w *writer) comment(indent, text string) {
	if text == "" {
		return
	}
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		w.line(indent, strings.TrimRight("# "+line, " "))
	}
}

func (w *writer) line(indent, text string) { w.out.WriteString(indent + text + "\n") }
