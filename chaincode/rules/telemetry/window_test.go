package telemetry_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
)

// leavesOf are the leaf hashes of messages, as an auditor makes them of the texts.
func leavesOf(t *testing.T, messages ...string) (hashes [][]byte) {
	t.Helper()
	for _, text := range messages {
		m, err := attest.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		readings, err := senml.Parse(m)
		if err != nil {
			t.Fatal(err)
		}
		for _, leaf := range window.Leaves(m.Device, m.Sequence, readings) {
			hashes = append(hashes, leaf.Hash())
		}
	}
	return hashes
}

func TestAReadingIsProvedByItsWindow(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	messages := []string{d.Pack(400), d.Pack(410, 420, 430), d.Pack(440)}
	c.Record(messages[2], messages[0], messages[1]) // the order of the leaves is that of the numbers
	w := scenario.Must(c, c.As("producer", waymark.Viewer), telemetry.Window, waymark.WindowQuery{Device: d.ID, Sequence: 2})
	if w.Key != "k1" || w.Owner != "producer" || w.Readings != 5 || w.Recorded.TxID == "" || w.Recorded.Role != waymark.Relay {
		t.Errorf("window %+v", w)
	}
	hashes := leavesOf(t, messages...)
	for i := range hashes {
		path, err := window.InclusionProof(hashes, uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		if err := window.VerifyInclusion(w.Root, hashes[i], uint64(i), uint64(w.Readings), path); err != nil {
			t.Error(err)
		}
	}
	if bytes.Equal(w.Root, window.Root(leavesOf(t, messages[:2]...))) {
		t.Error("a part of the readings has the root of all")
	}
}

// give makes a device another member's, as its record says.
func give(c *scenario.Consortium, id, owner string) {
	c.T.Helper()
	_, err := c.World.Submit(c.Tx(c.As("producer", waymark.Admin)), func(l ledger.Ledger) error {
		d, err := ledger.Require[waymark.Device](l, ledger.DeviceKey(id), id)
		if err != nil {
			return err
		}
		d.Owner = owner
		return ledger.Save(l, ledger.DeviceKey(id), d)
	})
	if err != nil {
		c.T.Fatal(err)
	}
}

// putWindow stores a window in the first form.
func putWindow(c *scenario.Consortium, device string, first uint64, value string) {
	c.T.Helper()
	if _, err := c.World.Submit(c.Tx(c.As("producer", waymark.Relay)), func(l ledger.Ledger) error {
		return l.Put(ledger.WindowKey(device, first), []byte(value))
	}); err != nil {
		c.T.Fatal(err)
	}
}

func TestTelemetryStaysWithTheOwnerOfThen(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	c.Record(d.Pack(400))
	give(c, d.ID, "carrier")
	c.Record(d.Pack(410))
	before, after := waymark.WindowQuery{Device: d.ID, Sequence: 1}, waymark.WindowQuery{Device: d.ID, Sequence: 2}
	producer, carrier := c.As("producer", waymark.Viewer), c.As("carrier", waymark.Viewer)
	scenario.Must(c, producer, telemetry.Window, before)
	scenario.Must(c, carrier, telemetry.Window, after)
	scenario.Refused(c, carrier, telemetry.Window, before, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(c, producer, telemetry.Window, after, waymark.Forbidden, waymark.DefaultDeny)
	missing := waymark.WindowQuery{Device: d.ID, Sequence: 3}
	scenario.Refused(c, carrier, telemetry.Window, missing, waymark.NotFound, "")
	scenario.Refused(c, producer, telemetry.Window, missing, waymark.Forbidden, waymark.DefaultDeny)
}

func TestAWindowOfTheOldFormStaysWithWhoRegisteredTheDevice(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	putWindow(c, d.ID, 1, `{"device":"logger-1","shipment":"","first":1,"last":1,"readings":1,"from":"2026-03-01T08:00:00Z","to":"2026-03-01T08:00:00Z",`+
		`"series":[{"name":"temperature","unit":"Cel","count":1,"min":400,"max":400,"sum":400}],"digests":"AAECAwQFBgc=",`+
		`"recorded":{"tx_id":"ab","time":"2026-03-01T08:00:00Z","member":"producer","role":"relay"}}`)
	give(c, d.ID, "carrier")
	query := waymark.WindowQuery{Device: d.ID, Sequence: 1}
	w := scenario.Must(c, c.As("producer", waymark.Viewer), telemetry.Window, query)
	if w.Owner != "" || w.Key != "" || len(w.Root) != 0 || w.Recorded.TxID != "ab" {
		t.Errorf("window %+v", w)
	}
	scenario.Refused(c, c.As("carrier", waymark.Viewer), telemetry.Window, query, waymark.Forbidden, waymark.DefaultDeny)
}

// TestARepeatedMessageOfTheOldFormIsKnown: windows used to keep 8 bytes of each digest.
func TestARepeatedMessageOfTheOldFormIsKnown(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	twin := *d
	first, digest := d.PackDigest(400)
	c.Record(first)
	putWindow(c, d.ID, 1, fmt.Sprintf(`{"device":"logger-1","shipment":"","first":1,"last":1,"readings":1,"series":[],"digests":%q,"recorded":{"tx_id":"ab"}}`,
		base64.StdEncoding.EncodeToString(digest[:8])))
	results := c.Record(first, twin.Pack(900))
	expect(t, results, "duplicate", "already_exists fork")
	if results[0].TxID != "ab" {
		t.Errorf("duplicate of %q", results[0].TxID)
	}
}
