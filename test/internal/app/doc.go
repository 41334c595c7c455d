// Package app is a business app: it calls a member's REST gateway with the token
// of one role. The demo and the end-to-end tests act through it.
package app
