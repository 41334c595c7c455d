package contract_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/internal/ledgertest/stub"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// TestRulesPage holds the page against the code: each transaction has one heading or
// row, in which stand the action that is asked for, every policy of the baseline about
// that action, and if it writes its event.
func TestRulesPage(t *testing.T) {
	page := readText(t, rulesFile)
	policies := policiesByAction(t)
	blocks := rulesBlocks(t, page)
	submitted := submittedTransactions(t)
	for name := range submitted {
		if _, found := blocks[name]; !found {
			t.Errorf("%s has neither heading nor row", name)
		}
	}
	events := constants(t, "event.go", "Event")
	for name, text := range blocks {
		submits, known := submitted[name]
		if !known {
			t.Errorf("there is no transaction %s", name)
			continue
		}
		checkPolicies(t, name, spans(text), policies)
		emits := slices.DeleteFunc(spans(text), func(s string) bool { return !slices.Contains(events, s) })
		if want := map[bool]int{true: 1, false: 0}[submits]; len(emits) != want {
			t.Errorf("%s emits %v, want %d event", name, emits, want)
		}
	}
}

// TestRulesPageNames: the page names all policies, events and reasons, and in code
// spans nothing that there is not.
func TestRulesPageNames(t *testing.T) {
	page := readText(t, rulesFile)
	must := append(constants(t, "event.go", ""), constants(t, "reason.go", "")...)
	for _, ids := range policiesByAction(t) {
		must = append(must, ids...)
	}
	for _, a := range waymark.Actions() {
		must = append(must, string(a))
	}
	for _, o := range waymark.Outcomes() {
		must = append(must, string(o))
	}
	for _, c := range waymark.Codes() {
		must = append(must, string(c))
	}
	must = append(must, waymark.DefaultDeny)
	may := slices.Concat(must, slices.Collect(maps.Keys(submittedTransactions(t))))
	compareNames(t, "code spans", spans(page), must, may)

	records := slices.Collect(maps.Values(recordsByKey(t)))
	_, sections, _ := strings.Cut(page, "\n## Members")
	compareNames(t, "records", recordsNamed(sections), records, records)
}

