//go:build e2e

package e2e

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/bridge"
	"github.com/waymark-ledger/waymark/test/internal/device"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// What an owner made private is with the owner and the
// custodian and nowhere else, and is believed all the same (ASVS 5.0: 14.2.4).
func TestPrivateReadingsStayPrivate(t *testing.T) {
	ctx := limit(t, 3*time.Minute)
	p := &planted{}
	a, b, c := privateLogger(ctx, t), privateLogger(ctx, t), privateLogger(ctx, t)
	id := shipmentTo(ctx, t, "auditor", "") // two more have custody on the way
	attach(ctx, t, id, a.ID())
	attach(ctx, t, id, b.ID())
	atA, second := connect(ctx, t, a), secondBridge(ctx, t, "carrier")
	atB := connectAt(ctx, t, b, second.At.MQTT.URL, second.At.MQTT.CAFile)

	early := p.secret(t, a, attest.COSE)
	publishAll(ctx, t, atA, early)
	disclosed(ctx, t, early, "producer", "")
	notDisclosed(ctx, t, early, "carrier", "")
	handOver(ctx, t, id, 1, "producer", "carrier")

	secrets := []secret{p.secret(t, a, attest.COSE), p.secret(t, a, attest.JWS)}
	publishAll(ctx, t, atA, secrets...)
	relayed := []secret{p.secret(t, b, attest.JWS), p.secret(t, b, attest.COSE)}
	publishAll(ctx, t, atB, relayed...)
	secrets = append(secrets, relayed...)
	secrets = append(secrets, p.gap(ctx, t, a)...)
	for _, s := range secrets {
		disclosed(ctx, t, s, "producer", "")
		disclosed(ctx, t, s, "carrier", "")
	}
	notDisclosed(ctx, t, early, "carrier", "") // it was disclosed to the custodian of then
	for _, outsider := range []string{"auditor", "retailer"} {
		for _, s := range append(secrets, early) {
			notDisclosed(ctx, t, s, outsider, "")
			notDisclosed(ctx, t, s, outsider, "producer")
			notDisclosed(ctx, t, s, outsider, "carrier")
		}
	}
	grantedToAuditor(ctx, t, secrets)
	secrets = append(secrets, p.refusals(ctx, t, a, c)...)
	p.wrongDisclosures(ctx, t, b, atB, second)
	p.replays(ctx, t, atA, secrets)

	handOver(ctx, t, id, 2, "carrier", "retailer")
	late := p.secret(t, a, attest.JWS)
	publishAll(ctx, t, atA, late)
	disclosed(ctx, t, late, "producer", "")
	disclosed(ctx, t, late, "retailer", "")
	notDisclosed(ctx, t, late, "carrier", "")
	for _, s := range secrets {
		notDisclosed(ctx, t, s, "retailer", "")
	}

	toldOfDisclosures(ctx, t, a.ID())
	awaitSameHeight(ctx, t)
	sealedCounts(ctx, t, a)
	sealedCounts(ctx, t, b)
	p.nowhereInBlocks(ctx, t)
	p.nowhereInFiles(t, "producer", "carrier", "retailer")
}

// While a holder's peer is away the other holder has what is disclosed, and only that waits
// in the bridge: what the same device and others report later is recorded. Once the peer is
// back its member has everything, and nobody did anything for it.
func TestDisclosuresWaitForAHolder(t *testing.T) {
	ctx := limit(t, 3*time.Minute)
	p := &planted{}
	d, other := privateLogger(ctx, t), logger(ctx, t, attest.Ed25519)
	t.Setenv("WAYMARK_BRIDGE_RELAY__UNDISCLOSED_RETRY", "1s") // of the bridge that starts here
	second := secondBridge(ctx, t, "producer")
	id := shipmentTo(ctx, t, "retailer", "auditor")
	attach(ctx, t, id, d.ID())
	handOver(ctx, t, id, 1, "producer", "carrier")
	s := connectAt(ctx, t, d, second.At.MQTT.URL, second.At.MQTT.CAFile)
	atOther := connectAt(ctx, t, other, second.At.MQTT.URL, second.At.MQTT.CAFile)
	if err := local.Kill(ctx, "peer.carrier"); err != nil {
		t.Fatal(err)
	}
	one, two := p.secret(t, d, attest.COSE), p.secret(t, d, attest.JWS)
	publishAll(ctx, t, s, one, two)
	open, err := d.Sign(attest.COSE, []senml.Reading{number("altitude")})
	if err != nil {
		t.Fatal(err)
	}
	publishAll(ctx, t, s, secret{device: d, message: open})
	publishAll(ctx, t, atOther, secret{device: other, message: sign(t, other, attest.COSE, 400)})
	disclosed(ctx, t, one, "producer", "")
	disclosed(ctx, t, two, "producer", "")
	q, err := bridge.AwaitQuarantine(ctx, second.At, d.ID(), time.Minute)
	if err != nil || q.Code != string(waymark.Unavailable) || !slices.Contains(q.Reasons, waymark.ReasonUndisclosed) || !strings.Contains(q.Detail, "carrier") {
		t.Errorf("quarantine holds %+v (%v)", q, err)
	}
	if err := local.Start(ctx, "peer.carrier"); err != nil {
		t.Fatal(err)
	}
	disclosed(ctx, t, one, "carrier", "")
	disclosed(ctx, t, two, "carrier", "")
	awaitEmptyQuarantine(ctx, t, second)
}

