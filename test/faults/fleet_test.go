//go:build e2e && linux

package faults_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"testing"
)

// atFleet starts two bridges that share the devices at one mosquitto.
func atFleet(ctx context.Context, t *testing.T) *site {
	t.Helper()
	m := newMosquitto(ctx, t)
	member := func(id string) *site {
		return m.site(ctx, t, fmt.Sprintf("fleet: {id: %s, shards: 8, lease: 5s}\n", id))
	}
	s := member("bridge-a")
	s.others = []*site{member("bridge-b")}
	return s
}

// fleetBridgeDies kills one of the bridges, and starts it again once the other has all devices.
func fleetBridgeDies(ctx context.Context, t *testing.T, r *row) {
	t.Helper()
	if err := r.bridge.kill(ctx); err != nil {
		t.Fatal(err)
	}
	r.eachMore(ctx, t)
	if err := r.bridge.start(ctx); err != nil {
		t.Fatal(err)
	}
	for !r.holdsShards(ctx) {
		if ctx.Err() != nil {
			t.Fatal("no shard comes back")
		}
		pause(ctx, pollInterval)
	}
	r.eachMore(ctx, t)
}

// holdsShards reports whether the site's bridge has shards of the fleet.
func (s *site) holdsShards(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.at.Bridge.URL+"/metrics", http.NoBody)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return err == nil && shardsHeld.Match(text)
}

var shardsHeld = regexp.MustCompile(`(?m)^waymark_bridge_fleet_shards_held [1-9]`)

// eachMore waits until of each device something is recorded that it signed from now on.
func (r *row) eachMore(ctx context.Context, t *testing.T) {
	t.Helper()
	for _, s := range r.devices {
		for last, _ := s.device.Last(); !r.seen.beyond(s.device.ID(), last); {
			if ctx.Err() != nil {
				t.Fatalf("nothing of %s is recorded any more", s.device.ID())
			}
			pause(ctx, pollInterval)
		}
	}
}

// fleets are the rows of bridges that share devices.
func fleets() []fault {
	return []fault{
		{name: "kill -9 of one of two bridges that share devices at mosquitto", site: atFleet, inflict: fleetBridgeDies, late: true,
			remark: "What the dead one had acknowledged goes on when it is back, and is late then."},
		{name: "kill -9 of one node after another of a cluster of nats-servers", site: atCluster, inflict: nodesDie},
	}
}
