// Package hostile makes requests of an OpenAPI document and spoils one part of each, and says
// what is wrong with an answer. The gateway's own tests and those on a real network share it.
package hostile
