// Package boltfiletest lets the disk below a file fail, in tests: writes that go nowhere, power that is lost, and system calls that fail.
package boltfiletest
