// Package api holds the contract of the gateway's API: an OpenAPI document, which is generated from
// the table of routes (gateway/internal/openapi), and a test there keeps it current.
package api

import _ "embed" // openapi.json

//go:embed openapi.json
var document []byte

// Document returns the OpenAPI document, as JSON. Callers must not change it.
func Document() []byte { return document }
