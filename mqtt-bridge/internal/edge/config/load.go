package config

import (
	"time"

	shared "github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
)

// envPrefix starts the environment variables that an edge reads.
const envPrefix = "WAYMARK_EDGE_"

// Default returns the configuration before the file and the environment.
func Default() Config {
	return Config{
		StoreBytes: 1 << 30, StoreFreeBytes: 64 << 20,
		Local:    Local{ClientID: "waymark-edge", QueueMessages: 1024, QueueBytes: 32 << 20, RebirthWait: 10 * time.Second},
		Uplink:   Uplink{Window: 16, ConnectRate: 10, MaxBackoff: time.Minute},
		Pack:     Pack{Readings: 500, Bytes: 16 << 10, Linger: 200 * time.Millisecond},
		LogLevel: "info",
	}
}

// Load reads the file at path over the defaults, then the environment (as os.Environ gives it),
// and validates the whole. An unknown member or variable is an error.
func Load(path string, environ []string) (Config, error) {
	c := Default()
	err := shared.Read(path, envPrefix, environ, &c)
	return c, err
}
