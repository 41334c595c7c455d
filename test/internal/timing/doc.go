// Package timing times calls: a number of them, so many in flight, within a bound
// of time. Which calls these are is the caller's business.
package timing
