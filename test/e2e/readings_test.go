//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// voyage is what a device measured before and while it witnessed a shipment.
type voyage struct {
	device, shipment string
	block            uint64 // of the last message
}

// sail records two messages in the warehouse, and on the way one of now and then one that comes late.
func sail(ctx context.Context, t *testing.T) voyage {
	t.Helper()
	d, at := logger(ctx, t, attest.Ed25519), now()
	record(ctx, t, sign(t, d, attest.COSE, 400, 410).Text(), sign(t, d, attest.JWS, 420).Text())
	j := voyage{device: d.ID(), shipment: shipment(ctx, t, "carrier")}
	attach(ctx, t, j.shipment, j.device)
	record(ctx, t, sign(t, d, attest.COSE, 500).Text())
	_, written := record(ctx, t, signReadings(t, d, senml.Reading{Name: "temperature", Unit: "Cel", Value: 455, Time: at}, senml.Reading{Kind: senml.Boolean, Name: "door", Unit: "/", Value: 1_000_000, Time: at}))
	j.block = written.BlockNumber
	return j
}

func signReadings(t *testing.T, d *device.Device, readings ...senml.Reading) string {
	t.Helper()
	m, err := d.Sign(attest.COSE, readings)
	if err != nil {
		t.Fatal(err)
	}
	return m.Text()
}

// TestReadingsAreThoseOfTheirWindows: every caller is listed what the ledger tells it of the windows, and series and
// latest are of the same readings.
func TestReadingsAreThoseOfTheirWindows(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	j := sail(ctx, t)
	for _, member := range []string{"producer", "carrier", "retailer", "auditor"} {
		for _, role := range []waymark.Role{waymark.Viewer, waymark.Operator, waymark.Relay} {
			j.sameAsWindows(ctx, t, as(t, member, role), string(role)+" of "+member)
		}
	}
}

func (j voyage) sameAsWindows(ctx context.Context, t *testing.T, caller *app.App, who string) {
	t.Helper()
	var listed []waymark.Reading
	for r, err := range caller.AllReadings(ctx, waymark.ReadingsQuery{Device: j.device, Name: "temperature", At: j.block, Limit: 2}) {
		if err != nil {
			t.Fatalf("%s: %v", who, err)
		}
		listed = append(listed, r)
	}
	told := int64(0)
	for _, first := range []uint64{1, 3, 4} {
		w, err := caller.Window(ctx, waymark.WindowQuery{Device: j.device, Sequence: first})
		if p, is := gateway.AsProblem(err); is && p.Code == waymark.Forbidden {
			continue
		}
		if err != nil {
			t.Fatalf("%s: window of %d: %v", who, first, err)
		}
		of := slices.DeleteFunc(slices.Clone(listed), func(r waymark.Reading) bool { return r.Window != first })
		for _, s := range w.Series {
			if s.Name == "temperature" {
				told += s.Count
				if int64(len(of)) != s.Count || of[0].TxID != w.Recorded.TxID || of[0].Shipment != w.Shipment {
					t.Errorf("%s: of the window %+v it is listed %+v", who, s, of)
				}
			}
		}
	}
	if int64(len(listed)) != told {
		t.Errorf("%s: %d readings are listed, and windows of %d told", who, len(listed), told)
	}
	list, err := caller.Series(ctx, waymark.SeriesQuery{Device: j.device, Name: "temperature", Bucket: waymark.MaxBucketSeconds, At: j.block})
	count := int64(0)
	for _, b := range list.Buckets {
		count += b.Count
	}
	if err != nil || count != told {
		t.Errorf("%s: the series has %d of %d readings: %v", who, count, told, err)
	}
	latest, err := caller.Latest(ctx, waymark.LatestQuery{Device: j.device, At: j.block})
	i := slices.IndexFunc(latest.Readings, func(r waymark.Reading) bool { return r.Name == "temperature" })
	if err != nil || (i >= 0) != (told > 0) || i >= 0 && !reflect.DeepEqual(latest.Readings[i], listed[len(listed)-1]) {
		t.Errorf("%s: the latest are %+v of %+v: %v", who, latest.Readings, listed, err)
	}
}

// TestReadingsAreCoarsened as a policy says, and what would tell more is not told (ASVS 5.0: 8.2.3, 14.2.6).
func TestReadingsAreCoarsened(t *testing.T) {
	ctx := limit(t, time.Minute)
	j := sail(ctx, t)
	grant(ctx, t, `@coarsen("condition:0")`, j.device, func(auditor *app.App) {
		at := j.block + 1 // in which the policy is, at the earliest
		list, err := auditor.ListReadings(ctx, waymark.ReadingsQuery{Device: j.device, Name: "temperature", At: at})
		var values []waymark.Decimal
		for _, r := range list.Readings {
			values = append(values, r.Value)
		}
		slices.Sort(values)
		if err != nil || !slices.Equal(values, []waymark.Decimal{"4", "4", "4", "5", "5"}) || !slices.Equal(list.Coarsened, []waymark.DataClass{"condition"}) || len(list.Obligations) == 0 {
			t.Errorf("%+v, %v", list, err)
		}
		series, err := auditor.Series(ctx, waymark.SeriesQuery{Device: j.device, Name: "temperature", Bucket: waymark.MaxBucketSeconds, At: at})
		if err != nil || len(series.Buckets) == 0 || series.Buckets[0].Mean != "" || series.Buckets[0].Min != "4" {
			t.Errorf("%+v, %v", series, err)
		}
		_, err = auditor.ReadingProof(ctx, waymark.ProofQuery{Reading: j.device + ":1:0"})
		if p, is := gateway.AsProblem(err); !is || p.Code != waymark.Forbidden {
			t.Errorf("its proof: %v", err)
		}
	})
}

