package config

import "time"

// Config is the whole configuration. Paths that are not absolute start at the
// folder of the configuration file.
//
// Every key outside a list can be overridden by an environment variable:
// WAYMARK_GATEWAY_ and its path in capitals, with two underscores between levels, as in
// WAYMARK_GATEWAY_TOKENS_FILE or WAYMARK_GATEWAY_TLS__CERT_FILE. A key that ends in _file
// is a path, and so is dir.
//
// What is marked reload:"now" takes effect as soon as the file has changed or SIGHUP came;
// all else waits for a restart.
type Config struct {
	// Member is the MSP id of the member whose gateway this is. Required.
	Member string `koanf:"member" example:"producer"`
	// Channel is the Fabric channel of the ledger. Default "waymark".
	Channel string `koanf:"channel" default:"waymark"`
	// Chaincode is the committed name of the chaincode. Default "waymark".
	Chaincode string `koanf:"chaincode" default:"waymark"`
	// Listen is the host:port to serve HTTPS on. Required.
	Listen string `koanf:"listen" example:"127.0.0.1:7100"`
	// ListenOperations is a host:port of its own for metrics, health and profiles, with the
	// same certificate and no credentials: give it an address that only operators reach.
	// Default: none; /metrics is then served on listen, and there are no profiles.
	ListenOperations string `koanf:"listen_operations" default:""`
	// TLS is the server's certificate. Required.
	TLS TLS `koanf:"tls" reload:"now"`
	// Peers are the member's own peers, the preferred one first: at least one, at most 16.
	// All calls go to one of them, and to the next when it cannot be reached.
	Peers []Peer `koanf:"peers"`
	// Identities are the member's Fabric client identities by name: lower-case letters,
	// digits, - and _, at most 64. What one may do is in its certificate. At least one is
	// required.
	Identities map[string]Identity `koanf:"identities" example:"operator viewer"`
	// OwnIdentity names the identity by which the gateway asks the ledger for itself, as
	// for its readiness; it only reads. Default "viewer".
	OwnIdentity string `koanf:"own_identity" default:"viewer"`
	// TokensFile has the hashes of bearer tokens: see `gateway token`. It is read again when
	// it changes. One of TokensFile, Issuers and TLS.ClientCAFile is required, or nobody
	// could call.
	TokensFile string `koanf:"tokens_file" example:"tokens.json" reload:"now"`
	// Issuers are the OpenID Connect issuers whose tokens are believed, by names that
	// Callers use: lower-case letters, digits, - and _, at most 64.
	Issuers map[string]Issuer `koanf:"issuers" example:"corp" reload:"now"`
	// Callers say as whom the bearers of tokens of Issuers and of client certificates act.
	// The first rule that fits decides; whom none fits is forbidden everything.
	Callers []Caller `koanf:"callers" reload:"now"`
	// Database is where writes are kept while they are under way, and their answers.
	Database Database `koanf:"database"`
	// Requests says what is kept of writes, and for how long.
	Requests Requests `koanf:"requests"`
	// Store is where the bodies of anchored telemetry are kept.
	Store Store `koanf:"store"`
	// Webhooks says where events may be sent, and how many targets there may be.
	Webhooks Webhooks `koanf:"webhooks"`
	// CORSOrigins are the origins of web pages that may call from a browser, as in
	// https://app.example.com, exact, at most 32. Default: none.
	CORSOrigins []string `koanf:"cors_origins" default:"[]"`
	// ReferencePage says whether /docs serves the API's reference as a page for browsers, to
	// whoever can reach listen. Default true.
	ReferencePage bool `koanf:"reference_page" default:"true"`
	// Limits bound what callers can make the gateway hold.
	Limits Limits `koanf:"limits"`
	// Timeouts bound every wait: durations such as 15s, 1ms to 1h.
	Timeouts Timeouts `koanf:"timeouts"`
	// Log says what is logged.
	Log Log `koanf:"log"`
	// Traces says where OpenTelemetry traces go.
	Traces Traces `koanf:"traces"`
}

