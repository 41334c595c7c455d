// Package followers is clients that follow a gateway's events, and how soon after its block each of them has an event.
package followers
