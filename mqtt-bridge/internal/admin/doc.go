// Package admin is the bridge's own HTTP endpoint: health, readiness and metrics
// for whoever may reach it, and the quarantine for who holds the admin token;
// and the client that the quarantine command uses.
package admin
