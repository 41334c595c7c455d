// Package waymark is the shared vocabulary of the ledger: the records, the
// requests with their Validate methods, the transaction names, the event
// payloads and the error codes. The chaincode, the gateway, the bridge and the
// tests all speak it; it imports only the standard library.
package waymark
