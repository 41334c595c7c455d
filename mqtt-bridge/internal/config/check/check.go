// Package check has the checks that configurations share. Each names the member that is wrong, and says
// what it must be.
package check

import (
	"fmt"
	"net"
	"net/netip"
	"time"
)

// Loopback reports whether a host is this machine.
func Loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && address.IsLoopback())
}

// HostPort checks a host:port.
func HostPort(name, value string) error {
	if _, _, err := net.SplitHostPort(value); err != nil {
		return fmt.Errorf("%s must be host:port, not %q", name, value)
	}
	return nil
}

// Required checks that there is a value.
func Required(name, value string) error {
	if value == "" {
		return fmt.Errorf("%s is required", name)
	}
	return nil
}

// Named puts the name of the member before an error, if there is one.
func Named(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

// AtLeast checks a lower bound.
func AtLeast(name string, value, low int64) error {
	if value < low {
		return fmt.Errorf("%s must be at least %d, is %d", name, low, value)
	}
	return nil
}

// Between checks both bounds, which are allowed themselves.
func Between[T int | time.Duration](name string, value, low, high T) error {
	if value < low || value > high {
		return fmt.Errorf("%s must be %v to %v, is %v", name, low, high, value)
	}
	return nil
}

// Pair checks that two members are there together or not at all.
func Pair(name, value, otherName, other string) error {
	if (value == "") != (other == "") {
		return fmt.Errorf("%s and %s go together", name, otherName)
	}
	return nil
}

// Once checks that a value comes once, and remembers it.
func Once(seen map[string]bool, name, value string) error {
	if seen[value] {
		return fmt.Errorf("%s: %q is there twice", name, value)
	}
	seen[value] = true
	return nil
}
