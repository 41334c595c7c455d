// Package callout lets a cluster of nats-servers ask the bridge who may connect, by their
// auth callout: a device logs in there as it does at the embedded broker, is bound to its
// client id, and may touch its own topics and nothing else.
package callout
