// Package requests makes a write of the gateway safe to repeat and safe to lose: it runs each
// write apart from the connection that asked for it, keeps what is needed to answer it again or
// to bring it to its end, and takes over what a dead process of the gateway left behind.
package requests
