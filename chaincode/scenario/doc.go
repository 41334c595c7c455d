// Package scenario gives the rules' tests a consortium in memory: members,
// callers and devices that sign for real.
package scenario
