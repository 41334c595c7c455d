package config

// Kind is how the messages of a source are read.
type Kind string

// The kinds.
const (
	SenML     Kind = "senml"     // a pack in SenML, JSON or CBOR (RFC 8428), with absolute times
	JSON      Kind = "json"      // a JSON object, values picked out by JSON pointers
	Sparkplug Kind = "sparkplug" // Sparkplug B
)

// TimeFormat is how a JSON member says the time.
type TimeFormat string

// The time formats.
const (
	RFC3339     TimeFormat = "rfc3339"
	Unix        TimeFormat = "unix"    // seconds since 1970, a number
	UnixMillis  TimeFormat = "unix_ms" // milliseconds since 1970, a number
	deviceLevel            = "{device}"
)

// Source says what comes from the local broker and how it is read.
type Source struct {
	// Name is for devices to refer to. Required.
	Name string `koanf:"name" example:"loggers"`
	// Kind is senml, json or sparkplug. Required.
	Kind Kind `koanf:"kind" example:"json"`
	// Topic is the topic of senml and json messages. One level is {device}, the address of the
	// device; others may be +. Required for them.
	Topic string `koanf:"topic" example:"loggers/{device}/data"`
	// Group is the group id of the Sparkplug nodes, whose addresses are node for the node itself and
	// node/device for one of its devices. Required for sparkplug.
	Group string `koanf:"group" default:""`
	// Time is the JSON pointer (RFC 6901) to the time of a json message. Default: none, and the
	// edge's clock says when it arrived.
	Time string `koanf:"time" default:""`
	// TimeFormat is rfc3339, unix or unix_ms. Default rfc3339.
	TimeFormat TimeFormat `koanf:"time_format" default:""`
	// Fields say what becomes a reading of a json or sparkplug message, at most 32, as many as a
	// device may measure. All else is left out.
	Fields []Field `koanf:"fields"`
	// Units maps the property engUnit of Sparkplug metrics to units of SenML, for fields that name none.
	Units map[string]string `koanf:"units" default:"{}"`
}

// Field is one value of a message.
type Field struct {
	// From is the JSON pointer to the value, or the name of the Sparkplug metric. Required.
	From string `koanf:"from" example:"/temperature"`
	// Name is the name of the reading. Required.
	Name string `koanf:"name" example:"temperature"`
	// Unit is the unit of a number. Without one only true, false and texts are read; a Sparkplug metric
	// may then have its unit by its engUnit.
	Unit string `koanf:"unit" example:"Cel"`
}

// Device is one that the edge signs for.
type Device struct {
	// ID is its device id on the ledger. Required.
	ID string `koanf:"id" example:"logger-1"`
	// Source is the name of the source that it is in. Required.
	Source string `koanf:"source" example:"loggers"`
	// Address is what the source calls it. Default: its ID.
	Address string `koanf:"address" default:""`
	// Key is the id of the edge's key that signs for it. Default: the first of Keys.
	Key string `koanf:"key" default:""`
	// KeyID is the id that this key has at the device's own registration. Default: that of Key.
	KeyID string `koanf:"key_id" default:""`
	// NotBefore is when it was registered, as in 2026-03-01T08:00:00Z. What it measured before is left out:
	// the ledger would refuse the whole message. Default: none.
	NotBefore string `koanf:"not_before" default:""`
}

// addressLevels is how many levels the address of a device may have.
func (s Source) addressLevels() int {
	if s.Kind == Sparkplug {
		return 2
	}
	return 1
}

// AddressOf is what the source calls the device.
func (d Device) AddressOf() string {
	if d.Address != "" {
		return d.Address
	}
	return d.ID
}

// DeviceIDs are the ids of all devices that the edge signs for.
func (c Config) DeviceIDs() []string {
	ids := make([]string, len(c.Devices))
	for i, d := range c.Devices {
		ids[i] = d.ID
	}
	return ids
}

// KeyOf returns the key that signs for a device, and its id at that device. Validate has seen
// that there is one.
func (c Config) KeyOf(d Device) (k Key, id string) {
	k = c.Keys[0]
	for _, other := range c.Keys {
		if other.ID == d.Key {
			k = other
		}
	}
	if d.KeyID != "" {
		return k, d.KeyID
	}
	return k, k.ID
}
