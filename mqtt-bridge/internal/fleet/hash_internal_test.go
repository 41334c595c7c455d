package fleet

import (
	"fmt"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

// TestShardsStayTheSame: what waits in the sessions at brokers rests on these.
func TestShardsStayTheSame(t *testing.T) {
	for _, tt := range []struct {
		device       string
		shards, want int
	}{
		{"logger-1", 8, 4},
		{"logger-2", 8, 0},
		{"logger-1", 3, 1},
		{"", 8, 4},
		{"a:b_C-9", 64, 42},
	} {
		if got := ShardOf(tt.device, tt.shards); got != tt.want {
			t.Errorf("%s is of shard %d of %d, want %d", tt.device, got, tt.shards, tt.want)
		}
	}
}

// TestShardsAreAlike, and the devices of one are in all shards of the spool.
func TestShardsAreAlike(t *testing.T) {
	const devices = 8000
	var count [8]int
	var spools [spool.Shards]int
	for n := range devices {
		shard := ShardOf(fmt.Sprint("logger-", n), 8)
		if count[shard]++; shard == 0 {
			spools[spool.ShardOf(fmt.Sprint("logger-", n))]++
		}
	}
	for shard, n := range count {
		if n < devices/8*8/10 || n > devices/8*12/10 {
			t.Errorf("shard %d has %d of %d devices", shard, n, devices)
		}
	}
	for shard, n := range spools {
		if n < devices/8/spool.Shards/2 {
			t.Errorf("shard %d of the spool has %d of %d devices", shard, n, count[0])
		}
	}
}

// TestFewShardsMove when a bridge goes, and none has more than its part.
func TestFewShardsMove(t *testing.T) {
	const shards = 64
	all := []string{"a", "b", "c", "d"}
	before := homesOf(shards, all)
	reversed := slices.Clone(all)
	slices.Reverse(reversed)
	if again := homesOf(shards, reversed); !slices.Equal(again, before) {
		t.Errorf("in another order of bridges %v, not %v", again, before)
	}
	for n, gone := range all {
		left := slices.Delete(slices.Clone(all), n, n+1)
		count, moved := make(map[string]int), 0
		for shard, home := range homesOf(shards, left) {
			if count[home]++; before[shard] != gone && home != before[shard] {
				moved++
			}
		}
		for _, bridge := range left {
			if count[bridge] > 22 || count[bridge] < 20 {
				t.Errorf("without %s, %s is the home of %d", gone, bridge, count[bridge])
			}
		}
		if moved > shards/8 {
			t.Errorf("without %s, %d shards move between two others", gone, moved)
		}
	}
	if slices.ContainsFunc(homesOf(shards, nil), func(home string) bool { return home != "" }) {
		t.Error("a shard has a home where nobody lives")
	}
}
