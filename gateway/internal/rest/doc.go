// Package rest serves the ledger to business applications as JSON over HTTP. One
// table of routes makes the router, the OpenAPI document and their test. It knows
// the ledger only by the interface it declares, and nothing of Fabric.
package rest
