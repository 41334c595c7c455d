//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/audit"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// course is a shipment whose loggers' clocks run ahead: what they report is at most five
// minutes in the future, so that a test need not wait.
type course struct {
	id      string
	loggers []*device.Device
	begin   time.Time
}

func newCourse(ctx context.Context, t *testing.T, loggers int, conditions ...waymark.Condition) *course {
	t.Helper()
	c := equip(ctx, t, loggers)
	c.start(ctx, t, conditions...)
	return c
}

// equip makes so many loggers for a shipment.
func equip(ctx context.Context, t *testing.T, loggers int) *course {
	t.Helper()
	c := &course{id: name("shipment")}
	for range loggers {
		c.loggers = append(c.loggers, logger(ctx, t, attest.Ed25519))
	}
	return c
}

// start makes the shipment and attaches its loggers.
func (c *course) start(ctx context.Context, t *testing.T, conditions ...waymark.Condition) {
	t.Helper()
	done(ctx, t, operator(t, "producer").CreateShipment, waymark.CreateShipmentRequest{
		ID: c.id, Consignee: "retailer", Arbiter: "auditor", Goods: commission(ctx, t, name("item")), Conditions: conditions})
	for _, d := range c.loggers {
		attach(ctx, t, c.id, d.ID())
	}
	c.begin = time.Now().UTC().Truncate(time.Millisecond)
}

// message is one reading of a logger, so many seconds after the beginning.
func (c *course) message(t *testing.T, logger int, second int, centiCelsius int64) string {
	t.Helper()
	m, err := c.loggers[logger].Sign(attest.COSE, []senml.Reading{{Name: "temperature", Unit: "Cel", Value: centiCelsius, Time: c.begin.Add(time.Duration(second) * time.Second)}})
	if err != nil {
		t.Fatal(err)
	}
	return m.Text()
}

func (c *course) view(ctx context.Context, t *testing.T) waymark.ShipmentView {
	t.Helper()
	view, err := as(t, "auditor", waymark.Viewer).Shipment(ctx, waymark.ShipmentQuery{Shipment: c.id})
	if err != nil {
		t.Fatal(err)
	}
	return view
}

func (c *course) expect(ctx context.Context, t *testing.T, state waymark.ConditionState, reasons ...string) {
	t.Helper()
	if v := c.view(ctx, t); v.Condition != state || !slices.Equal(v.Reasons, reasons) {
		t.Errorf("the condition is %s %v, want %s %v: %+v", v.Condition, v.Reasons, state, reasons, v.Verdict.Rules)
	}
}

// budgetOf is at most 8 degrees, but for less than so many seconds in all.
func budgetOf(seconds int64) waymark.Condition {
	return waymark.Condition{ID: "warm", Name: "temperature", Unit: "Cel", Maximum: "8", IntervalSeconds: 60, Agreement: "0.5",
		Budget: &waymark.Budget{Seconds: seconds, Mode: waymark.BudgetCumulative}}
}

// everyKind has a rule of each kind.
func everyKind() []waymark.Condition {
	return []waymark.Condition{budgetOf(600),
		{ID: "mean", Kind: waymark.ConditionMKT, Name: "temperature", Unit: "Cel", MKT: &waymark.MKTLimit{Limit: "8", WindowSeconds: 3600}},
		{ID: "near", Kind: waymark.ConditionGeofence, Name: "latitude", Unit: "lat", Fence: &waymark.Fence{LongitudeName: "longitude",
			Circle: &waymark.Circle{Center: waymark.Position{Latitude: "52", Longitude: "4"}, RadiusMeters: 1000}}}}
}

// TestABudgetIsUsedUpAndReleased: an excursion within the budget is taken as it is; the next one
// uses it up, quality releases both, and the goods are taken without a reservation.
func TestABudgetIsUsedUpAndReleased(t *testing.T) {
	ctx := limit(t, time.Minute)
	c := newCourse(ctx, t, 1, budgetOf(120), waymark.Condition{ID: "mean", Kind: waymark.ConditionMKT, Name: "temperature", Unit: "Cel", IntervalSeconds: 60, MKT: &waymark.MKTLimit{Limit: "9"}})
	record(ctx, t, c.message(t, 0, 1, 500), c.message(t, 0, 20, 900))
	c.expect(ctx, t, waymark.ConditionExcursionOpen, "excursion-open")
	record(ctx, t, c.message(t, 0, 60, 500))
	c.expect(ctx, t, waymark.ConditionConformant)
	offer(ctx, t, c.id, "producer", "carrier")
	done(ctx, t, operator(t, "carrier").AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: c.id, Number: 1})

	record(ctx, t, c.message(t, 0, 100, 900))
	record(ctx, t, c.message(t, 0, 150, 1000))
	record(ctx, t, c.message(t, 0, 200, 500))
	c.expect(ctx, t, waymark.ConditionNonConformant, "budget")
	offer(ctx, t, c.id, "carrier", "retailer")
	refused(ctx, t, operator(t, "retailer"), answer(c.id, 2, "accept"), map[string]string{}, waymark.FailedPrecondition, "budget")

	release := func(first uint64) map[string]any {
		return map[string]any{"device": c.loggers[0].ID(), "rule": "warm", "first": first, "disposition": "stable at 25 degrees"}
	}
	path := "/v1/shipments/" + c.id + "/excursions:release"
	refused(ctx, t, operator(t, "retailer"), path, release(2), waymark.Forbidden, waymark.DefaultDeny)
	for _, first := range []uint64{2, 4} {
		post[waymark.Excursion](ctx, t, as(t, "retailer", waymark.Quality), path, release(first))
	}
	h, _ := done(ctx, t, operator(t, "retailer").AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: c.id, Number: 2})
	if h.Condition != waymark.ConditionReleased || h.Verdict.Rules[0].OutsideMS != 140_000 || len(h.Verdict.Rules[0].Devices) != 1 {
		t.Errorf("accepted as %s: %+v", h.Condition, h.Verdict)
	}
	if v := c.view(ctx, t); v.Custody.State != waymark.ShipmentAccepted || len(v.Excursions) != 2 || v.Excursions[1].Max != "10" {
		t.Errorf("the shipment is %s with excursions %+v", v.Custody.State, v.Excursions)
	}
	c.checkEvents(ctx, t)
	c.recount(ctx, t, 1)
	c.recount(ctx, t, 2)
}

