package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config/check"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/sparkplug"
)

// MaxFields bounds the fields of a source: a device may measure as many things.
const MaxFields = 32

func (c Config) validateSources() (errs []error) {
	names := make(map[string]bool)
	for i, s := range c.Sources {
		at := fmt.Sprintf("sources[%d]", i)
		errs = append(errs, check.Required(at+".name", s.Name), check.Once(names, at+".name", s.Name), s.validateKind(at))
		errs = append(errs, s.validateFields(at)...)
		for j, other := range c.Sources[:i] {
			if overlap(s.filter(), other.filter()) {
				errs = append(errs, fmt.Errorf("%s and sources[%d] overlap: a broker may send a message of both twice, and it would be signed twice", at, j))
			}
		}
	}
	return errs
}

// filter is the topic filter of a source.
func (s Source) filter() string {
	if s.Kind == Sparkplug {
		return sparkplug.Filter(s.Group)
	}
	return strings.ReplaceAll(s.Topic, deviceLevel, "+")
}

// overlap reports whether there is a topic that both filters match, of which each may end with #.
func overlap(a, b string) bool {
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	for i := range min(len(as), len(bs)) {
		switch {
		case as[i] == "#" || bs[i] == "#":
			return true
		case as[i] != bs[i] && as[i] != "+" && bs[i] != "+":
			return false
		}
	}
	return len(as) == len(bs) || endsAbove(as, bs) || endsAbove(bs, as)
}

// endsAbove reports whether long is short with # below it, which matches the topic of short itself.
func endsAbove(short, long []string) bool {
	return len(long) == len(short)+1 && long[len(short)] == "#"
}

func (s Source) validateKind(at string) error {
	switch s.Kind {
	case SenML:
		return errors.Join(validateTopic(at+".topic", s.Topic), onlyWith(at+".fields", "json or sparkplug", len(s.Fields) == 0),
			onlyWith(at+".time", "json", s.Time == ""), s.onlySparkplug(at))
	case JSON:
		return errors.Join(validateTopic(at+".topic", s.Topic), validatePointer(at+".time", s.Time), s.validateTime(at), s.onlySparkplug(at),
			check.Between(at+".fields (their number)", len(s.Fields), 1, MaxFields))
	case Sparkplug:
		return errors.Join(validateLevel(at+".group", s.Group), onlyWith(at+".topic", "senml or json", s.Topic == ""), onlyWith(at+".time", "json", s.Time == ""),
			check.Between(at+".fields (their number)", len(s.Fields), 1, MaxFields))
	}
	return fmt.Errorf("%s.kind must be %s, %s or %s, not %q", at, SenML, JSON, Sparkplug, s.Kind)
}

func (s Source) onlySparkplug(at string) error {
	return errors.Join(onlyWith(at+".group", "sparkplug", s.Group == ""), onlyWith(at+".units", "sparkplug", len(s.Units) == 0))
}

func (s Source) validateTime(at string) error {
	if !slices.Contains([]TimeFormat{"", RFC3339, Unix, UnixMillis}, s.TimeFormat) {
		return fmt.Errorf("%s.time_format must be %s, %s or %s, not %q", at, RFC3339, Unix, UnixMillis, s.TimeFormat)
	}
	return nil
}

func (s Source) validateFields(at string) (errs []error) {
	from, names := make(map[string]bool), make(map[string]bool)
	for i, f := range s.Fields {
		here := fmt.Sprintf("%s.fields[%d]", at, i)
		errs = append(errs, check.Required(here+".from", f.From), check.Once(from, here+".from", f.From), check.Once(names, here+".name", f.Name),
			check.Named(here, waymark.ValidateMeasurement("/name", f.Name)))
		if s.Kind == JSON {
			errs = append(errs, validatePointer(here+".from", f.From))
		}
		if f.Unit != "" {
			errs = append(errs, check.Named(here, waymark.ValidateUnit("/unit", f.Unit)))
		}
	}
	for theirs, ours := range s.Units {
		errs = append(errs, check.Named(fmt.Sprintf("%s.units[%q]", at, theirs), waymark.ValidateUnit("", ours)))
	}
	return errs
}

// onlyWith refuses a member that its kind of source does not have.
func onlyWith(name, kinds string, absent bool) error {
	if absent {
		return nil
	}
	return fmt.Errorf("%s is for sources of kind %s only", name, kinds)
}

func validateTopic(name, topic string) error {
	levels := strings.Split(topic, "/")
	devices := 0
	for _, level := range levels {
		switch {
		case level == deviceLevel:
			devices++
		case level != "+" && strings.ContainsAny(level, "+#{}\x00"):
			return fmt.Errorf("%s: %q must be a word, + or %s", name, level, deviceLevel)
		}
	}
	if devices != 1 || len(topic) > 512 {
		return fmt.Errorf("%s must have at most 512 bytes and one level %s, as in loggers/%s/data", name, deviceLevel, deviceLevel)
	}
	return nil
}

func validateLevel(name, level string) error {
	if level == "" || len(level) > 128 || strings.ContainsAny(level, "/+#\x00") {
		return fmt.Errorf("%s must be one level of a topic, without wildcards", name)
	}
	return nil
}

// validatePointer checks the form of a JSON pointer (RFC 6901); the empty one is for a member that may be absent.
func validatePointer(name, pointer string) error {
	if pointer != "" && !strings.HasPrefix(pointer, "/") {
		return fmt.Errorf("%s must be a JSON pointer, as in /object/temperature", name)
	}
	return nil
}
