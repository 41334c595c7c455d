package main

import (
	"os"
	"syscall"
	"testing"
)

// TestSIGHUPReadsTheConfigurationAgain sends the signal to the whole gateway.
func TestSIGHUPReadsTheConfigurationAgain(t *testing.T) {
	s := newSite(t)
	base, stop := s.serve(t)
	defer stop()
	client := s.client(t)
	await(t, client, base+"/metrics", `waymark_gateway_config_good 1`)
	s.say(t, "log: {level: error, format: console}")
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	await(t, client, base+"/metrics", `waymark_gateway_config_waiting_keys 1`)
	s.say(t, "no_such_key: 1")
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	await(t, client, base+"/metrics", `waymark_gateway_config_good 0`)
}
