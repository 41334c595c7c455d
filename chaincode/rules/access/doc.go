// Package access is the one decision function: may this principal do this to
// that. It evaluates the consortium's Cedar baseline, denies by default, lets a
// forbid win, and returns the ids of the policies that decided.
package access
