package config

import "time"

// Config is the whole configuration of an edge. Every member outside a list can also be
// set by an environment variable: WAYMARK_EDGE_ and the path in capitals, with two underscores
// between levels, as in WAYMARK_EDGE_UPLINK__URL. The environment wins over the file.
type Config struct {
	// Consortium is the audience of every message that is signed. Required.
	Consortium string `koanf:"consortium" example:"waymark"`
	// ID is the device id of the edge itself on the ledger. Required.
	ID string `koanf:"id" example:"edge-1"`
	// Keys are the edge's own keys, 1 to 8: more than one while devices move to a new key.
	Keys []Key `koanf:"keys"`
	// StoreDir is the folder of what was signed: the place of each device in its chain, and the
	// messages that the consortium's broker has not acknowledged. Created if absent, mode 0700.
	// One process at a time. Never put an older copy of it back: numbers would be used twice.
	// Required.
	StoreDir string `koanf:"store_dir" example:"/var/lib/waymark/edge"`
	// StoreBytes bounds the messages that wait. Beyond it nothing more is taken from the local
	// broker. Of several devices each has its part of the last eighth of it; of one that the consortium's broker has refused
	// for an hour, and of which 1/8 waits (or its part, of fewer than 8), nothing more is signed, so that it does not hold up the
	// others. Default 1 GiB, at least 8 MiB, so that the largest message fits.
	StoreBytes int64 `koanf:"store_bytes" default:"1073741824"`
	// StoreFreeBytes is what has to be free on the disk of StoreDir, with what is free in the store, for anything more to be
	// taken: so there is room to take out what was acknowledged. Default 64 MiB, at least 1 MiB.
	StoreFreeBytes int64 `koanf:"store_free_bytes" default:"67108864"`
	// Local is the broker that the loggers publish to.
	Local Local `koanf:"local"`
	// Uplink is the way to the consortium's broker.
	Uplink Uplink `koanf:"uplink"`
	// Pack shapes the messages that are signed.
	Pack Pack `koanf:"pack"`
	// Sources say what comes from the local broker and how it is read, 1 to 64. No topic
	// may be of two.
	Sources []Source `koanf:"sources"`
	// Devices are those that the edge signs for, 1 to 4096. What comes of others is counted and not signed.
	Devices []Device `koanf:"devices"`
	// Listen is the host:port of the plain HTTP endpoint for health and metrics: a loopback
	// address. Required.
	Listen string `koanf:"listen" example:"127.0.0.1:9192"`
	// LogLevel is debug, info (default), warn or error.
	LogLevel string `koanf:"log_level" default:"info"`
}

// Key is one of the edge's keys.
type Key struct {
	// ID is the id of the key at the edge's own registration. Required.
	ID string `koanf:"id" example:"e1"`
	// File has the private key, Ed25519 or P-256, as PKCS #8 in PEM and readable by its owner
	// alone: mqtt-bridge edge key makes one. Required.
	File string `koanf:"file" example:"edge.pem"`
}

// Local is the broker that the loggers publish to.
type Local struct {
	// URL is ssl://host:port; tcp:// for a loopback host, or with AllowPlain. At most 16 nodes of one cluster, with commas
	// between them, are tried in turn. Required.
	URL string `koanf:"url" example:"tcp://127.0.0.1:1883"`
	// AllowPlain allows tcp:// to another machine. Whoever is on the way can then change what
	// the edge signs. Default false.
	AllowPlain bool `koanf:"allow_plain" default:"false"`
	// CAFile is the PEM certificate that the broker's certificate is checked with. Required with ssl.
	CAFile string `koanf:"ca_file" default:""`
	// ClientID names the persistent session, and must stay the same for ever. Default waymark-edge.
	ClientID string `koanf:"client_id" default:"waymark-edge"`
	// Username, PasswordFile, CertFile and KeyFile are the edge's credential there. Default: none.
	Username     string `koanf:"username" default:""`
	PasswordFile string `koanf:"password_file" default:""`
	CertFile     string `koanf:"cert_file" default:""`
	KeyFile      string `koanf:"key_file" default:""`
	// QueueMessages bounds the messages in memory before the store. Default 1024, 1 to 65536.
	QueueMessages int `koanf:"queue_messages" default:"1024"`
	// QueueBytes bounds the same queue in bytes. Default 32 MiB, at least 1 MiB.
	QueueBytes int64 `koanf:"queue_bytes" default:"33554432"`
	// RebirthWait is the shortest time between two requests to one Sparkplug node for its births.
	// Default 10s, 1s to 1h.
	RebirthWait time.Duration `koanf:"rebirth_wait" default:"10s"`
}

// Uplink is the way to the consortium's broker.
type Uplink struct {
	// URL is ssl://host:port. At most 16 nodes of one cluster, with commas between them, are tried. Required.
	URL string `koanf:"url" example:"ssl://broker.example:8883"`
	// CAFile is the PEM certificate that the broker's certificate is checked with. Required.
	CAFile string `koanf:"ca_file" example:"broker-ca.pem"`
	// Window bounds the messages of one device that wait for their PUBACK. Default 16, 1 to 256.
	Window int `koanf:"window" default:"16"`
	// ConnectRate bounds the new connections in a second, of all devices together. Default 10,
	// 1 to 1000.
	ConnectRate int `koanf:"connect_rate" default:"10"`
	// MaxBackoff caps the wait before a device connects again. Default 1m, 1s to 1h.
	MaxBackoff time.Duration `koanf:"max_backoff" default:"1m"`
}

// Pack shapes the messages that are signed.
type Pack struct {
	// Readings bounds the readings of one message. Default 500, 1 to senml.MaxReadings.
	Readings int `koanf:"readings" default:"500"`
	// Bytes bounds the pack of one message. Default 16 KiB, 1 KiB to 22 KiB.
	Bytes int `koanf:"bytes" default:"16384"`
	// Linger is how long the edge waits for more before it signs; what comes meanwhile of one
	// device goes into one message. While the disk is busy it waits anyway. Default 200ms, 0 to 1m.
	Linger time.Duration `koanf:"linger" default:"200ms"`
}
