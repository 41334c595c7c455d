package config

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Default returns the configuration before the file and the environment.
func Default() Config {
	return Config{
		ID:       "bridge",
		Broker:   BrokerEmbedded,
		Embedded: Embedded{MinFreeBytes: 256 << 20, MaxConnections: 10000},
		MQTT:     MQTT{ClientID: "waymark-bridge", ReconnectWait: 2500 * time.Millisecond},
		Fleet:    Fleet{Shards: 8, Lease: 15 * time.Second},
		Callout:  Callout{Username: "callout", Account: "WAYMARK"},
		Gateway:  Gateway{Timeout: 60 * time.Second},
		Relay: Relay{BatchMessages: waymark.MaxBatchMessages, BatchBytes: 1 << 20, Linger: 20 * time.Millisecond, MaxBackoff: 5 * time.Second, StuckAttempts: 20,
			UndisclosedRetry: time.Minute},
		SpoolBytes:                     1 << 30,
		QuarantineBytes:                256 << 20,
		QuarantineDeviceMessages:       1000,
		QuarantineDeviceBytes:          4 << 20,
		QuarantineUnregisteredMessages: 10000,
		QuarantineUnregisteredBytes:    16 << 20,
		QueueMessages:                  4096,
		QueueBytes:                     32 << 20,
		Traces:                         Traces{SampleRatio: 1},
		LogLevel:                       "info",
	}
}
