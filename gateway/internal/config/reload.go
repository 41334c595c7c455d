package config

import "reflect"

// reloadTag marks a member that a running gateway can put in force, alone or with all that
// is below it.
const reloadTag = "reload"

// Reloaded returns what a gateway that runs c has in force once it knows next: c with those
// members of next that take effect at once. changed are the keys in which it differs from c;
// waiting are those in which next still differs from it, until a restart.
func (c Config) Reloaded(next Config) (in Config, changed, waiting []string) {
	in = c
	reloadInto(reflect.ValueOf(&in).Elem(), reflect.ValueOf(next), "", false, func(key string, now bool) {
		if now {
			changed = append(changed, key)
		} else {
			waiting = append(waiting, key)
		}
	})
	return in, changed, waiting
}

// reloadInto copies the marked members of next into in, and tells of each key that differs.
func reloadInto(in, next reflect.Value, prefix string, now bool, differs func(key string, now bool)) {
	for i := range in.NumField() {
		field := in.Type().Field(i)
		key, marked := prefix+field.Tag.Get("koanf"), now || field.Tag.Get(reloadTag) == "now"
		if field.Type.Kind() == reflect.Struct {
			reloadInto(in.Field(i), next.Field(i), key+delimiter, marked, differs)
			continue
		}
		if reflect.DeepEqual(in.Field(i).Interface(), next.Field(i).Interface()) {
			continue
		}
		if marked {
			in.Field(i).Set(next.Field(i))
		}
		differs(key, marked)
	}
}
