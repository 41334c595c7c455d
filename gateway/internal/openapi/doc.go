// Package openapi makes the OpenAPI document of the API, of the table of routes, the Go types and
// internal/reference. The gateway has no part of it: it serves what was made (gateway/api).
package openapi

//go:generate go run ../reference/generate -root ../../.. -output ../reference/words.json chaincode/waymark gateway/client gateway/client/verify gateway/internal/health gateway/internal/ledger gateway/internal/requests gateway/internal/rest
//go:generate go run ./generate -output ../../api/openapi.json
