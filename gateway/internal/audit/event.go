package audit

import (
	"unicode/utf8"

	"go.uber.org/zap"
)

// Kind says what happened.
type Kind string

// The kinds of events.
const (
	Write         Kind = "write"         // a request to write, done or not
	End           Kind = "end"           // how a write ended of which that was not answered
	Credential    Kind = "credential"    // a credential was refused, or none was presented
	Policy        Kind = "policy"        // the ledger or the gateway's configuration forbids it
	Configuration Kind = "configuration" // keys of the configuration took effect
	Lost          Kind = "lost"          // this many lines before this one could not be written
	Token         Kind = "token"         // a token came into the tokens file (operation create), went (revoke), or was there at the start (found)
)

// The outcomes. Every other one is the code of the error.
const (
	Done    = "done"    // it succeeded
	Pending = "pending" // a write is under way: an End follows, in the log of the process that brings it there
)

// maxTextBytes bounds each text of an event: some of them come from strangers.
const maxTextBytes = 256

// Event is one line of the audit log. What is empty is left out.
type Event struct {
	Kind        Kind
	Outcome     string // Done, Pending, or the code of the error
	RequestID   string
	TraceID     string
	Caller      string // who, as far as it was proved
	Address     string // from where: host:port of the connection
	Identity    string // the Fabric identity that signed or would have
	Operation   string // the operation id of the API
	Target      string // the path of the request, without its query
	Status      int    // of the HTTP answer
	TxID        string
	Creator     string   // hexadecimal SHA-256 of the certificate that signed, if that is of no Identity
	Transaction string   // the contract function that it signed
	Fate        string   // of the transaction, of an End: VALID, Fabric's validation code, or UNORDERED
	Reasons     []string // ids of the rules that decided
	Keys        []string // of the configuration
	Lines       int      // that were lost
}

func (e Event) fields() []zap.Field {
	fields := []zap.Field{zap.String("event", string(e.Kind)), zap.String("outcome", e.Outcome)}
	for _, text := range []struct{ key, value string }{
		{"request_id", e.RequestID}, {"trace_id", e.TraceID}, {"caller", e.Caller}, {"address", e.Address},
		{"identity", e.Identity}, {"operation", e.Operation}, {"target", e.Target}, {"creator", e.Creator}, {"transaction", e.Transaction}, {"tx_id", e.TxID}, {"fate", e.Fate},
	} {
		if text.value != "" {
			fields = append(fields, zap.String(text.key, cut(text.value)))
		}
	}
	if e.Status != 0 {
		fields = append(fields, zap.Int("status", e.Status))
	}
	if len(e.Reasons) > 0 {
		fields = append(fields, zap.Strings("reasons", e.Reasons))
	}
	if len(e.Keys) > 0 {
		fields = append(fields, zap.Strings("keys", e.Keys))
	}
	if e.Lines != 0 {
		fields = append(fields, zap.Int("lines", e.Lines))
	}
	return fields
}

// cut shortens text to maxTextBytes, at a rune's start.
func cut(text string) string {
	if len(text) <= maxTextBytes {
		return text
	}
	end := maxTextBytes
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
