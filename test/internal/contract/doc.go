// Package contract holds what gateways answer against the OpenAPI document, so that every
// test that calls one is a test of the document too.
package contract