func awaitEmptyQuarantine(ctx context.Context, t *testing.T, b *bridge.Second) {
	t.Helper()
	for {
		all, err := bridge.Quarantine(ctx, b.At)
		if err == nil && len(all) == 0 {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("quarantine holds %+v (%v)", all, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// privateLogger registers a device whose owner makes what it says of the goods private.
func privateLogger(ctx context.Context, t *testing.T) *device.Device {
	t.Helper()
	d := logger(ctx, t, attest.Ed25519)
	_, commit, err := app.Write[waymark.Device](ctx, operator(t, "producer"), http.MethodPut, "/v1/devices/"+d.ID()+"/attributes", map[string]any{
		"reason": "test", "attributes": waymark.DeviceAttributes{Measures: []waymark.MeasuredClass{
			{Class: privateClass, Measurements: privateNames, Visibility: waymark.VisibilityPrivate}}}})
	if err != nil {
		t.Fatal(err)
	}
	for member := range local.at.Members {
		if err := app.Settle(ctx, commit.TxID, as(t, member, waymark.Viewer)); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// secondBridge is a bridge of a member, beside that of the network.
func secondBridge(ctx context.Context, t *testing.T, member string) *bridge.Second {
	t.Helper()
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	second, err := bridge.StartSecond(ctx, bridge.Options{Program: filepath.Join(root, ".waymark", "bin", "mqtt-bridge"),
		Network: local.at, Member: member, First: filepath.Join(local.Dir(), "bridge", "mqtt-bridge.yaml"), Dir: t.TempDir(),
		LogFile: filepath.Join(local.Dir(), "logs", "mqtt-bridge."+member+".log"), MQTTPort: basePort + 95, HTTPPort: basePort + 96})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := second.Stop(); err != nil {
			t.Error(err)
		}
	})
	return second
}

func connectAt(ctx context.Context, t *testing.T, d *device.Device, url, caFile string) *device.Session {
	t.Helper()
	s, err := d.Connect(ctx, device.Broker{URL: url, CAFile: caFile})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// publishAll sends messages of one device and waits until the ledger has them.
func publishAll(ctx context.Context, t *testing.T, s *device.Session, secrets ...secret) {
	t.Helper()
	for _, one := range secrets {
		if err := s.Send(ctx, one.message); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	last := secrets[len(secrets)-1]
	awaitStream(ctx, t, last.device.ID(), last.message.Sequence)
}

// handOver moves custody. A condition on what is private is never judged: the acceptance
// needs a reservation.
func handOver(ctx context.Context, t *testing.T, shipment string, n uint64, from, to string) {
	t.Helper()
	offer(ctx, t, shipment, from, to)
	refused(ctx, t, operator(t, to), answer(shipment, n, "accept"), map[string]string{}, waymark.FailedPrecondition, waymark.ReasonNoWitness)
	h, _ := done(ctx, t, operator(t, to).AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: shipment, Number: n, Reservation: "the temperature is not for all"})
	if h.Condition != waymark.ConditionUnknown {
		t.Errorf("handoff %d: the condition is %s, want unknown", n, h.Condition)
	}
}

// disclosed waits until a member can read what the sealed readings stand for, from its own
// peer or from a holder's.
func disclosed(ctx context.Context, t *testing.T, s secret, member, holder string) {
	t.Helper()
	viewer := as(t, member, waymark.Viewer)
	var m waymark.DisclosedMessage
	var err error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if m, err = viewer.Disclosed(ctx, waymark.DisclosedQuery{Device: s.device.ID(), Sequence: s.message.Sequence, Holder: holder}); err == nil {
			break
		}
	}
	if err != nil || len(m.Readings) != len(s.sealed) {
		t.Errorf("%s asks for message %d of %s: %+v, %v", member, s.message.Sequence, s.device.ID(), m, err)
		return
	}
	for i, want := range s.sealed {
		got := m.Readings[i]
		value := waymark.Decimal("")
		if want.Body == "" {
			value = want.Decimal()
		}
		if got.Name != want.Name || got.Class != privateClass || got.Kind != want.Kind.String() || got.Unit != want.Unit ||
			got.Text != want.Body || got.Value != value || !got.Time.Equal(want.Time) {
			t.Errorf("%s reads %+v, want %+v", member, got, want)
		}
	}
}

// notDisclosed checks that a member gets no reading.
func notDisclosed(ctx context.Context, t *testing.T, s secret, member, holder string) {
	t.Helper()
	m, err := as(t, member, waymark.Viewer).Disclosed(ctx, waymark.DisclosedQuery{Device: s.device.ID(), Sequence: s.message.Sequence, Holder: holder})
	var refusal *app.Problem
	if !errors.As(err, &refusal) || refusal.Code != waymark.Forbidden && refusal.Code != waymark.NotFound {
		t.Errorf("%s asks %q for message %d of %s: %+v, %v", member, holder, s.message.Sequence, s.device.ID(), m, err)
	}
}

// gap submits two messages in the wrong order: the gap between shows and closes, and what
// both disclose gets to its holders.
func (p *planted) gap(ctx context.Context, t *testing.T, d *device.Device) []secret {
	t.Helper()
	missing, next := p.secret(t, d, attest.JWS), p.secret(t, d, attest.COSE)
	recordedAs(ctx, t, waymark.Recorded, next)
	stream, err := as(t, "auditor", waymark.Viewer).Stream(ctx, waymark.DeviceQuery{Device: d.ID()})
	if n := missing.message.Sequence; err != nil || len(stream.Gaps) != 1 || stream.Gaps[0].First != n || stream.Gaps[0].Last != n {
		t.Errorf("gaps %+v (%v), want message %d", stream.Gaps, err, n)
	}
	disclosed(ctx, t, next, "carrier", "")
	recordedAs(ctx, t, waymark.Recorded, missing)
	awaitStream(ctx, t, d.ID(), next.message.Sequence)
	return []secret{missing, next}
}

// recordedAs submits messages by HTTP.
func recordedAs(ctx context.Context, t *testing.T, want waymark.Outcome, secrets ...secret) {
	t.Helper()
	var texts []string
	for _, s := range secrets {
		texts = append(texts, s.message.Text())
	}
	results, _ := record(ctx, t, texts...)
	for i, r := range results {
		if r.Outcome != want {
			t.Errorf("message %d of %s: %+v, want %s", secrets[i].message.Sequence, secrets[i].device.ID(), r, want)
		}
	}
}

// grantedToAuditor shows that an owner's policy opens the class to one more member, which
// asks the owner's peer for it.
func grantedToAuditor(ctx context.Context, t *testing.T, secrets []secret) {
	t.Helper()
	admin, id := as(t, "producer", waymark.Admin), name("policy")
	text := `permit (principal in Waymark::Member::"auditor", action == Waymark::Action::"ReadTelemetry", resource)
when { context.dataClass == "` + string(privateClass) + `" };`
	_, commit, err := app.Write[waymark.Policy](ctx, admin, http.MethodPut, "/v1/policies/"+id, map[string]any{"text": text})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Settle(ctx, commit.TxID, as(t, "auditor", waymark.Viewer), admin, as(t, "carrier", waymark.Viewer)); err != nil {
		t.Fatal(err)
	}
	for _, s := range secrets {
		disclosed(ctx, t, s, "auditor", "producer")
		notDisclosed(ctx, t, s, "auditor", "") // it holds nothing itself
		notDisclosed(ctx, t, s, "retailer", "producer")
	}
	done(ctx, t, admin.WithdrawPolicy, waymark.WithdrawPolicyRequest{ID: id, Reason: "test"})
	notDisclosed(ctx, t, secrets[0], "auditor", "producer")
}

// refusals shows that what is not sealed does not pass, and costs no other its place.
func (p *planted) refusals(ctx context.Context, t *testing.T, good, exposing *device.Device) []secret {
	t.Helper()
	s := connect(ctx, t, exposing)
	m := p.exposing(t, exposing, attest.COSE)
	if err := s.Send(ctx, m); err != nil {
		t.Fatal(err)
	}
	q, err := bridge.AwaitQuarantine(ctx, local.at, exposing.ID(), time.Minute)
	if err != nil || !slices.Contains(q.Reasons, waymark.ReasonExposed) || string(q.Payload) != string(m.Raw) {
		t.Errorf("quarantine holds %+v (%v)", q, err)
	}
	before, after := p.secret(t, good, attest.COSE), p.secret(t, good, attest.JWS)
	results, _ := record(ctx, t, before.message.Text(), p.exposing(t, exposing, attest.JWS).Text(), m.Text(), after.message.Text())
	for i, want := range []waymark.Outcome{waymark.Recorded, waymark.Rejected, waymark.Rejected, waymark.Recorded} {
		if results[i].Outcome != want || want == waymark.Rejected && !slices.Contains(results[i].Reasons, waymark.ReasonExposed) {
			t.Errorf("message %d of the batch: %+v, want %s", i, results[i], want)
		}
	}
	stream, err := as(t, "producer", waymark.Viewer).Stream(ctx, waymark.DeviceQuery{Device: exposing.ID()})
	if err != nil || stream.Last != 0 {
		t.Errorf("the ledger has message %d of %s (%v)", stream.Last, exposing.ID(), err)
	}
	for _, s := range []secret{before, after} {
		disclosed(ctx, t, s, "carrier", "")
	}
	return []secret{before, after}
}

// wrongDisclosures shows that nobody can disclose what the device did not sign: the
// message is recorded, its bytes are in quarantine, and the right ones are still taken.
func (p *planted) wrongDisclosures(ctx context.Context, t *testing.T, d *device.Device, s *device.Session, second *bridge.Second) {
	t.Helper()
	right := p.secret(t, d, attest.JWS)
	public, disclosures, err := attest.Split(right.message.Text())
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(disclosures)
	if err := s.PublishRaw(ctx, []byte(attest.WithDisclosures(public, disclosures))); err != nil {
		t.Fatal(err)
	}
	q, err := bridge.AwaitQuarantine(ctx, second.At, d.ID(), time.Minute)
	if err != nil || !slices.Contains(q.Reasons, waymark.ReasonDisclosure) {
		t.Errorf("quarantine holds %+v (%v)", q, err)
	}
	awaitStream(ctx, t, d.ID(), right.message.Sequence)
	notDisclosed(ctx, t, right, "carrier", "")
	recordedAs(ctx, t, waymark.Duplicate, right)
	disclosed(ctx, t, right, "carrier", "")
	disclosed(ctx, t, right, "producer", "")
}

// replays shows that the same again changes nothing, by HTTP and by MQTT. It returns when
// the bridge has dealt with it.
func (p *planted) replays(ctx context.Context, t *testing.T, s *device.Session, secrets []secret) {
	t.Helper()
	recordedAs(ctx, t, waymark.Duplicate, secrets...)
	if err := s.PublishRaw(ctx, secrets[0].message.Raw); err != nil {
		t.Fatal(err)
	}
	publishAll(ctx, t, s, p.secret(t, secrets[0].device, attest.COSE))
	for _, one := range secrets {
		disclosed(ctx, t, one, "producer", "")
	}
}

// sealedCounts checks that every member, whether it holds the readings or not, sees how
// many there are.
func sealedCounts(ctx context.Context, t *testing.T, d *device.Device) {
	t.Helper()
	last, _ := d.Last()
	for member := range local.at.Members {
		counts := map[string]int{}
		for n := uint64(1); n <= last; {
			w, err := as(t, member, waymark.Viewer).Window(ctx, waymark.WindowQuery{Device: d.ID(), Sequence: n})
			if err != nil {
				t.Fatalf("%s reads the window of message %d: %v", member, n, err)
			}
			for _, s := range w.Sealed {
				if s.Class != privateClass {
					t.Errorf("%s sees %+v", member, s)
				}
				counts[s.Name] += s.Count
			}
			n = w.Last + 1
		}
		for _, name := range privateNames {
			if counts[name] != int(last) || len(counts) != len(privateNames) {
				t.Errorf("%s sees %v sealed readings of %s in %d messages", member, counts, name, last)
			}
		}
	}
}
