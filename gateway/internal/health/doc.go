// Package health tells whether the parts of the gateway do their work, what is wrong with one
// that does not, and since when.
package health
