package main

import (
	"runtime/debug"
	"testing"
)

func TestMemoryIsLimited(t *testing.T) {
	before := debug.SetMemoryLimit(-1) // a negative limit only tells
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	t.Setenv("GOMEMLIMIT", "")
	limitMemory(500 << 20)
	if got := debug.SetMemoryLimit(-1); got != 500<<20 {
		t.Errorf("%d bytes", got)
	}
	t.Setenv("GOMEMLIMIT", "1GiB")
	limitMemory(600 << 20)
	if got := debug.SetMemoryLimit(-1); got != 500<<20 {
		t.Errorf("%d bytes, against the environment", got)
	}
}
