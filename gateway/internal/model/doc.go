// Package model is the read model: what the ledger holds, so that it can be listed and searched
// (docs/adr/0029-a-read-model-that-decides-as-the-ledger-does.md). It is made of blocks and nothing else, and
// it answers by the rules of the chaincode, so that everybody sees of it what the ledger would show.
package model
