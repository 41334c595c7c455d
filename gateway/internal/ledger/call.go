package ledger

import (
	"encoding/json"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Call is one call of a contract function.
type Call struct {
	As          Identity // which of the member's Fabric identities signs
	Transaction waymark.Transaction
	Request     waymark.Validator // nil passes no argument
	// At are the members whose peers run it, one for a query. Empty: a query stays with the
	// caller's own member, and a write goes to as many members as its policy asks for.
	At []string
	// Transient is data for the peers of At alone, by field: it becomes no part of the
	// transaction. It must not be without At, and never be logged.
	Transient map[string][]byte
	// Moot, if it is set, tells the results of a write that changes nothing. Such a one is
	// not submitted, and Committed has no commit. A write that At endorses alone needs it:
	// without a change in what is theirs alone, three of four members must endorse it. Nobody
	// has checked then whether the peers of At were up to date.
	Moot func(result json.RawMessage) bool
	// Journal is told of what is submitted; nil if nobody keeps it.
	Journal Journal
}
