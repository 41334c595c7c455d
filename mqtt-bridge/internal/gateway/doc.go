// Package gateway is the bridge's client of its member's REST gateway: it
// submits batches of signed messages and looks devices up, with a timeout on
// each call, and tells failures apart so that the callers can decide.
package gateway
