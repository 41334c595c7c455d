// Command gateway serves a member's REST API to the consortium's ledger.
//
//	gateway --config FILE                   serve until SIGINT or SIGTERM
//	gateway config check --config FILE      say what is wrong with a configuration
//	gateway token new --role ROLE --id ID   make a bearer token and its entry
//	gateway openapi [--output FILE]         print the OpenAPI document
package main

//go:generate go run . openapi --output ../../../docs/api/openapi.json
