// Package mqtt is the bridge's MQTT 3.1.1 client: one persistent session, one
// subscription at QoS 1, and acknowledgements that are sent only when the
// receiver says so.
package mqtt
