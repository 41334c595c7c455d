package config

import "github.com/go-viper/mapstructure/v2"

// decoder refuses unknown members and reads durations such as 20ms and, from
// the environment, numbers and booleans as text.
func decoder(result any) *mapstructure.DecoderConfig {
	return &mapstructure.DecoderConfig{
		Result:           result,
		TagName:          "koanf",
		ErrorUnused:      true,
		WeaklyTypedInput: true,
		DecodeHook:       mapstructure.StringToTimeDurationHookFunc(),
	}
}
