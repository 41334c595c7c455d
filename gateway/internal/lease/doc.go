// Package lease lets one of several processes over a database do what one alone is to do at a time, such as
// reading whole blocks (docs/adr/0029-a-read-model-that-decides-as-the-ledger-does.md). No clocks are compared, and what a
// holder writes can be made to depend on its still being one.
package lease