// TestReadingsAreProved to whoever has the members' authorities, and what is changed is not. A reading names its proof.
func TestReadingsAreProved(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	j := sail(ctx, t)
	for _, member := range []string{"producer", "retailer"} { // the device's owner, and a party of the shipment
		viewer := as(t, member, waymark.Viewer)
		list, err := viewer.ListReadings(ctx, waymark.ReadingsQuery{Device: j.device, Name: "temperature", Shipment: j.shipment, At: j.block})
		if err != nil || len(list.Readings) != 2 {
			t.Fatalf("%s: %+v, %v", member, list, err)
		}
		for _, r := range list.Readings {
			raw, err := viewer.ReadingProof(ctx, waymark.ProofQuery{Reading: r.ID})
			if err != nil {
				t.Fatalf("%s: %s: %v", member, r.ID, err)
			}
			proved(t, r, raw)
		}
	}
	raw, err := as(t, "producer", waymark.Viewer).ReadingProof(ctx, waymark.ProofQuery{Reading: j.device + ":1:1"})
	if err != nil {
		t.Fatal(err)
	}
	forgedProofs(ctx, t, raw)
	for id, want := range map[string]int{":1:2": http.StatusNotFound, ":9:0": http.StatusNotFound, ":0:0": http.StatusBadRequest} {
		_, err := as(t, "producer", waymark.Viewer).ReadingProof(ctx, waymark.ProofQuery{Reading: j.device + id})
		if p, is := gateway.AsProblem(err); !is || p.Status != want {
			t.Errorf("%s: %v, want %d", id, err, want)
		}
	}
}

// proved checks that a proof is of a reading as it was listed.
func proved(t *testing.T, r waymark.Reading, raw json.RawMessage) {
	t.Helper()
	proof, err := verify.ReadReading(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	report, err := consortium(t).VerifyReading(proof)
	if err != nil {
		t.Fatalf("%s: %v", r.ID, err)
	}
	got := report.Reading
	if got.Value != r.Value || !got.Time.Equal(r.Time) || got.Name != r.Name || got.Unit != r.Unit || report.Window != r.Window || report.Report.TxID != r.TxID || report.Report.BlockNumber != r.Block {
		t.Errorf("%+v is proved as %+v", r, report)
	}
}

// forgedProofs are refused, by the command too: a value, a time, a path or a root that is another, and a block that is.
func forgedProofs(ctx context.Context, t *testing.T, raw json.RawMessage) {
	t.Helper()
	for name, tt := range map[string]struct {
		forge  func(*verify.ReadingProof)
		status int
		says   string
	}{
		"sound":         {func(*verify.ReadingProof) {}, 0, "4.1 Cel"},
		"another value": {func(p *verify.ReadingProof) { p.Reading.Value = "4.2" }, 1, "proves nothing: path"},
		"other digits":  {func(p *verify.ReadingProof) { p.Reading.Value = "4.101" }, 1, "proves nothing: reading"},
		"another time":  {func(p *verify.ReadingProof) { p.Reading.Time = p.Reading.Time.Add(time.Second) }, 1, "proves nothing: path"},
		"another place": {func(p *verify.ReadingProof) { p.Reading.Index = 0 }, 1, "proves nothing: path"},
		"another path":  {func(p *verify.ReadingProof) { p.Path[0][5] ^= 1 }, 1, "proves nothing: path"},
		"another root":  {func(p *verify.ReadingProof) { p.Root[5] ^= 1 }, 1, "proves nothing: window"},
		"another block": {func(p *verify.ReadingProof) { p.Receipt.Block[len(p.Receipt.Block)/3] ^= 1 }, 1, "proves nothing: block"},
	} {
		proof, err := verify.ReadReading(strings.NewReader(string(raw)))
		if err != nil {
			t.Fatal(err)
		}
		tt.forge(&proof)
		changed, err := json.Marshal(proof)
		if err != nil {
			t.Fatal(err)
		}
		if output, status := verifyByCommand(ctx, t, "--reading", changed, ""); status != tt.status || !strings.Contains(output, tt.says) {
			t.Errorf("%s: exit status %d:\n%s", name, status, output)
		}
	}
}
