// Package boltfiletest lets the disk below a file fail, in tests: writes that go nowhere, power that is lost, system calls that fail, a file that is taken away, a disk that
// is full.
package boltfiletest
