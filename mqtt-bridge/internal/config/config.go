package config

import "time"

// Broker says where devices connect.
type Broker string

// The brokers.
const (
	BrokerEmbedded Broker = "embedded" // inside this process
	BrokerExternal Broker = "external" // any MQTT 3.1.1 broker, set up as README.md says
)

// Config is the whole configuration. Every member can also be set by an
// environment variable: WAYMARK_BRIDGE_ and the path in capitals, with two
// underscores between levels, as in WAYMARK_BRIDGE_GATEWAY__TOKEN_FILE. The
// environment wins over the file.
type Config struct {
	// Consortium is the audience that every device message must name. Required.
	Consortium string `koanf:"consortium" example:"waymark"`
	// ID names this bridge in what it signs for devices, which are given it with the bridge's key. Default bridge.
	ID string `koanf:"id" default:"bridge"`
	// Broker is embedded (default) or external.
	Broker Broker `koanf:"broker" default:"embedded"`
	// Embedded is used when Broker is embedded.
	Embedded Embedded `koanf:"embedded"`
	// MQTT is the bridge's own connection to an external broker.
	MQTT MQTT `koanf:"mqtt"`
	// Fleet says that this bridge shares its devices with others.
	Fleet Fleet `koanf:"fleet"`
	// Callout lets a cluster of nats-servers ask the bridge who may connect.
	Callout Callout `koanf:"callout"`
	// Gateway is where messages are submitted.
	Gateway Gateway `koanf:"gateway"`
	// Relay shapes the batches.
	Relay Relay `koanf:"relay"`
	// SpoolDir is the folder of the spool, of the admin token and of the bridge's key, and of the note by which
	// a spool that is gone is missed (spool.made). Created if absent, mode 0700. One process at a time. Required.
	SpoolDir string `koanf:"spool_dir" example:"/var/lib/waymark/spool"`
	// SpoolBytes bounds the messages that wait or are held. Beyond it acknowledgements wait. One device
	// alone ends at half of it, two may end there too, and three at three quarters: with so few it has to be that much larger.
	// Default 1 GiB, at least 1 MiB.
	SpoolBytes int64 `koanf:"spool_bytes" default:"1073741824"`
	// QuarantineBytes bounds the quarantine. Beyond it the bridge stops taking
	// and relaying rather than drop anything. Default 256 MiB, at least 1 MiB.
	QuarantineBytes int64 `koanf:"quarantine_bytes" default:"268435456"`
	// QuarantineDeviceMessages and QuarantineDeviceBytes are one device's quota of
	// the quarantine. A device that has used it up is refused by the embedded broker
	// until some of its messages are dropped or replayed; what it had acknowledged by
	// then is held, and counts against SpoolBytes. Default 1000 messages, 1 to
	// 1000000, and 4 MiB, at least 256 KiB.
	QuarantineDeviceMessages int   `koanf:"quarantine_device_messages" default:"1000"`
	QuarantineDeviceBytes    int64 `koanf:"quarantine_device_bytes" default:"4194304"`
	// QuarantineUnregisteredMessages and QuarantineUnregisteredBytes are what all ids together may have in
	// quarantine that the registry does not know. What is beyond is dropped and counted: such ids come only by an external broker
	// that lets in whom the registry does not know. Default 10000 messages, 1 to 1000000, and 16 MiB, at least 256 KiB.
	QuarantineUnregisteredMessages int   `koanf:"quarantine_unregistered_messages" default:"10000"`
	QuarantineUnregisteredBytes    int64 `koanf:"quarantine_unregistered_bytes" default:"16777216"`
	// QueueMessages bounds the messages in memory before the spool. Default
	// 4096, 1 to 65536.
	QueueMessages int `koanf:"queue_messages" default:"4096"`
	// QueueBytes bounds the same queue in bytes. Default 32 MiB, at least 1 MiB.
	QueueBytes int64 `koanf:"queue_bytes" default:"33554432"`
	// Listen is the host:port of the plain HTTP endpoint for health, metrics and
	// the quarantine. A loopback address, unless AdminTokenFile is set. Required.
	Listen string `koanf:"listen" example:"127.0.0.1:9191"`
	// AdminTokenFile holds the bearer token of the quarantine endpoint. By
	// default the bridge makes one in SpoolDir/admin.token.
	AdminTokenFile string `koanf:"admin_token_file" default:""`
	// Traces says where OpenTelemetry traces go.
	Traces Traces `koanf:"traces"`
	// LogLevel is debug, info (default), warn or error.
	LogLevel string `koanf:"log_level" default:"info"`
}

