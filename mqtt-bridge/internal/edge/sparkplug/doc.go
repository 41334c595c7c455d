// Package sparkplug reads what an edge node publishes in Sparkplug B (Sparkplug 3.0): payloads,
// births and the names and aliases in them, sequence numbers, deaths. It knows no MQTT client
// and no Waymark: whoever has the messages hands them over and gets observations back.
package sparkplug
