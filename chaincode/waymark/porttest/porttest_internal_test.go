package porttest

import (
	"net"
	"testing"
)

// Nobody is given an address that another has, and whoever has it can listen.
func TestAddress(t *testing.T) {
	const callers, each = 8, 50
	addresses := make(chan string)
	for range callers {
		go func() {
			for range each {
				addresses <- Address(t)
			}
		}()
	}
	given := map[string]bool{}
	for range callers * each {
		address := <-addresses
		if given[address] {
			t.Errorf("%s is given twice", address)
		}
		given[address] = true
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_ = listener.Close()
	}
}

func TestWhatIsInUseIsNotGiven(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	for name, address := range map[string]string{"somebody listens": listener.Addr().String(), "another test has it": Address(t)} {
		if hold(t, address) {
			t.Errorf("%s: %s is given", name, address)
		}
	}
}