// Traces says where OpenTelemetry traces go.
type Traces struct {
	// Endpoint is the URL of a collector's OTLP receiver over HTTP, as in
	// https://host:4318/v1/traces; http:// only for a loopback address. Default: none, and
	// no traces.
	Endpoint string `koanf:"endpoint" default:""`
	// CAFile is a PEM file with the authority of the collector's certificate. Default: the
	// system's authorities.
	CAFile string `koanf:"ca_file" default:""`
	// TokenFile holds a bearer token for the collector. Default: none.
	TokenFile string `koanf:"token_file" default:""`
	// SampleRatio is the part of all messages whose traces are sent, by chance. The gateway decides as
	// this bridge does if its traces.follow names the identity that this bridge acts as. Default 1, all; 0 to 1.
	SampleRatio float64 `koanf:"sample_ratio" default:"1"`
}

// Embedded configures the embedded broker. Devices reach it by TLS only.
type Embedded struct {
	// Listen is the host:port for devices. Required.
	Listen string `koanf:"listen" example:"0.0.0.0:8883"`
	// CertFile and KeyFile are the listener's certificate chain and key, PEM. Required.
	CertFile string `koanf:"cert_file" example:"broker.pem"`
	KeyFile  string `koanf:"key_file" example:"broker.key"`
	// MinFreeBytes is what has to be free on the disk of SpoolDir for devices to be let in. Below it they are disconnected
	// and refused, and what the spool holds goes on to the ledger. It should be more than
	// devices can send within a second. Default 256 MiB, at least 1 MiB.
	MinFreeBytes int64 `koanf:"min_free_bytes" default:"268435456"`
	// MaxConnections bounds the devices logged in at once. Default 10000, 1 to 50000.
	MaxConnections int `koanf:"max_connections" default:"10000"`
}

// MQTT configures the bridge's own client at an external broker. Of all this the embedded broker knows ClientID alone.
type MQTT struct {
	// URL is ssl://host:port; tcp:// is accepted only for a loopback host. At most 16 nodes of
	// one cluster, with commas between them, are tried in turn. Required with an external broker.
	URL string `koanf:"url" default:""`
	// CAFile is the PEM certificate that the broker's certificate is checked
	// with. Required with ssl.
	CAFile string `koanf:"ca_file" default:""`
	// ClientID names the persistent session, and must stay the same for ever. What goes to devices is published by
	// another client, whose id is this one and -down. No device is called so, or so with a hyphen and more behind it. At a
	// broker that binds no client id to a user, as mosquitto, it must be one that nobody can guess. Default waymark-bridge.
	ClientID string `koanf:"client_id" default:"waymark-bridge"`
	// Username, PasswordFile, CertFile and KeyFile are the bridge's credential.
	Username     string `koanf:"username" default:""`
	PasswordFile string `koanf:"password_file" default:""`
	CertFile     string `koanf:"cert_file" default:""`
	KeyFile      string `koanf:"key_file" default:""`
	// ReconnectWait is the shortest wait before connecting again, and before connecting at the start. It must be
	// longer than the broker's time for sending again what was not acknowledged, or newer messages overtake older ones. Default 2500ms, 0 to 1m.
	ReconnectWait time.Duration `koanf:"reconnect_wait" default:"2500ms"`
}