// TLS is how the gateway serves.
type TLS struct {
	// CertFile is a PEM file with the certificate, followed by any intermediates. Required.
	CertFile string `koanf:"cert_file" example:"tls/server.pem"`
	// KeyFile is a PEM file with the private key. Required.
	KeyFile string `koanf:"key_file" example:"tls/server.key"`
	// ClientCAFile is a PEM file with the authorities of client certificates. Default: none,
	// and no client certificate is asked for.
	ClientCAFile string `koanf:"client_ca_file" default:""`
}

// Peer is where one of the member's peers is.
type Peer struct {
	// Address is host:port of the peer's gRPC server. Required.
	Address string `koanf:"address" example:"127.0.0.1:7101"`
	// CAFile is a PEM file with the authority of the peer's TLS certificate. Those of all
	// peers are believed of each. Required.
	CAFile string `koanf:"ca_file" example:"tls/ca.pem"`
	// ServerName is the name to expect in that certificate. Default: the host of Address.
	ServerName string `koanf:"server_name" default:""`
}

// Identity is a Fabric client identity: an X.509 certificate of the member's authority
// and its private key.
type Identity struct {
	// CertFile is a PEM file with the certificate. Required.
	CertFile string `koanf:"cert_file" example:"identities/NAME.pem"`
	// KeyFile is a PEM file with the private key. Required, unless pkcs11 is there.
	KeyFile string `koanf:"key_file" example:"identities/NAME.key"`
	// PKCS11 is where the private key is, if it is not in a file. It takes a gateway that was
	// built with -tags pkcs11.
	PKCS11 PKCS11 `koanf:"pkcs11" default:""`
}

// PKCS11 is a private key for P-256 in a PKCS#11 token. All of it is required, or none.
type PKCS11 struct {
	// LibraryFile is the token's PKCS#11 library.
	LibraryFile string `koanf:"library_file" example:"/usr/lib/softhsm/libsofthsm2.so"`
	// Token is the label of the token.
	Token string `koanf:"token" example:"waymark"`
	// PINFile holds the user's PIN.
	PINFile string `koanf:"pin_file" example:"identities/pin"`
	// KeyID is the key's CKA_ID, in hexadecimal.
	KeyID string `koanf:"key_id" example:"'0a1b'"`
}

// Database is a file of this gateway, or what it shares with others of its member.
type Database struct {
	// SQLiteFile is the file of a gateway that stands alone; it is made if there is none, and
	// must be on a local disk. Default "gateway.db". Not used if PostgresDSNFile is set.
	SQLiteFile string `koanf:"sqlite_file" default:"gateway.db"`
	// PostgresDSNFile has the connection string of a PostgreSQL database (version 13 or
	// later), as a URL or as key=value: gateways that share it are replicas. Default: none.
	PostgresDSNFile string `koanf:"postgres_dsn_file" default:""`
	// ModelFile is the file of the read model of a gateway that stands alone. It is made from the ledger,
	// so it can be removed while the gateway is stopped. Default "model.db". Not used if
	// PostgresDSNFile is set: there it is the schema waymark_model.
	ModelFile string `koanf:"model_file" default:"model.db"`
}

// Requests says what is kept of writes.
type Requests struct {
	// Keep is how long the answer to an Idempotency-Key is kept at least. Default 24h;
	// 1m to 720h.
	Keep time.Duration `koanf:"keep" default:"24h"`
	// Pending is how many writes may be under way at once, whether their callers wait or
	// not; more are answered 429. Default 2500; 1 to 100000.
	Pending int `koanf:"pending" default:"2500"`
	// PendingBytes is how large their bodies may be together; while it is under way a write
	// takes up to about five times that. Default 64 MiB; limits.body_bytes to 1 GiB.
	PendingBytes int64 `koanf:"pending_bytes" default:"67108864"`
	// KeptBytes is about how much of the database may be taken by writes that have ended, of which
	// a tenth by those of one caller. At that no more is promised: a write with an
	// Idempotency-Key or Prefer is answered 429 until requests.keep has passed for others. Gateways
	// that share a database count together. Default 16 GiB; 1 MiB to 1 PiB.
	KeptBytes int64 `koanf:"kept_bytes" default:"17179869184"`
}

