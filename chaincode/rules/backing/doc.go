// Package backing says which records a transaction has written that tells of an event. Fabric holds endorsers to what a
// transaction writes, by the policy of each record, and to its event only beside that: a member that writes into its own
// private collection, which it endorses alone, can tell of anything with it. So who reads blocks believes an event only if what it is about is among the writes.
package backing
