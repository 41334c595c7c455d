// Package bodiestest is the conformance suite of stores of bodies: the folder, the bucket and every fake
// pass the same one.
package bodiestest
