// Package vectors holds the test vectors of the device protocol: messages.json
// and senml.json, for clients in any language. README.md says how to read them.
// The committed files are the reference; generate writes them anew.
package vectors

//go:generate go run ./generate
