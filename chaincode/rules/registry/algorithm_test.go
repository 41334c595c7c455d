package registry_test

import (
	"fmt"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// use gives a device a new key of an algorithm, under an id.
func use(t *testing.T, d *scenario.Device, id string, algorithm attest.Algorithm) {
	t.Helper()
	key, err := attest.GenerateKey(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	d.Key, d.KeyID = key, id
}

// Each algorithm registers, reports, and rotates to each other.
func TestEveryAlgorithm(t *testing.T) {
	for _, from := range attest.Algorithms() {
		for _, to := range attest.Algorithms() {
			t.Run(string(from)+" to "+string(to), func(t *testing.T) {
				c := scenario.New(t)
				by := c.As("producer", waymark.Operator)
				d := c.NewDevice("logger-1", "producer")
				use(t, d, "k1", from)
				record := scenario.Must(c, by, registry.RegisterDevice, registration(d))
				expectNothing(c, by, registry.RegisterDevice, registration(d), record)
				if r := c.Record(d.Pack(400))[0]; r.Outcome != waymark.Recorded {
					t.Errorf("before the rotation: %s", r.Detail)
				}
				old := *d
				use(t, d, "k2", to)
				request := waymark.RotateKeyRequest{Device: d.ID, Rotation: rotation(t, &old, d, func(_, _ *attest.Header, _ *waymark.Registration) {})}
				record = scenario.Must(c, by, registry.RotateKey, request)
				expectNothing(c, by, registry.RotateKey, request, record)
				if r := c.Record(d.Pack(400))[0]; r.Outcome != waymark.Recorded {
					t.Errorf("after the rotation: %s", r.Detail)
				}
			})
		}
	}
}

// A device that has had as many of the largest keys as it may is still a small record.
func TestARecordOfLargeKeysIsBounded(t *testing.T) {
	c := scenario.New(t)
	by := c.As("producer", waymark.Operator)
	d := c.NewDevice("logger-1", "producer")
	use(t, d, "k1", attest.MLDSA44)
	scenario.Must(c, by, registry.RegisterDevice, registration(d))
	for i := 1; i < registry.MaxKeys; i++ {
		old := *d
		use(t, d, fmt.Sprintf("n%d", i), attest.MLDSA44)
		request := waymark.RotateKeyRequest{Device: d.ID, Rotation: rotation(t, &old, d, func(_, _ *attest.Header, _ *waymark.Registration) {})}
		if size := len(request.Rotation); size > waymark.MaxMessageBytes/2 {
			t.Fatalf("a rotation has %d bytes", size)
		}
		scenario.Must(c, by, registry.RotateKey, request)
	}
	if size := len(c.World.Value(ledger.DeviceKey(d.ID).String())); size > 64<<10 {
		t.Errorf("the record has %d bytes", size)
	}
}
