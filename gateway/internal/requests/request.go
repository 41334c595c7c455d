package requests

import (
	"context"
	"encoding/json"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/share"
)

// Request is a write as a caller asks for it.
type Request struct {
	Caller    string
	Operation string // of the API, for the account of it
	Key       string // the caller's, or empty
	Digest    Digest // of what is asked for; the same for the same
	Bytes     int64  // of its body
	Status    int    // of the answer when it took effect
	// Location says where what was created is, from the record; nil if nothing is created.
	Location func(result json.RawMessage) string
	// Run does it. It tells the journal of each transaction, by ledger.Partial of those
	// that do not make the answer. Doing it again must be harmless.
	Run func(context.Context, ledger.Journal) (ledger.Committed, error)
}

func (q Request) held() share.Held { return share.Held{Requests: 1, Bytes: q.Bytes} }

// Wish is how a caller would like to be answered.
type Wish struct {
	Async bool          // as soon as the request is kept, unless Wait says longer
	Wait  time.Duration // the longest wait for the end of it; 0: it does not say
}

// Outcome is what a caller is told of a write: the answer, or that it is under way.
type Outcome struct {
	Answer   Answer // unless Pending
	Pending  *View  // what is kept and followed until it has an end, whatever dies
	Replayed bool   // the Answer is that of an earlier request

	unfinished bool // the Answer is not kept: the same request is to be made again
}

// View is what a gateway knows of a transaction of a kept request.
type View struct {
	TxID       string
	Caller     string         // whose request it is of
	Submitted  bool           // whether it was handed over to the ordering service, as far as this process knows
	Fate       *ledger.Fate   // nil while it is not known
	ReplacedBy string         // the transaction that was made in its place, or empty
	Answer     *Answer        // of a request that is done, if this is the transaction that it rests on
	Error      *waymark.Error // of a request that failed with this transaction
}
