package edge

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/local"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/source"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/uplink"
	"go.uber.org/zap"
)

// signs gives every message the bytes of its pack.
type signs struct{}

func (signs) Sign(_ string, _ uint64, _, pack []byte) (attest.Signed, error) {
	return attest.Signed{Raw: pack}, nil
}

// bench is an edge that reads and signs, without brokers.
func bench(c config.Config, box *outbox.Outbox, q *queue) *Edge {
	return &Edge{config: c, log: zap.NewNop(), metrics: newMetrics(), outbox: box, sources: source.New(c, box.Latest), queue: q, warned: make(map[string]time.Time),
		uplink: uplink.New(uplink.Options{}, box, nil, nil, zap.NewNop())}
}

// Equal readings without a time each count; only what a broker sends again, under the same packet id, was signed before.
func TestEqualReadingsEachCount(t *testing.T) {
	c := config.Default()
	c.Sources = []config.Source{{Name: "loggers", Kind: config.JSON, Topic: "{device}", Fields: []config.Field{{From: "/t", Name: "temperature", Unit: "Cel"}}}}
	c.Devices = []config.Device{{ID: "a", Source: "loggers"}}
	box, err := outbox.Open(t.TempDir(), outbox.Limits{Bytes: 1 << 20}, []string{"a"}, signs{})
	if err != nil {
		t.Fatal(err)
	}
	e := bench(c, box, newQueue(100, 1<<20))
	for _, test := range []struct {
		name  string
		ids   []uint16
		again bool
		want  int // readings
	}{
		{"two in one group, both on their way when the connection broke", []uint16{1, 2}, true, 2},
		{"sent again after they were signed", []uint16{1, 2}, true, 0},
		{"sent again within one group", []uint16{3, 3}, true, 1},
		{"new, and equal to one that was signed", []uint16{4}, true, 1},
		{"not said to be sent again", []uint16{4}, false, 1},
	} {
		var arrivals []local.Arrival
		acked := 0
		for _, id := range test.ids {
			a := local.Arrival{Topic: "a", Payload: []byte(`{"t":21}`), Received: time.Now(), QoS: 1, ID: id, Again: test.again, Ack: func() { acked++ }}
			arrivals = append(arrivals, a)
			e.queue.Put(t.Context(), a)
		}
		before := signed(t, box)
		if err := e.take(t.Context(), arrivals); err != nil {
			t.Fatal(err)
		}
		if got := signed(t, box) - before; got != test.want || acked != len(arrivals) {
			t.Errorf("%s: %d readings of %d were signed, %d acknowledged", test.name, got, test.want, acked)
		}
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
}

// A queue full of packs with very many readings is signed in several commits, so that they are never in memory all at once.
func TestManyReadingsAreSeveralCommits(t *testing.T) {
	const arriving, each, message = 40, senml.MaxReadings, 100
	c := config.Default()
	c.Pack.Readings = message
	c.Sources = []config.Source{{Name: "packs", Kind: config.SenML, Topic: "{device}"}}
	c.Devices = []config.Device{{ID: "a", Source: "packs"}}
	box, err := outbox.Open(t.TempDir(), outbox.Limits{Bytes: 64 << 20}, []string{"a"}, signs{})
	if err != nil {
		t.Fatal(err)
	}
	e := bench(c, box, newQueue(arriving, 64<<20))
	pack := fmt.Appendf(nil, `[{"bn":"t","bu":"Cel","bt":%d,"v":21}%s]`, time.Now().Unix(), strings.Repeat(`,{"v":21}`, each-1))
	last, most := 0, 0
	var arrivals []local.Arrival
	for range arriving {
		a := local.Arrival{Topic: "a", Payload: pack, Received: time.Now(), Ack: func() {
			now := message * int(box.Usage().Messages)
			last, most = now, max(most, now-last)
		}}
		arrivals = append(arrivals, a)
		e.queue.Put(t.Context(), a)
	}
	if err := e.take(t.Context(), arrivals); err != nil {
		t.Fatal(err)
	}
	if last != arriving*each || most > groupReadings+each {
		t.Errorf("%d readings of %d were signed, up to %d at once", last, arriving*each, most)
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
}

// signed counts the readings that wait.
func signed(t *testing.T, box *outbox.Outbox) (n int) {
	t.Helper()
	messages, err := box.Pending("a", 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		readings, err := senml.ParseCBOR(m.Raw)
		if err != nil {
			t.Fatal(err)
		}
		n += len(readings)
	}
	return n
}

func TestCut(t *testing.T) {
	readings := make([]senml.Reading, 7)
	for i := range readings {
		readings[i] = senml.Reading{Kind: senml.Text, Name: "n", Body: fmt.Sprint(i)} // 66 bytes at most
	}
	for _, test := range []struct {
		most, bytes int
		want        []int
	}{
		{10, 10000, []int{7}},
		{3, 10000, []int{3, 3, 1}},
		{10, 132, []int{2, 2, 2, 1}},
		{10, 1, []int{1, 1, 1, 1, 1, 1, 1}},
	} {
		var got []int
		var all []senml.Reading
		for _, part := range cut(readings, test.most, test.bytes) {
			got = append(got, len(part))
			all = append(all, part...)
		}
		if fmt.Sprint(got) != fmt.Sprint(test.want) || fmt.Sprint(all) != fmt.Sprint(readings) {
			t.Errorf("%d readings, %d bytes: %v, want %v", test.most, test.bytes, got, test.want)
		}
	}
}
