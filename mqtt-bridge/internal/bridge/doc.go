// Package bridge puts the parts together: broker, MQTT client, intake, spool,
// relay and admin endpoint, started and stopped in the order that keeps every
// acknowledged message.
package bridge