// Fleet shares the devices at one external broker among several bridges, which have the same mqtt.client_id (of
// at most 32 characters), broker and shards, tokens of one identity, and gateways of one database.
type Fleet struct {
	// ID names this bridge among those of its fleet: 1 to 16 characters. Default: none, and this bridge takes all devices.
	ID string `koanf:"id" default:""`
	// Shards is how many parts the devices are divided into, each with a session of its own at the broker that all
	// messages are delivered to. With another number it is another fleet: docs/operations says how to change it.
	// Default 8, 2 to 64.
	Shards int `koanf:"shards" default:"8"`
	// Lease is how long a bridge that died, or cannot reach the gateway, keeps its shards. Whole seconds. Default 15s, 5s to 60s.
	Lease time.Duration `koanf:"lease" default:"15s"`
}

// Callout lets a cluster of nats-servers, an external broker, ask the bridge who may connect:
// devices log in there as at the embedded broker.
type Callout struct {
	// URL is tls://host:port of the cluster's NATS listener, at most 16 nodes with commas
	// between them; nats:// is accepted only for a loopback host. Default: none, and nothing is
	// answered.
	URL string `koanf:"url" default:""`
	// CAFile is the PEM certificate that the cluster's certificates are checked with. Required
	// with tls.
	CAFile string `koanf:"ca_file" default:""`
	// Username and PasswordFile are of the user in the account of the callout.
	Username     string `koanf:"username" default:"callout"`
	PasswordFile string `koanf:"password_file" default:""`
	// SeedFile holds the nkey seed of the account key that signs the answers; the cluster's
	// auth_callout names its public part as issuer.
	SeedFile string `koanf:"seed_file" default:""`
	// Account is the one of the bridge, in which devices are put. Default WAYMARK.
	Account string `koanf:"account" default:"WAYMARK"`
}

// Gateway configures the client of the REST gateway.
type Gateway struct {
	// URL is https://host:port. Required.
	URL string `koanf:"url" example:"https://127.0.0.1:7100"`
	// CAFile is the PEM certificate that the gateway's certificate is checked with. Required.
	CAFile string `koanf:"ca_file" example:"ca.pem"`
	// TokenFile holds the bearer token of role relay. Read for each request, so
	// that it can be replaced while the bridge runs. Required.
	TokenFile string `koanf:"token_file" example:"relay.token"`
	// Timeout bounds one request. It must exceed the time in which the gateway
	// answers a write (its timeouts.total, 45s by default): a batch given up without an
	// answer is submitted again while the first is still on its way, and two transactions
	// then contend for the same streams. A batch that the gateway answers as under way
	// (202, after its timeouts.answer) is followed to its end, in rounds of this long.
	// Default 60s, 1s to 5m.
	Timeout time.Duration `koanf:"timeout" default:"60s"`
}

// Relay shapes the batches.
type Relay struct {
	// BatchMessages bounds a batch. Default and at most waymark.MaxBatchMessages.
	BatchMessages int `koanf:"batch_messages" default:"500"`
	// BatchBytes bounds the texts of a batch together. Default 1 MiB, 32 KiB to
	// waymark.MaxBatchBytes.
	BatchBytes int `koanf:"batch_bytes" default:"1048576"`
	// Linger is how long an idle shard waits for more before it submits.
	// Default 20ms, 0 to 5s.
	Linger time.Duration `koanf:"linger" default:"20ms"`
	// StuckAttempts is how often a message may fail alone, each time with a success
	// of others since the last, before it goes into quarantine as stuck. Default 20,
	// 3 to 10000.
	StuckAttempts int `koanf:"stuck_attempts" default:"20"`
	// UndisclosedRetry is how long after the start, or after the first of them came,
	// messages in quarantine that are recorded but undisclosed are submitted again, at
	// most 100 at once. The pause doubles up to 32 times this while none of them is
	// disclosed. Default 1m, 1s to 1h.
	UndisclosedRetry time.Duration `koanf:"undisclosed_retry" default:"1m"`
	// MaxBackoff caps the wait between two tries of one batch. Default 5s, 100ms to 5m.
	MaxBackoff time.Duration `koanf:"max_backoff" default:"5s"`
}