// checkEvents wants the blocks to tell how the excursions opened, grew and closed, and whom it concerns.
func (c *course) checkEvents(ctx context.Context, t *testing.T) {
	t.Helper()
	var told []string
	for _, e := range c.reported(ctx, t).Excursions {
		told = append(told, fmt.Sprint(e.First, e.Opened, e.Grew, e.Closed))
		if !slices.Equal(e.Parties, []string{"auditor", "producer", "retailer"}) || e.Rule != "warm" {
			t.Errorf("told %+v", e)
		}
	}
	// Each of the first message of an excursion, and whether it opened, grew and closed.
	want := []string{"2 true false false", "2 false false true", "4 true false false", "4 false true false", "4 false false true"}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

// reported is what the retailer's peer has in its blocks of the loggers.
func (c *course) reported(ctx context.Context, t *testing.T) *audit.Reported {
	t.Helper()
	peer, err := audit.Connect(local.at, "retailer")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	var ids []string
	for _, d := range c.loggers {
		ids = append(ids, d.ID())
	}
	reported, err := peer.Reported(ctx, ids...)
	if err != nil {
		t.Fatal(err)
	}
	return reported
}

// recount comes to the verdict of a handoff again, by the tool that members have, from what a
// peer has in its blocks.
func (c *course) recount(ctx context.Context, t *testing.T, handoff int) {
	t.Helper()
	dir := t.TempDir()
	for file, content := range map[string]any{"shipment.json": c.view(ctx, t), "messages.json": c.reported(ctx, t).Messages} {
		encoded, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), encoded, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	replay := exec.CommandContext(ctx, "go", "run", "./cmd/replay", "verdict", filepath.Join(dir, "shipment.json"), filepath.Join(dir, "messages.json"), fmt.Sprint(handoff))
	replay.Dir, replay.Env = filepath.Join("..", "..", "chaincode"), append(os.Environ(), "GOWORK=off")
	output, err := replay.CombinedOutput()
	if err != nil || !strings.HasPrefix(string(output), c.id+": ") {
		t.Errorf("recount of handoff %d: %v\n%s", handoff, err, output)
	}
}

func TestMeanKineticTemperatureIsJudged(t *testing.T) {
	ctx := limit(t, time.Minute)
	c := newCourse(ctx, t, 1, waymark.Condition{ID: "mean", Kind: waymark.ConditionMKT, Name: "temperature", Unit: "Cel", IntervalSeconds: 60, MKT: &waymark.MKTLimit{Limit: "6.9"}})
	record(ctx, t, c.message(t, 0, 1, 500), c.message(t, 0, 61, 860), c.message(t, 0, 121, 500))
	c.expect(ctx, t, waymark.ConditionNonConformant, "mkt")
	offer(ctx, t, c.id, "producer", "carrier")
	h, _ := done(ctx, t, operator(t, "carrier").AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: c.id, Number: 1, Reservation: "warm on average"})
	if d := h.Verdict.Rules[0].Devices; len(d) != 1 || d[0].MeanKinetic != "6.99" || d[0].KnownMS != 120_000 {
		t.Errorf("found %+v", d)
	}
	c.recount(ctx, t, 1)
}

// TestWhichWitnessCounts: two that disagree are shown, and one whose calibration lapses on the way
// covers nothing, whatever its owner says of it afterwards.
func TestWhichWitnessCounts(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	measure := func(c *course) waymark.ShipmentView {
		for _, second := range []int{1, 60, 120} {
			record(ctx, t, c.message(t, 0, second, 500), c.message(t, 1, second, 580))
		}
		return c.view(ctx, t)
	}
	v := measure(newCourse(ctx, t, 2, budgetOf(600)))
	if v.Condition != waymark.ConditionConformant || len(v.Verdict.Disagreements) != 1 || v.Verdict.Disagreements[0].Apart != "0.8" {
		t.Errorf("%s %v, disagreements %+v", v.Condition, v.Reasons, v.Verdict.Disagreements)
	}
	c := equip(ctx, t, 2)
	calibrate := func(until time.Duration) {
		_, _, err := app.Write[waymark.Device](ctx, operator(t, "producer"), http.MethodPut, "/v1/devices/"+c.loggers[1].ID()+"/attributes", map[string]any{
			"reason": "yearly", "attributes": waymark.DeviceAttributes{Calibration: &waymark.Calibration{
				CertificateSHA256: strings.Repeat("0f", 32), ExpiresAt: time.Now().Add(until)}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	calibrate(time.Minute)
	c.start(ctx, t, budgetOf(600))
	if v := measure(c); v.Condition != waymark.ConditionConformant || len(v.Verdict.Disagreements) != 0 || v.Verdict.Witnesses[1].Counts == v.Verdict.Witnesses[0].Counts {
		t.Errorf("%s %v, witnesses %+v", v.Condition, v.Reasons, v.Verdict.Witnesses)
	}
	calibrate(24 * time.Hour)
	c.expect(ctx, t, waymark.ConditionUnknown, "witness-changed")
}
