// Package leases keeps what callers agree by: names that one holder at a time has, for seconds, by the database's clock. It keeps them
// in the database of requests. What the gateways of a member do one at a time is held by package lease.
package leases
