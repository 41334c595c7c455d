package bridge

import (
	"strconv"
	"testing"
)

// Whoever is to be looked at is, once, however many they are.
func TestSuspects(t *testing.T) {
	const devices = 5000
	s := newSuspects()
	for i := range 2 * devices {
		s.add(strconv.Itoa(i % devices))
	}
	<-s.ready
	taken := map[string]bool{}
	for device, found := s.take(); found; device, found = s.take() {
		if taken[device] {
			t.Fatalf("%s twice", device)
		}
		taken[device] = true
	}
	if len(taken) != devices {
		t.Errorf("%d of %d", len(taken), devices)
	}
	<-s.ready // for whoever works beside
	if _, found := s.take(); found {
		t.Error("one more")
	}
}
