package waymark

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CheckForms holds the members of a request, a struct, to their forms, in their order, and those of the
// structs in it. It returns Invalid, with the member, for the first that has not its form.
func CheckForms(request any) error { return checkMembers("", reflect.ValueOf(request)) }

func checkMembers(pointer string, v reflect.Value) error {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if Optional(field) && absent(v.Field(i)) {
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		form, _ := FormOf(field)
		if err := form.checkValue(pointer+"/"+name, v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

// absent reports whether a member is as one that was left out, an empty list too.
func absent(v reflect.Value) bool {
	return v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0
}

// checkValue checks a value, and what is in it. The zero Form bounds only the latter.
func (f Form) checkValue(pointer string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		return f.checkValue(pointer, v.Elem())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return nil
		}
		return checkMembers(pointer, v)
	case reflect.Slice:
		return f.checkList(pointer, v)
	case reflect.Map:
		return f.checkMap(pointer, v)
	case reflect.String:
		return f.checkText(pointer, v.String())
	case reflect.Int, reflect.Int64:
		return f.checkCount(pointer, "must be %d to %d", v.Int())
	case reflect.Uint64:
		return f.checkCount(pointer, "must be %d to %d", int64(min(v.Uint(), 1<<62))) // no bound is above
	default: // a flag, or a pointer to nothing
		return f.checkNone(pointer, v)
	}
}

// checkNone fails for a form of what has none.
func (f Form) checkNone(pointer string, v reflect.Value) error {
	if f.Most > 0 && v.IsValid() {
		return Errorf(Internal, "%s has a form, which is of no %s", pointer, v.Kind())
	}
	return nil
}

// checkCount checks a number, or how much there is of something. must says the bounds.
func (f Form) checkCount(pointer, must string, n int64) error {
	if f.Most > 0 && (n < f.Least || n > f.Most) {
		return InvalidField(pointer, must, f.Least, f.Most)
	}
	return nil
}

func (f Form) checkText(pointer, text string) error {
	if f.check != nil {
		if err := f.check(pointer, text); err != nil {
			return err
		}
	}
	return f.checkCount(pointer, "must be %d to %d bytes", int64(len(text)))
}

// entry is the form of an entry.
func (f Form) entry() Form {
	if f.Entry == "" {
		return Form{}
	}
	return FormNamed(f.Entry)
}

func (f Form) checkList(pointer string, v reflect.Value) error {
	if err := f.checkCount(pointer, "must hold %d to %d", int64(v.Len())); err != nil {
		return err
	}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return nil
	}
	entry := f.entry()
	for i := range v.Len() {
		if err := entry.checkValue(pointer+"/"+strconv.Itoa(i), v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

// checkMap checks a map of texts.
func (f Form) checkMap(pointer string, v reflect.Value) error {
	if err := f.checkCount(pointer, "must hold %d to %d", int64(v.Len())); err != nil {
		return err
	}
	texts, ok := v.Interface().(map[string]string)
	if !ok || f.Key == "" {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		if FormNamed(f.Key).checkText("", key) != nil {
			return InvalidField(pointer, "has a name that can be none here")
		}
		if err := f.entry().checkText(pointer+"/"+key, texts[key]); err != nil {
			return err
		}
	}
	return nil
}
