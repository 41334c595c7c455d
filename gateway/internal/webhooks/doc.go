// Package webhooks sends events to the URLs of callers as they happen, each until it is taken or given up, in the
// order of the ledger (docs/adr/0030-webhooks.md). It keeps what it must in the database of requests.
package webhooks
