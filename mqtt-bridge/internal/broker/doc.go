// Package broker is the embedded MQTT broker: nats-server's MQTT listener over a
// JetStream file store, in the bridge's process. Devices reach it by TLS only,
// and each may touch its own topics and nothing else.
package broker
