package contract_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// whoMay says, of each transaction of the world, who of which member may: its admin,
// operator, quality, viewer, relay, or somebody whose certificate names no role (n). Whoever is
// not named must be told forbidden. A capital is for one who may by the policies, and
// whose own request fails for the state of things, as that of a member that is not
// registered.
const whoMay = `
                           producer carrier retailer auditor stranger
members:Register           a        -       -        -       -
members:Get                aoqvr    aoqvr   aoqvr    aoqvr   aoqvr

devices:Register           ao       -       -        -       -
devices:RegisterMany       ao       -       -        -       -
devices:Join               or       or      or       or      or
devices:Activate           ao       -       -        -       -
devices:Suspend            ao       -       -        -       -
devices:Resume             ao       -       -        -       -
devices:Retire             ao       -       -        -       -
devices:RotateKey          ao       -       -        -       -
devices:ReplaceKey         a        -       -        -       -
devices:RevokeKey          ao       -       -        -       -
devices:SetAttributes      ao       -       -        -       -
devices:PutAuthority       a        a       a        a       A
devices:WithdrawAuthority  a        A       A        A       A
devices:RevokeCertificate  a        A       A        A       A
devices:OfferTransfer      ao       -       -        -       -
devices:AcceptTransfer     -        ao      -        -       -
devices:DeclineTransfer    -        ao      -        -       -
devices:CancelTransfer     ao       -       -        -       -
devices:Get                aoqvr    aoqvr   aoqvr    aoqvr   aoqvr
devices:History            aoqvr    aoqvr   aoqvr    aoqvr   aoqvr
devices:Authority          aoqvr    aoqvr   aoqvr    aoqvr   aoqvr
devices:Certificate        aoqvr    aoqvr   aoqvr    aoqvr   aoqvr
devices:Transfer           aoqvr    aoqvr   aoqvr    aoqvr   aoqvr
devices:RecordPresence     or       or      or       or      or
devices:Presence           aoqvr    aoqvr   aoqvr    aoqvr   aoqvr

telemetry:Record           or       or      or       or      or
telemetry:Disclose         or       or      or       or      or
telemetry:Check            -        or      -        -       -
telemetry:Forfeit          -        a       -        -       -
telemetry:Undisclosed      or       or      or       or      or
telemetry:Disclosed        aoqv     aoqv    -        o       -
telemetry:Window           aoqv     aoqv    aoqv     o       -
telemetry:Stream           aoqvr    aoqvr   aoqvr    aoqvr   aoqvr

shipments:Create           ao       -       AO       AO      AO
shipments:Attach           -        ao      -        -       -
shipments:Offer            -        ao      -        -       -
shipments:Accept           -        -       ao       -       -
shipments:Reject           -        -       ao       -       -
shipments:Cancel           -        ao      -        -       -
shipments:WaiveClaim       -        ao      -        -       -
shipments:Ready            ao       -       -        -       -
shipments:Void             ao       -       -        -       -
shipments:Detach           ao       -       -        -       -
shipments:Hold             oq       oq      oq       -       -
shipments:LiftHold         oq       -       -        -       -
shipments:Get              aoqv     aoqv    aoqv     -       -
shipments:History          aoqv     aoqv    aoqv     -       -

goods:RegisterProduct      a        a       a        a       A
goods:AddRegulator         a        -       -        -       -
goods:Commission           ao       -       -        -       -
goods:Pack                 ao       -       -        -       -
goods:Unpack               ao       -       -        -       -
goods:Transform            ao       -       -        -       -
goods:Decommission         ao       -       -        -       -
goods:Recall               aoq      -       -        -       -
goods:LiftRecall           aoq      -       -        -       -
goods:Product              aoqvr    aoqvr   aoqvr    aoqvr   aoqvr
goods:Get                  aoqv     -       -        -       -
goods:Contents             aoqv     -       -        -       -
goods:Trace                aoqv     -       -        -       -
goods:History              aoqv     -       -        -       -
goods:Act                  aoqv     -       -        -       -

shipments:ReleaseExcursion q       -       q        -       -

titles:Offer               ao       -       -        -       -
titles:Accept              -        -       ao       -       -
titles:Decline             -        -       ao       -       -
titles:Cancel              ao       -       -        -       -
titles:Get                 aoqv     aoqv    aoqv     -       -

commands:Request           ao       ao      o        o       -
commands:Cancel            ao       -       ao       -       -
commands:Close             or       or      or       or      or
commands:Get               aoqvr    aoqvr   aoqvr    r       r
commands:Open              aoqvr    aoqvr   r        r       r

policies:Put               a        a       a        a       A
policies:PutTemplate       a        a       a        a       A
policies:Delegate          A        a       a        a       A
policies:Withdraw          a        -       -        a       -
policies:DryRun            a        -       -        a       -
policies:Authorize         ao       ao      -        -       -
policies:Check             aoqvr    aoqvr   -        -       -
policies:Baseline          aoqvr    aoqvr   aoqvr    aoqvr   aoqvr
policies:Templates         aoqvr    aoqvr   aoqvr    aoqvr   aoqvr
policies:Get               aoqvr    aoqvr   aoqvr    aoqvr   aoqvr
policies:List              aoqvr    aoqvr   aoqvr    aoqvr   aoqvr
policies:History           aoqvr    aoqvr   aoqvr    aoqvr   aoqvr
policies:Receipt           aoqvr    aoqvr   aoqvr    aoqvr   aoqvr

shipments:Profiles         aoqvr    aoqvr   aoqvr    aoqvr   aoqvr

accounts:Issue             ao       ao      ao       ao      AO
accounts:Transfer          AO       AO      ao       AO      AO
accounts:Redeem            AO       ao      AO       AO      AO
accounts:Currency          aoqv     aoqv    aoqv     aoqv    aoqv
accounts:Notes             aoqv     aoqv    aoqv     aoqv    aoqv
accounts:Payment           AOQV     aoqv    AOQV     AOQV    AOQV

settlement:Propose         ao       -       ao       -       -
settlement:Agree           ao       -       ao       -       -
settlement:Purge           ao       -       ao       -       -
settlement:Terms           aoqv     -       aoqv     -       -
settlement:Fund            -        -       ao       -       -
settlement:Settle          ao       -       ao       -       -
settlement:Pay             ao       -       ao       -       -
settlement:Refund          ao       -       ao       -       -
settlement:Dispute         ao       -       ao       -       -
settlement:AddEvidence     ao       -       ao       -       -
settlement:Withdraw        -        -       ao       -       -
settlement:Resolve         -        -       -        ao      -
settlement:Get             aoqv     -       aoqv     aoqv     -
`