// TestRulesPageBounds: the numbers on the page are those of the code.
func TestRulesPageBounds(t *testing.T) {
	page := readText(t, rulesFile)
	blocks := rulesBlocks(t, page)
	const day = 24 * time.Hour
	for name, bounds := range map[waymark.Transaction][]string{
		waymark.DevicesRegisterMany:  {say("1 to %d statements", waymark.MaxRegistrations), say("first %d faulty", waymark.MaxErrorRows)},
		waymark.DevicesRotateKey:     {say("fewer than %d keys", registry.MaxKeys), say("up to %d days", waymark.MaxOverlap/day)},
		waymark.DevicesOfferTransfer: {say("at most %d days", registry.MaxTransferOffer/day)},
		waymark.DevicesHistory:       {say("newest %d versions", waymark.MaxDeviceVersions)},
		waymark.TelemetryRecord: {
			say("1 to %d messages, at most %d MiB", waymark.MaxBatchMessages, waymark.MaxBatchBytes>>20),
			say("at most %d different measurements", waymark.MaxMeasured), say("at most %d gaps", waymark.MaxGaps),
			say("first %d of these are kept as evidence, at most %d", waymark.MaxClashes, waymark.MaxJumpBacks),
			say("at most %d messages of one key", waymark.MaxWindowMessages),
			say("1 to %d consecutive messages", anchor.MaxRunMessages), say("fewer than %d windows", waymark.MaxUnchecked),
		},
		waymark.TelemetryCheck:    {say("1 to %d windows, together at most %d MiB", waymark.MaxUnchecked, waymark.MaxBatchBytes>>20), say("one in %d", anchor.SampleOneIn)},
		waymark.TelemetryForfeit:  {say("fewer than %d times", waymark.MaxForfeits)},
		waymark.TelemetryDisclose: {say("1 to %d messages, at most %d MiB", waymark.MaxBatchMessages, waymark.MaxBatchBytes>>20)},
		waymark.CommandsRequest:   {say("at most %d days", waymark.MaxCommandLifetime/day), say("fewer than %d open", waymark.MaxOpenCommands)},
		waymark.ShipmentsCreate: {
			say("1 to %d lines of goods, at most %d conditions", waymark.MaxLines, waymark.MaxConditions), say("at most %d seals", waymark.MaxSeals),
			say("of 1 minute to %d days, %d if it does not say", waymark.MaxClaimWindow/day, waymark.DefaultClaimWindow/day),
		},
		waymark.ShipmentsAccept: {
			say("at most %d attestations", waymark.MaxAttestations), say("at most %d exceptions", waymark.MaxExceptions), say("more than %d seals", waymark.MaxSeals),
		},
		waymark.GoodsRegisterProduct: {say("at most %d, registered", waymark.MaxRegulators)},
		waymark.GoodsAddRegulator:    {say("fewer than %d regulators", waymark.MaxRegulators)},
		waymark.GoodsCommission:      {say("1 to %d items", waymark.MaxLines)},
		waymark.GoodsPack:            {say("1 to %d lines", waymark.MaxLines), say("more than %d one in another", goods.MaxDepth), say("at most %d lots", waymark.MaxLots)},
		waymark.GoodsTransform:       {say("1 to %d outputs", waymark.MaxLines)},
		waymark.GoodsGet:             {say("%d a page or 1 to %d", waymark.DefaultPage, waymark.MaxPage)},
		waymark.GoodsContents:        {say("%d a page or 1 to %d", waymark.DefaultPage, waymark.MaxPage)},
		waymark.GoodsTrace:           {say("at most %d steps", waymark.MaxTraceDepth)},
		waymark.GoodsHistory:         {say("newest %d versions", waymark.MaxThingVersions)},
		waymark.ShipmentsAttach:      {say("fewer than %d devices", waymark.MaxDevices)},
		waymark.ShipmentsOffer:       {say("at most %d days", custody.MaxOffer/day), say("fewer than %d offers", shipment.MaxHandoffsOn), say("%d to the consignee", custody.MaxHandoffs)},
		waymark.ShipmentsGet:         {say("at most %d)", custody.MaxExcursions)},
		waymark.PoliciesPut:          {say("at most %d KiB", waymark.MaxPolicyBytes>>10), say("at most %d ids", waymark.MaxOwnPolicies)},
		waymark.PoliciesDelegate: {
			say("at most %d KiB", waymark.MaxDelegatedBytes>>10), say("at most %d delegations", waymark.MaxDelegationDepth),
			say("at most %d ids of one author and %d of all", waymark.MaxAuthorPolicies, waymark.MaxDelegated),
		},
		waymark.PoliciesDryRun:  {say("at most %d devices", waymark.MaxDryRunResources)},
		waymark.PoliciesHistory: {say("last %d versions", waymark.MaxPolicyVersions)},
	} {
		text := strings.Join(strings.Fields(blocks[string(name)]), " ")
		for _, bound := range bounds {
			if !strings.Contains(text, bound) {
				t.Errorf("%s does not say %q", name, bound)
			}
		}
	}
	if attest.MaxClockSkew != 5*time.Minute || !strings.Contains(page, "more than five minutes from its own") {
		t.Errorf("the page does not say that clocks may differ by %s", attest.MaxClockSkew)
	}
}

func say(format string, numbers ...any) string { return fmt.Sprintf(format, numbers...) }

func compareNames(t *testing.T, what string, got, must, may []string) {
	t.Helper()
	if len(must) == 0 {
		t.Errorf("%s: there is nothing to compare with", what)
	}
	for _, name := range must {
		if !slices.Contains(got, name) {
			t.Errorf("%s: the page does not name %q", what, name)
		}
	}
	for _, name := range got {
		if !slices.Contains(may, name) {
			t.Errorf("%s: the page names %q, which there is not", what, name)
		}
	}
}

// checkTold wants the page to name the event and the records of a transaction that was run.
func checkTold(t *testing.T, name waymark.Transaction, done *stub.Stub) {
	t.Helper()
	text := rulesBlocks(t, readText(t, rulesFile))[string(name)]
	if e := done.EventName; e != "" && !slices.Contains(spans(text), e) {
		t.Errorf("%s emits %s, which its place on the page does not say", name, e)
	}
	records := recordsByKey(t)
	for key := range done.Writes {
		if strings.HasPrefix(key, "_implicit_org_") {
			_, key, _ = strings.Cut(key, "/")
		}
		kind, _, _ := strings.Cut(key, "/")
		if !slices.Contains(recordsNamed(text), records[kind]) {
			t.Errorf("%s changes %s, which its place on the page does not say", name, key)
		}
	}
}

// checkPolicies wants the policies of a block to be those of its actions.
func checkPolicies(t *testing.T, name string, spans []string, byAction map[string][]string) {
	t.Helper()
	want, got, all := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for action, ids := range byAction {
		for _, id := range ids {
			all[id] = true
			if slices.Contains(spans, action) {
				want[id] = true
			}
		}
	}
	for _, s := range spans {
		if all[s] {
			got[s] = true
		}
	}
	if len(want) == 0 || !maps.Equal(got, want) {
		t.Errorf("%s names the policies %v, its actions have %v", name,
			slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}
