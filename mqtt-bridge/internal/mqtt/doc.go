// Package mqtt is what speaks MQTT 3.1.1 to a broker: persistent sessions with subscriptions at QoS 1, whose
// acknowledgements are sent only when the receiver says so, and a publisher to devices.
package mqtt
