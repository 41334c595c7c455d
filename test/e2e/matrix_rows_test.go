//go:build e2e

package e2e

import (
	"regexp"
	"strings"
)

// row says who may call an operation: of the owner's roles, and of another member's that has
// nothing to do with the thing, by their first letters.
type row struct {
	operation, owners, others string
	query, body               string
	// formFirst says that what is signed, or the state of things, is checked before who may.
	formFirst bool
}

// spaces part the columns of a row.
var spaces = regexp.MustCompile(` +`)

// matrix reads rows.
func matrix() []row {
	var all []row
	for line := range strings.Lines(rows) {
		columns := spaces.Split(strings.TrimSpace(line), 4)
		if len(columns) < 3 {
			continue // the first line is empty, and some part the rows
		}
		r := row{
			operation: strings.TrimSuffix(columns[0], "~"), owners: columns[1], others: columns[2],
			formFirst: strings.HasSuffix(columns[0], "~"),
		}
		if rest := strings.Join(columns[3:], ""); strings.HasPrefix(rest, "?") {
			r.query = rest
		} else {
			r.body = rest
		}
		all = append(all, r)
	}
	return all
}

// rows are: the operation (with ~ if form or state come first), who of the owner may, who of
// others may, and the body or the query. The other is the auditor, which regulates the lot.
const rows = `
getMember            aoqvr aoqvr
getDevice            aoqvr aoqvr
getDeviceHistory     aoqvr aoqvr
getStream            aoqvr aoqvr
getTransfer          aoqvr aoqvr
getPresence          aoqvr aoqvr
getDeviceAuthority   aoqvr aoqvr
getDeviceCertificate aoqvr aoqvr
getWindow            aoqv  -
getMessage           or    or
getDisclosed         aoqv  -
getOpenCommands      aoqvr r
getCommand           aoqvr r
getShipment          aoqv  -
listShipments        aoqvr aoqvr
listEvents           aoqvr aoqvr
listDevices          aoqvr aoqvr
listThings           aoqvr aoqvr
listDecisions        aoqvr aoqvr
search               aoqvr aoqvr ?q={shipment}
getProvenance        aoqv  -     ?id={item}
listReadings         aoqvr aoqvr ?name=temperature
getLatest            aoqvr aoqvr
getSeries            aoqvr aoqvr ?name=temperature&bucket=3600
getReadingProof      aoqv  -
getShipmentHistory   aoqv  -
getTitle             aoqv  -
getTerms             aoqv  -
getSettlement        aoqv  -
getProduct           aoqvr aoqvr
getGoods             aoqv  aoqv  ?id={lot}
getGoodsHistory      aoqv  -     ?id={item}
getAct               aoqv  -
getContents          aoqv  -     ?id={box}
traceGoods           aoqv  aoqv  ?id={lot}&direction=back
getCurrency          aoqv  aoqv
listNotes            aoqv  aoqv
getPayment           aoqv  aoqv
listPolicies         aoqvr aoqvr
listPoliciesOf       aoqvr aoqvr
getPolicy            aoqvr aoqvr
getPolicyHistory     aoqvr aoqvr
getDecision          aoqvr aoqvr
getBaseline          aoqvr aoqvr
listTemplates        aoqvr aoqvr
listProfiles         aoqvr aoqvr
getTransaction       aoqv  aoqv
getReceipt           aoqv  aoqv
proposeTransaction   aoqvr aoqvr {"transaction":"devices:Suspend","request":{"device":"{device}","reason":"r"},"certificate":"none"}
endorseProposal      aoqvr aoqvr {"proposal":"","signature":""}
submitTransaction    aoqvr aoqvr {"transaction":"","signature":""}

checkPolicies        aoqvr aoqvr {"action":"ReadDevice","device":"{device}"}
authorize            ao    ao    {"action":"ReadDevice","device":"{device}"}
dryRunPolicy         a     a     {"put":{"id":"{new}","text":"permit(principal_in_Waymark::Member::\"nobody\",action==Waymark::Action::\"ReadShipment\",resource);"},"devices":["{device}"]}

registerMember       a     -     {"name":"Producer"}
registerDevice~      ao    -     {"registration":"{registration}"}
registerManyDevices~ ao    -     {"registrations":["{registration}"]}
joinDevice~          or    or    {"registration":"{registration}","chain":["AAAA"]}
putDeviceAuthority~  a     a     {"certificate":"AAAA"}
withdrawDeviceAuthority~ a a     {"reason":"r"}
revokeDeviceCertificate~ a a     {"serial":"1","reason":"r"}
setDeviceAttributes  ao    -     {"attributes":{},"reason":"r"}
forfeitTelemetry     a     -     {"last":1,"reason":"r"}
activateDevice       ao    -     {"reason":"r"}
suspendDevice        ao    -     {"reason":"r"}
resumeDevice         ao    -     {"reason":"r"}
rotateDeviceKey~     ao    -     {"rotation":"{message}"}
replaceDeviceKey~    a     -     {"registration":"{registration}","reason":"r"}
revokeDeviceKey      ao    -     {"from":"{future}","reason":"r"}
recordMessages~      or    or    {"messages":["{message}"]}
requestCommand       ao    -     {"id":"command-2","name":"wake","arguments":"{}","expires_at":"{future}"}
cancelCommand        ao    -     {"reason":"r"}
closeCommand~        or    or    {"receipt":"{message}"}
recordPresence~      or    or    {"presence":"{message}"}

registerProduct      a     a     {"gtin":"{gtin}","name":"milk"}
addRegulator         a     -     {"regulator":"retailer"}
commissionGoods      ao    -     {"lot":"{lot}","quantity":"10","unit":"LTR"}
packGoods            ao    -     {"id":"{new}-p","container":"{box}","lines":[{"id":"{lot}","quantity":"1"}]}
unpackGoods          ao    -     {"id":"{new}-u","container":"{box}","lines":[{"id":"{lot}","quantity":"1"}]}
transformGoods       ao    -     {"id":"{new}-t","inputs":[{"id":"{lot}","quantity":"1"}],"outputs":[{"id":"{lot}-2","quantity":"1","unit":"LTR"}]}
decommissionGoods    ao    ao    {"id":"{new}-d","lines":[{"id":"{lot}","quantity":"1"}],"reason":"sold"}
recallLot            aoq   aoq   {"lot":"{lot}","reason":"r"}
liftRecall           aoq   aoq   {"lot":"{lot}","reason":"r"}

issueMoney           ao    ao    {"id":"{new}-i","currency":"EUR","digits":2,"to":"producer","amount":100}
transferMoney        ao    ao    {"id":"{new}-t","issuer":"producer","currency":"EUR","to":"retailer","amount":1,"notes":["n1"],"reference":"r"}
redeemMoney          ao    ao    {"id":"{new}-r","currency":"EUR","amount":1,"notes":["n1"]}

putPolicy            a     a     {"text":"permit(principal_in_Waymark::Member::\"nobody\",action==Waymark::Action::\"ReadShipment\",resource);"}
putTemplate          a     a     {"template":"partner-reads-while-held","parameters":{"partner":"nobody"}}
delegatePolicy       a     a     {"owner":"producer","from":{"author":"producer","id":"p0"},"text":"permit(principal,action,resource);"}
withdrawPolicy       a     a     {"reason":"r"}

createShipment       ao    -     {"id":"{new}-s","consignee":"retailer","goods":[{"id":"{item}"}],"conditions":[]}
readyShipment        ao    -
attachDevice         ao    -     {"device":"{device}"}
holdShipment         q     -     {"kind":"quarantine","reason":"r"}
liftHold             q     -     {"reason":"r"}
releaseExcursion     q     -     {"device":"{device}","rule":"temperature","first":1,"disposition":"stable"}
offerTitle           ao    -     {"to":"retailer","expires_at":"{future}"}
acceptTitle          -     -
declineTitle         -     -     {"reason":"r"}
cancelTitle          ao    -     {"reason":"r"}
offerHandoff         ao    -     {"to":"retailer","expires_at":"{future}"}
acceptHandoff        -     -
rejectHandoff        -     -     {"reason":"r"}
waiveClaim           -     -     {"reason":"r"}
cancelHandoff        ao    -     {"reason":"r"}

proposeTerms~        ao    -     {"amount":100}
agreeToTerms~        ao    -     {"sha256":"{tx}"}
purgeTerms~          ao    -
fundEscrow~          -     -     {"issuer":"producer","currency":"EUR","amount":1,"notes":["n1"],"refund_after":"{future}","reference":"r"}
settleEscrow~        ao    -
refundEscrow~        ao    -
openDispute~         ao    -     {"reason":"r"}
addEvidence~         ao    -     {"name":"photo","handoff":1}
withdrawDispute~     -     -     {"reason":"r"}
resolveDispute~      -     -     {"paid":1,"refunded":0,"words":"so"}

detachDevice         -     -
voidShipment         ao    -     {"reason":"r"}

createWebhook        aoqvr aoqvr {"url":"https://receiver.invalid/hook"}
listWebhooks         aoqvr aoqvr
getWebhook           o     -
pauseWebhook         o     -
rotateWebhookSecret  o     -
listDeadLetters      o     -
replayDeadLetters    o     -
resumeWebhook        o     -
deleteWebhook        o     -
takeLease            aoqvr aoqvr {"holder":"h","seconds":5}
listLeases           aoqvr aoqvr
releaseLease         aoqvr aoqvr {"holder":"h"}
offerTransfer        ao    -     {"to":"carrier","expires_at":"{future}"}
acceptTransfer       -     -
declineTransfer      -     -     {"reason":"r"}
cancelTransfer       ao    -     {"reason":"r"}
retireDevice         ao    -     {"reason":"r"}
`
