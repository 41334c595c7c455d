//go:build e2e

package e2e

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/test/internal/app"
)

// TestObligationsAreCarriedOut: a reader by a policy that coarsens gets rounded places and
// rounded sealed values with nothing beside them that tells more, by a policy that redacts
// neither; the owner gets all exactly (ASVS 5.0: 8.2.3, 14.2.6).
func TestObligationsAreCarriedOut(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := privateLogger(ctx, t)
	at := now()
	m, err := d.Seal(attest.COSE, []senml.Reading{
		{Name: "latitude", Unit: "lat", Value: 52_1234567, Time: at}, {Name: "longitude", Unit: "lon", Value: -4_8765432, Time: at},
		{Name: "temperature", Unit: "Cel", Value: 1_96, Time: at}, text("planted", "note"),
	}, privateNames...)
	if err != nil {
		t.Fatal(err)
	}
	if results, _ := record(ctx, t, m.Text()); results[0].Outcome != waymark.Recorded {
		t.Fatalf("recorded %+v", results)
	}
	window, sealed := "/v1/devices/"+d.ID()+"/windows/1", "/v1/devices/"+d.ID()+"/messages/1/disclosed?holder=producer"
	for annotation, want := range map[string]struct {
		places []int64           // latitude and longitude
		values []waymark.Decimal // of the sealed readings
	}{
		`@coarsen("location:2,goods:0")`: {[]int64{52_1200000, -4_8800000}, []waymark.Decimal{"2"}},
		`@redact("location,goods")`:      {nil, nil},
	} {
		grant(ctx, t, annotation, d.ID(), func(auditor *app.App) {
			w, err := app.Read[waymark.Window](ctx, auditor, window)
			if err != nil || !slices.Equal(minima(w), want.places) || len(w.Root)+len(w.Digests) != 0 || len(w.Obligations) == 0 && want.places != nil {
				t.Errorf("%s: window %+v (%v)", annotation, w, err)
			}
			got, err := app.Read[waymark.DisclosedMessage](ctx, auditor, sealed)
			if err != nil || !slices.Equal(shownValues(t, got), want.values) {
				t.Errorf("%s: disclosed %+v (%v)", annotation, got, err)
			}
		})
	}
	owner, err := app.Read[waymark.Window](ctx, as(t, "producer", waymark.Viewer), window)
	if err != nil || !slices.Equal(minima(owner), []int64{52_1234567, -4_8765432}) || len(owner.Root) == 0 {
		t.Errorf("the owner's window %+v (%v)", owner, err)
	}
}

// grant lets the auditor read what a device reports under some obligations, while f runs.
func grant(ctx context.Context, t *testing.T, annotation, device string, f func(*app.App)) {
	t.Helper()
	admin, auditor, path := as(t, "producer", waymark.Admin), as(t, "auditor", waymark.Viewer), "/v1/policies/"+name("policy")
	_, commit, err := app.Write[waymark.Policy](ctx, admin, http.MethodPut, path, map[string]string{"text": annotation + `
permit (principal in Waymark::Member::"auditor", action == Waymark::Action::"ReadTelemetry", resource == Waymark::Telemetry::"` + device + `");`})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Settle(ctx, commit.TxID, auditor, admin); err != nil {
		t.Fatal(err)
	}
	f(auditor)
	post[waymark.Policy](ctx, t, admin, path+"/withdraw", map[string]string{"reason": "test"})
}

func minima(w waymark.Window) (all []int64) {
	for _, s := range w.Series {
		all = append(all, s.Min)
	}
	return all
}

// shownValues are the values of what is disclosed; no disclosure may be beside one.
func shownValues(t *testing.T, m waymark.DisclosedMessage) (all []waymark.Decimal) {
	t.Helper()
	for _, r := range m.Readings {
		if all = append(all, r.Value); len(r.Disclosure) > 0 || r.Text != "" {
			t.Errorf("told exactly: %+v", r)
		}
	}
	return all
}
