package config

import (
	"errors"
	"fmt"

	"github.com/knadh/koanf/v2"
)

// withdrawn takes out what a configuration of a bridge has whose embedded broker had a store of its own, and says what to do about it.
func withdrawn(k *koanf.Koanf) error {
	var errs []error
	for _, key := range []string{"embedded.store_dir", "embedded.store_bytes", "embedded.sync_always", "embedded.sync_interval"} {
		if !k.Exists(key) {
			continue
		}
		what := "remove the key"
		if key == "embedded.store_dir" {
			what += fmt.Sprintf(", and take what that store has into the spool once, before the first start: mqtt-bridge store drain --config FILE %v", k.Get(key))
		}
		errs = append(errs, fmt.Errorf("%s: the embedded broker has no store any more, a device is acknowledged by the spool: %s", key, what))
		k.Delete(key)
	}
	return errors.Join(errs...)
}
