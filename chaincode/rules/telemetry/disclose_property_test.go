package telemetry_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"pgregory.net/rapid"
)

// TestAnyHistoryOfDisclosures: in whatever order sealed messages are recorded, disclosed to
// anybody and repeated, while the shipment is on its way, nothing of what they say is in
// the open; who may hold it has all of it in the end, and nobody else has any.
func TestAnyHistoryOfDisclosures(t *testing.T) {
	members := []string{"producer", "carrier", "retailer", "auditor"}
	rapid.Check(t, func(rt *rapid.T) {
		c := scenario.New(t)
		d := guarded(c, "logger-1")
		ship(c, d)
		custodian := "producer"
		var texts, messages []string
		held := map[string]bool{} // "member message"
		mayHold := func(member string) bool { return member == "producer" || member == custodian }
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch n := len(messages); rapid.SampledFrom([]string{"record", "disclose", "disclose", "handoff"}).Draw(rt, "step") {
			case "record":
				r := senml.Reading{Kind: senml.Text, Name: "door", Body: fmt.Sprintf("%s %d", planted, n)}
				message, text := d.PackSealed(slices.Repeat([]senml.Reading{r}, rapid.IntRange(1, 3).Draw(rt, "readings"))...)
				messages, texts = append(messages, message), append(texts, text)
				expect(t, c.Record(message), "recorded")
			case "disclose":
				if n == 0 {
					continue
				}
				i, to := rapid.IntRange(0, n-1).Draw(rt, "message"), rapid.SampledFrom(members).Draw(rt, "to")
				key := fmt.Sprint(to, " ", i)
				want := map[bool]string{true: "recorded", false: "forbidden not-a-holder"}[mayHold(to)]
				if held[key] && mayHold(to) {
					want = "duplicate"
				}
				expect(t, mustDisclose(c, to, texts[i]), want)
				held[key] = held[key] || mayHold(to)
			case "handoff":
				if custodian != "producer" {
					continue
				}
				h := scenario.Must(c, c.As("producer", waymark.Operator), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "carrier", ExpiresAt: c.Now.AddDate(0, 0, 1)})
				scenario.Must(c, c.As("carrier", waymark.Operator), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: h.Number, Reservation: "unknown"})
				custodian = "carrier"
			}
		}
		for i := range messages {
			for _, to := range lacking(c, d.ID, uint64(i+1)) {
				expect(t, mustDisclose(c, to, texts[i]), "recorded")
				held[fmt.Sprint(to, " ", i)] = true
			}
			for _, member := range members {
				got, err := disclosedTo(c, member, waymark.DisclosedQuery{Device: d.ID, Sequence: uint64(i + 1)})
				has := err == nil && got.Readings[0].Text == fmt.Sprintf("%s %d", planted, i)
				if want := held[fmt.Sprint(member, " ", i)]; has != want || want != mayHold(member) {
					rt.Fatalf("%s has message %d: %v, want %v (%v)", member, i+1, has, want, err)
				}
			}
		}
		for _, key := range c.World.Keys() {
			if !strings.HasPrefix(key, "private ") && strings.Contains(string(c.World.Value(key)), planted) {
				rt.Fatalf("%s holds it in the open", key)
			}
		}
		if t.Failed() {
			rt.FailNow()
		}
	})
}