// Limits bound what callers can make the gateway hold.
type Limits struct {
	// BodyBytes is the largest request body. Default 5 MiB, which fits the largest
	// batch of messages; 1 KiB to 64 MiB.
	BodyBytes int64 `koanf:"body_bytes" default:"5242880"`
	// HeaderBytes is the largest request header. Default 16 KiB; 4 KiB to 1 MiB.
	HeaderBytes int `koanf:"header_bytes" default:"16384"`
	// InFlight is how many requests under /v1 are served at once; more are
	// answered 429 with Retry-After. The peer is given fewer calls at once, and the rest wait
	// their turn. Default 2500; 1 to 10000.
	InFlight int `koanf:"in_flight" default:"2500"`
	// Streams is how many streams of events there may be at once besides; more are answered 429.
	// Default 2000; 1 to 100000.
	Streams int `koanf:"streams" default:"2000"`
	// BytesInFlight is how large their bodies, the blocks fetched for them, and their
	// answers of more than 16 KiB may be together; past it the answer is the same, but to a write
	// that is done. While it is served a body takes about five times its size in memory, a block
	// four to seven times, an answer twice, until its client has it. Default 64 MiB; body_bytes or block_bytes,
	// whichever is larger, to 1 GiB.
	BytesInFlight int64 `koanf:"bytes_in_flight" default:"67108864"`
	// BlockBytes is the largest block of the channel: BatchSize.AbsoluteMaxBytes of
	// its orderers, and room for signatures. A question for a transaction in a block of more
	// than 1 MiB, or for its envelope, counts as this many bytes in flight, a receipt as two and a half
	// times as many; a transaction in a larger block is not told. Default 11 MiB, since the consortium's network allows 10;
	// 1 MiB to 100 MiB.
	BlockBytes int64 `koanf:"block_bytes" default:"11534336"`
	// MemoryBytes is what the gateway's heap, stacks and caches try to stay within: near it garbage is
	// collected more often, and past it nothing is refused. The program itself and the caches of SQLite come on
	// top, up to 100 MiB. GOMEMLIMIT in the environment has precedence. Default 160 MiB, which 2,000 writes in
	// flight fit; 64 MiB to 64 GiB.
	MemoryBytes int64 `koanf:"memory_bytes" default:"167772160"`
	// CallerPercent is the part of in_flight and bytes_in_flight, of requests.pending and
	// requests.pending_bytes, and of the calls at the peer and the answers of the read model that are
	// made at once, that one caller can have, though always one request. Default 50; 1 to 100.
	CallerPercent int `koanf:"caller_percent" default:"50"`
	// Rates bound how often one caller may ask.
	Rates Rates `koanf:"rates" reload:"now"`
}

