package waymark

// The ids of the rules that refuse apart from the policies, as they stand in
// Error.Reasons. Policies give their own ids; see the baseline.
const (
	ReasonAttached     = "device-attached"    // the device witnesses another shipment
	ReasonChain        = "broken-chain"       // a message does not chain to its neighbour
	ReasonClock        = "clock"              // the transaction's time is far from the endorser's
	ReasonDeviceActive = "device-active"      // the device is not active
	ReasonCommandOpen  = "command-open"       // the command is not open, or must be closed by its first receipt
	ReasonExcursion    = "excursion"          // a reading was outside a condition
	ReasonFork         = "fork"               // another message has the same number
	ReasonGap          = "missing-messages"   // an attached device's stream has a gap
	ReasonGaps         = "too-many-gaps"      // the stream has all the gaps it may have
	ReasonExpired      = "handoff-expired"    // the offer is past its time
	ReasonHandoffOpen  = "handoff-open"       // a handoff is open that must not be, or is not that must
	ReasonKey          = "key-in-force"       // the key is not, or no longer, the device's
	ReasonJumpBack     = "jump-back"          // as fork, by a device that seems to count anew from an older number
	ReasonLifecycle    = "device-lifecycle"   // the device cannot go from this state to that
	ReasonLimit        = "limit"              // there are as many as there may ever be
	ReasonMeasurements = "measurements"       // the device reports too many different measurements
	ReasonNoWitness    = "no-witness"         // no attached device has measured what a condition bounds
	ReasonShipment     = "shipment-lifecycle" // the shipment's state does not allow it
	ReasonSignature    = "signature"          // the signature does not hold
	ReasonSilence      = "silent-witness"     // an attached device has not reported since the last handoff
	ReasonWitness      = "witness-changed"    // an attached device, or the edge that signs for it, was suspended, retired or given another key on the way, or a certificate revoked
	ReasonDelegation   = "not-delegable"      // what would be passed on is no active policy that may be
	ReasonTime         = "time"               // a reading is from the future or from before registration

	ReasonCertificate     = "certificate"         // the chain of certificates does not vouch for the device's key
	ReasonEdge            = "edge-not-active"     // the edge that holds the key is not active, or not of the device's owner
	ReasonRevoked         = "certificate-revoked" // a certificate that vouched for the key is revoked
	ReasonAuthority       = "authority-withdrawn" // no device joins by this authority any more
	ReasonKeyRevoked      = "key-revoked"         // the key is revoked from an earlier time already
	ReasonExposed         = "exposes-private"     // a reading of a private class is not sealed
	ReasonDisclosure      = "disclosure"          // a disclosure is missing, malformed or another's
	ReasonUndisclosed     = "undisclosed"         // a message is recorded, and a holder could not be given what it discloses
	ReasonHolder          = "not-a-holder"        // the member is neither the owner nor the custodian
	ReasonNotAnchored     = "not-anchored"        // a measurement in a run is of no anchored class
	ReasonJudged          = "judged"              // the device witnesses a shipment whose conditions are judged by messages in full
	ReasonNewMeasurement  = "new-measurement"     // a run has a measurement that no message of the device in full had
	ReasonRunPlace        = "run-place"           // a run is not at the end of the stream
	ReasonOutOfRange      = "out-of-range"        // a run has a reading outside a condition
	ReasonMoved           = "moved"               // the checks of a witness are not where the acceptor saw them
	ReasonCheck           = "check"               // what is shown of an anchored window is not what was picked, or not what is recorded
	ReasonUnchecked       = "unchecked"           // anchored messages are not checked
	ReasonPresence        = "presence"            // the owner does not let the device's presence go to the ledger
	ReasonTransferOpen    = "transfer-open"       // a transfer is open that must not be, or is not that must
	ReasonTransferExpired = "transfer-expired"    // the offer of the device is past its time

	ReasonPendingData = "pending-data" // a hold of that kind stands
	ReasonQuarantine  = "quarantine"   // a hold of that kind stands
	ReasonRecall      = "recall"       // a lot in the goods is recalled
	ReasonDispute     = "dispute"      // a hold of that kind stands
	ReasonOverruled   = "overruled"    // another member has lifted a hold of that member's on this leg

	ReasonGoodsPlace   = "goods-place"  // the thing is elsewhere, or no more
	ReasonGoodsTitle   = "goods-title"  // the goods do not all belong to one member
	ReasonGoodsAmount  = "goods-amount" // there is not so much of the lot there
	ReasonConservation = "conservation" // what goes in is not what comes out and is lost
	ReasonNesting      = "nesting"      // a container would be in itself, or too deep

	ReasonNoAttestation = "no-attestation" // an attested shipment changes hands without the word of a witness
	ReasonSeal          = "seal"           // a seal is not found intact
	ReasonNonce         = "nonce"          // an attestation is not of this handoff
	ReasonNotWitness    = "not-a-witness"  // a device neither witnesses the shipment nor belongs to a side of the handoff
	ReasonException     = "exception"      // what an exception names is not where it says
	ReasonClaim         = "claim-closed"   // the claim window is over

	ReasonBudget        = "budget"         // readings were outside a condition for as long as its budget or longer
	ReasonMKT           = "mkt"            // the mean kinetic temperature was above its limit
	ReasonGeofence      = "geofence"       // the goods were outside a fence
	ReasonUnknownTime   = "unknown-time"   // no witness that counts knows of all the time
	ReasonCalibration   = "calibration"    // the calibration of a device that would be needed has lapsed
	ReasonExcursionOpen = "excursion-open" // an excursion goes on

	ReasonFunds       = "funds"        // notes are not there, or hold too little
	ReasonTerms       = "terms"        // the terms are not agreed on, or are others
	ReasonEscrow      = "escrow"       // the state of the escrow does not allow it
	ReasonDisputeOpen = "dispute-open" // a dispute is open that must not be, or is not that must
	ReasonClaimWindow = "claim-window" // the time to claim is over, or is not yet
	ReasonNoArbiter   = "no-arbiter"   // the shipment has no arbiter
	ReasonSplit       = "split"        // shares do not sum up to the escrow
	ReasonAccepted    = "not-accepted" // the consignee has not accepted the goods
	ReasonRefunded    = "refunded"     // the payer has its money back, and the goods go to it no more

	ReasonTitleOpen    = "title-open"    // an offer of title is open that must not be, or is not that must
	ReasonTitleExpired = "title-expired" // the offer of title is past its time
)
