package edge

import (
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/local"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/source"
	"google.golang.org/protobuf/encoding/protowire"
)

// birth is that of a node with one metric, Temp, of type Int32.
func birth(at time.Time, value uint64) []byte {
	number := func(n protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), v)
	}
	metric := slices.Concat(protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "Temp"), number(4, 3), number(10, value))
	return slices.Concat(number(1, uint64(at.UnixMilli())), number(3, 0), protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), metric))
}

// What a plant said while nothing was signed for its device is signed when a birth says it again; what was signed is not.
func TestWhatIsWithheldIsNotTakenForSigned(t *testing.T) {
	c := config.Default()
	c.Sources = []config.Source{{Name: "plant", Kind: config.Sparkplug, Group: "Plant", Fields: []config.Field{{From: "Temp", Name: "temperature", Unit: "Cel"}}}}
	c.Devices = []config.Device{{ID: "a", Source: "plant", Address: "press"}}
	box, err := outbox.Open(t.TempDir(), outbox.Limits{Bytes: 1 << 20}, []string{"a"}, signs{})
	if err != nil {
		t.Fatal(err)
	}
	e, now := bench(c, box, newQueue(10, 1<<20)), time.Now()
	message := func(at time.Time, value uint64) local.Arrival {
		return local.Arrival{Topic: "spBv1.0/Plant/NBIRTH/press", Payload: birth(at, value), Received: now, Ack: func() {}}
	}
	read := func(a local.Arrival) int {
		return len(e.sources.Read(source.Message{Topic: a.Topic, Payload: a.Payload, Received: a.Received}).Readings)
	}
	first, second := message(now.Add(-time.Minute), 1), message(now, 2)
	take := func(a local.Arrival) {
		e.queue.Put(t.Context(), a)
		if err := e.take(t.Context(), []local.Arrival{a}); err != nil {
			t.Fatal(err)
		}
	}
	take(first)
	if err := box.Fork("a", 1); err != nil { // nothing more is signed for it
		t.Fatal(err)
	}
	take(second)
	if n := read(first); n != 0 || box.Usage().Messages != 1 {
		t.Errorf("%d messages are signed, and %d readings would be again", box.Usage().Messages, n)
	}
	if read(second) != 1 {
		t.Error("a birth does not tell again what was not signed")
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
}

// A device that has used all its numbers ends neither the edge nor the others' messages.
func TestADeviceWithoutNumbersIsWithheld(t *testing.T) {
	dir, c := t.TempDir(), config.Default()
	c.Sources = []config.Source{{Name: "loggers", Kind: config.JSON, Topic: "{device}", Fields: []config.Field{{From: "/t", Name: "temperature", Unit: "Cel"}}}}
	c.Devices = []config.Device{{ID: "a", Source: "loggers"}, {ID: "b", Source: "loggers"}}
	for device, recorded := range map[string]uint64{"a": waymark.MaxSequence - 2, "b": 0} {
		if _, err := outbox.Recover(dir, nil, device, recorded); err != nil { // a has one number left
			t.Fatal(err)
		}
	}
	box, err := outbox.Open(dir, outbox.Limits{Bytes: 1 << 20}, c.DeviceIDs(), signs{})
	if err != nil {
		t.Fatal(err)
	}
	e, acked := bench(c, box, newQueue(10, 1<<20)), 0
	for n := range 2 {
		var arrivals []local.Arrival
		for _, topic := range c.DeviceIDs() {
			a := local.Arrival{Topic: topic, Payload: []byte(`{"t":21}`), Received: time.Now(), Ack: func() { acked++ }}
			e.queue.Put(t.Context(), a)
			arrivals = append(arrivals, a)
		}
		if err := e.take(t.Context(), arrivals); err != nil {
			t.Fatalf("round %d: %v", n, err)
		}
	}
	if got := box.Usage().Messages; got != 3 || acked != 4 {
		t.Errorf("%d messages are signed, %d acknowledged", got, acked)
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
}