// TestWhoMay calls every transaction as everybody.
func TestWhoMay(t *testing.T) {
	t.Parallel() // with TestHostileMembers: transactions of one process at the same time
	w := newWorld(t)
	members, want := table(t)
	calls := w.calls()
	for _, name := range transactionNames(t, w.bench) {
		row, request := want[name], calls[name]
		if row == nil || request.member == "" {
			t.Errorf("%s has no row in the table, or no valid request", name)
			continue
		}
		for i, member := range members {
			if got := w.mayOf(member, name, request.give); got != row[i] {
				t.Errorf("%s by %s: %s may, want %s", name, member, got, row[i])
			}
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("the table has rows of no transaction: %v", want)
	}
}

// table reads whoMay.
func table(t *testing.T) (members []string, rows map[waymark.Transaction][]string) {
	t.Helper()
	rows = map[waymark.Transaction][]string{}
	for line := range strings.Lines(whoMay) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
		case members == nil:
			members = fields
		case len(fields) != 1+len(members) || rows[waymark.Transaction(fields[0])] != nil:
			t.Fatalf("the table has the line %q", line)
		default:
			rows[waymark.Transaction(fields[0])] = fields[1:]
		}
	}
	return members, rows
}

// mayOf is a cell of the table, as it is.
func (w *world) mayOf(member string, name waymark.Transaction, request any) string {
	w.t.Helper()
	cell := ""
	for _, role := range append(waymark.Roles(), "") {
		letter := (string(role) + "none")[:1]
		switch w.answer(member, role, name, request) {
		case "":
			cell += letter
		case waymark.Forbidden:
		default:
			cell += strings.ToUpper(letter)
		}
	}
	if cell == "" {
		return "-"
	}
	return cell
}

// answer returns the code with which a call is refused, empty if it is not. Whoever is
// refused has changed nothing, and whoever is forbidden is told which policies say so.
func (w *world) answer(member string, role waymark.Role, name waymark.Transaction, request any) waymark.Code {
	w.t.Helper()
	response, s := w.endorse(w.id(member, role), arguments(w.t, name, request)...)
	if response.GetStatus() == 200 {
		return ""
	}
	e, ok := waymark.ParseWire(response.GetMessage())
	if !ok || e.Code == waymark.Internal || !s.Untouched() {
		w.t.Errorf("%s by %s/%s: message %.200q, effects %s", name, member, role, response.GetMessage(), s.Effects())
		return waymark.Internal
	}
	if e.Code == waymark.Forbidden && (len(e.Reasons) == 0 || e.Reasons[0] == "") {
		w.t.Errorf("%s by %s/%s is forbidden for no reason: %v", name, member, role, e)
	}
	return e.Code
}

// arguments are those of a call of the chaincode.
func arguments(t *testing.T, name waymark.Transaction, request any) []string {
	t.Helper()
	if request == nil {
		return []string{string(name)}
	}
	encoded, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	return []string{string(name), string(encoded)}
}

// transactionNames are those of the contract metadata.
func transactionNames(t *testing.T, b *bench) []waymark.Transaction {
	t.Helper()
	var names []waymark.Transaction
	for _, name := range metadataNames(t, b.metadata()) {
		if name != "org.hyperledger.fabric:GetMetadata" {
			names = append(names, waymark.Transaction(name))
		}
	}
	return names
}
