// Package broker is the embedded MQTT broker: the door by which devices bring their messages, and nothing else of a broker. It speaks MQTT
// 3.1.1 over TLS, lets each device publish to its own topic and hear its own, and acknowledges what a receiver has on its disk. It keeps
// nothing itself.
package broker
