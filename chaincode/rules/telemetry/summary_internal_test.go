package telemetry

import (
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// TestARunBreaksWhereTheKeyChanges: whether a window is to be believed hangs on one key.
func TestARunBreaksWhereTheKeyChanges(t *testing.T) {
	var messages []accepted
	for i, key := range []string{"k1", "k1", "k2", "k2", "k2"} {
		messages = append(messages, accepted{sequence: uint64(i + 1), key: key, digest: attest.Digest{byte(i)}, readings: []senml.Reading{{Name: "t", Unit: "Cel", Value: 1}}})
	}
	windows := summarise(&waymark.Device{ID: "logger-1", Owner: "producer"}, messages, waymark.Stamp{})
	if len(windows) != 2 || windows[0].Key != "k1" || windows[0].Last != 2 || windows[1].Key != "k2" || windows[1].First != 3 || windows[1].Last != 5 {
		t.Errorf("windows %+v", windows)
	}
}

func TestSumsAreExactInAnyOrder(t *testing.T) {
	const most, least = 1<<63 - 1, -1 << 63
	for _, c := range []struct {
		give     []int64
		sum      int64
		overflow bool
	}{
		{[]int64{1, 2, -4}, -1, false},
		{[]int64{most, most, least, least}, -2, false},
		{[]int64{most, 1, -1}, most, false},
		{[]int64{most, 1}, most, true},
		{[]int64{least, -1}, least, true},
	} {
		var tl tally
		for _, v := range c.give {
			tl.add(senml.Reading{Name: "t", Unit: "Cel", Value: v})
		}
		if s := tl.series(&waymark.Device{})[0]; s.Sum != c.sum || s.Overflow != c.overflow || s.Count != int64(len(c.give)) {
			t.Errorf("%v: %+v", c.give, s)
		}
	}
}
