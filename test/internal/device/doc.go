// Package device is a real device in software: it keeps its key and its place in
// the chain on disk, signs what it measures, and publishes it over MQTT. Whatever
// kills it, it never signs two messages with one number and never forgets one that
// was not acknowledged. The device command, the demo and the scenarios use it.
package device
