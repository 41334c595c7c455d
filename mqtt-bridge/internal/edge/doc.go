// Package edge assembles `mqtt-bridge edge`: it takes what loggers that cannot sign publish to a local broker, makes
// messages of it that are numbered, chained and signed, keeps them on its disk, acknowledges the loggers' messages, and
// publishes its own to the consortium's broker until they are acknowledged there.
package edge
