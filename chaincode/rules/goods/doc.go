// Package goods holds the rules for things: products, items, lots and containers, where
// each is and whose it is. A thing's own record says which place it is in, and every
// change of place goes through one Book, so that nothing is in two.
package goods