// Timeouts bound every wait. Each is a Go duration, as in "15s".
type Timeouts struct {
	// ReadHeader bounds how long a client may take for its header. Default 5s.
	ReadHeader time.Duration `koanf:"read_header" default:"5s"`
	// Read bounds how long it may take for header and body. Default 12s.
	Read time.Duration `koanf:"read" default:"12s"`
	// Write bounds a request from the end of its header to the end of the answer.
	// Default 75s; must exceed Read and Total together, and Read and two queries.
	Write time.Duration `koanf:"write" default:"75s"`
	// Receive bounds how long a client may take to receive an answer, once there is one.
	// Default 10s.
	Receive time.Duration `koanf:"receive" default:"10s"`
	// Idle is how long an unused connection stays open. Default 120s.
	Idle time.Duration `koanf:"idle" default:"120s"`
	// Drain is how long requests in flight may take after a stop is asked for.
	// Default 65s; must exceed Read and Total together, so that a stop cuts no write.
	Drain time.Duration `koanf:"drain" default:"65s"`
	// Evaluate bounds one query of the ledger. Default 10s.
	Evaluate time.Duration `koanf:"evaluate" default:"10s"`
	// Endorse bounds the collection of endorsements. Default 15s.
	Endorse time.Duration `koanf:"endorse" default:"15s"`
	// Submit bounds the hand-over to the ordering service. Default 10s.
	Submit time.Duration `koanf:"submit" default:"10s"`
	// Commit bounds the wait for the block after that. Default 20s.
	Commit time.Duration `koanf:"commit" default:"20s"`
	// Lookup bounds one question for a transaction whose submit failed, before the
	// same bytes are sent again. Default 3s.
	Lookup time.Duration `koanf:"lookup" default:"3s"`
	// Answer bounds how long a caller waits for a write that is under way, before it is kept
	// and answered 202; one that is not endorsed by then is as soon as it is. Default 30s; at most Total.
	Answer time.Duration `koanf:"answer" default:"30s"`
	// Total bounds a write with all its retries, and a batch of messages with all that
	// it is disclosed to; past it no proposal is made any more. Default 45s; must exceed Endorse.
	Total time.Duration `koanf:"total" default:"45s"`
}

// Log says what is logged.
type Log struct {
	// Level is debug, info, warn or error. Default info.
	Level string `koanf:"level" default:"info" reload:"now"`
	// Format is json or console. Default json.
	Format string `koanf:"format" default:"json"`
	// AuditFile is the file that the audit log is appended to: one JSON object a line.
	// SIGHUP opens it anew, so that it can be moved away. Default: stderr, where lines are lost if
	// nobody reads them.
	AuditFile string `koanf:"audit_file" default:""`
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
	// SampleRatio is the part of all requests whose spans are sent, by chance: no caller decides
	// of its own. Default 1, all; 0 to 1.
	SampleRatio float64 `koanf:"sample_ratio" default:"1"`
	// Follow are identities of this file whose callers do decide, by the header traceparent, so
	// that their traces are whole: name that of a bridge, and of nobody else's programs. Default: none.
	Follow []string `koanf:"follow" default:"[]"`
}

// Default returns the configuration before the file is read.
func Default() Config {
	return Config{
		Channel:     "waymark",
		Chaincode:   "waymark",
		OwnIdentity: "viewer",
		Store:       Store{Identity: "relay", S3: S3{Region: "us-east-1"}},
		Database:    Database{SQLiteFile: "gateway.db", ModelFile: "model.db"},
		Webhooks:    Webhooks{Most: 200, PerIdentity: 20, Attempts: 10, DeadLetters: 10_000, Timeout: 15 * time.Second},
		Requests:    Requests{Keep: 24 * time.Hour, Pending: 2500, PendingBytes: 64 << 20, KeptBytes: 16 << 30},
		Limits:      Limits{BodyBytes: 5 << 20, HeaderBytes: 16 << 10, InFlight: 2500, Streams: 2000, BytesInFlight: 64 << 20, BlockBytes: 11 << 20, MemoryBytes: 160 << 20, CallerPercent: 50, Rates: defaultRates()},
		Timeouts: Timeouts{
			ReadHeader: 5 * time.Second,
			Read:       12 * time.Second,
			Receive:    10 * time.Second,
			Write:      75 * time.Second,
			Idle:       120 * time.Second,
			Drain:      65 * time.Second,
			Evaluate:   10 * time.Second,
			Endorse:    15 * time.Second,
			Submit:     10 * time.Second,
			Commit:     20 * time.Second,
			Lookup:     3 * time.Second,
			Answer:     30 * time.Second,
			Total:      45 * time.Second,
		},
		Log:    Log{Level: "info", Format: "json"},
		Traces: Traces{SampleRatio: 1},

		ReferencePage: true,
	}
}
