package webhooks

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// hook is a webhook as it is kept.
type hook struct {
	id           string
	identity     ledger.Identity
	caller       string // that made it
	url          string
	filter       waymark.EventsQuery // without After
	secret       string
	oldSecret    string // that signs too; empty for none
	state        client.WebhookState
	checkpoint   string // the id of the last event that it is done with
	attempts     int    // at the event after that, all in vain
	failingSince int64  // milliseconds since 1970, as all times; 0 for none
	retryAt      int64
	problem      string // of the last attempt
	trouble      string // why nothing can be sent, but for the target
	refused      int    // dead letters that were refused again since anything was taken
	resendAt     int64  // when the next of them is to be sent
	madeAt       int64
	now          int64 // when it was read
	letters      int   // its dead letters, where they were counted
	waiting      bool  // some of them are to be sent once more
}

// wait is how long after it was read the next attempt is to be made.
func (h hook) wait() time.Duration {
	return max(0, time.Duration(h.retryAt-h.now)*time.Millisecond)
}

// resends reports whether a dead letter is to be sent once more, now.
func (h hook) resends() bool { return h.waiting && h.attempts == 0 && h.resendAt <= h.now }

// told is a webhook as its callers see it.
func (h hook) told() client.Webhook {
	w := client.Webhook{
		ID: h.id, URL: h.url, Kind: h.filter.Kind, Device: h.filter.Device, Shipment: h.filter.Shipment, Member: h.filter.Member, Purpose: h.filter.Purpose,
		State: h.state, Checkpoint: h.checkpoint, DeadLetters: h.letters, MadeAt: timeOf(h.madeAt), MadeBy: h.caller,
	}
	if problem := cmp.Or(h.trouble, h.problem); problem != "" {
		w.Failing = &client.WebhookFailure{Problem: problem, Attempts: h.attempts, Since: timeOf(h.failingSince)}
		if h.state == client.WebhookActive {
			w.Failing.RetryAt = timeOf(h.retryAt)
		}
	}
	return w
}

// timeOf is the zero time for none.
func timeOf(milli int64) time.Time {
	if milli == 0 {
		return time.Time{}
	}
	return time.UnixMilli(milli).UTC()
}

// newID returns an id that nobody has: it has 130 random bits.
func newID() string { return "wh-" + strings.ToLower(rand.Text()) }

// newSecret returns 32 random bytes as Standard Webhooks writes them.
func newSecret() string {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails: it ends the process instead
	return "whsec_" + base64.StdEncoding.EncodeToString(key[:])
}
