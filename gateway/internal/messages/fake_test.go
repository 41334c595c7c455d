package messages_test

import (
	"context"
	"crypto"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/messages"
)

const relay ledger.Identity = "relay"

// consortium is a ledger as far as a relay of messages sees it: it refuses batches that
// expose, records each message once, and lets nobody but holders have disclosures.
type consortium struct {
	unknown   []uint64            // numbers of messages of a device that nobody knows
	exposing  []uint64            // numbers of messages that expose
	mistaken  []uint64            // numbers of messages whose disclosures are not theirs
	holders   []string            // of every message
	behind    map[string]int      // members whose peers know no message the next so many times
	away      []string            // members whose peers do not answer
	onAsked   func(c *consortium) // after each question who lacks disclosures
	onDecided func(*waymark.RecordResult)

	recorded map[uint64]string          // transaction ids
	has      map[string]map[uint64]bool // by member
	calls    []ledger.Call
	failure  error // of telemetry:Record
}

var _ messages.Ledger = (*consortium)(nil)

func newConsortium(holders ...string) *consortium {
	return &consortium{holders: holders, behind: make(map[string]int), recorded: make(map[uint64]string), has: make(map[string]map[uint64]bool)}
}

func (c *consortium) Submit(_ context.Context, call ledger.Call) (ledger.Committed, error) {
	c.calls = append(c.calls, call)
	var result waymark.RecordResult
	var err error
	switch q := call.Request.(type) {
	case waymark.RecordRequest:
		result, err = c.record(q)
	case waymark.DiscloseRequest:
		result, err = c.disclose(call, q)
	}
	if err != nil {
		return ledger.Committed{}, err
	}
	if c.onDecided != nil {
		c.onDecided(&result)
	}
	if call.Moot != nil && call.Moot(encode(result)) {
		return ledger.Committed{Result: encode(result)}, nil
	}
	if len(call.At) > 0 && !slices.ContainsFunc(result.Results, func(r waymark.MessageResult) bool { return r.Outcome == waymark.Recorded }) {
		return ledger.Committed{}, waymark.Errorf(waymark.Unavailable, "the endorsements did not satisfy the policy")
	}
	return ledger.Committed{Commit: ledger.Commit{TxID: c.txID(), Status: ledger.Valid}, Result: encode(result)}, nil
}

func (c *consortium) txID() string { return "tx" + strconv.Itoa(len(c.calls)) }

func (c *consortium) record(q waymark.RecordRequest) (waymark.RecordResult, error) {
	if err := q.Validate(); err != nil {
		return waymark.RecordResult{}, err
	}
	if c.failure != nil {
		return waymark.RecordResult{}, c.failure
	}
	var rows waymark.RowErrors
	var result waymark.RecordResult
	for i, text := range q.Messages {
		m, err := attest.Parse(text)
		if err != nil {
			return result, err
		}
		if slices.Contains(c.unknown, m.Sequence) {
			result.Results = append(result.Results, waymark.MessageResult{Device: m.Device, Sequence: m.Sequence, Outcome: waymark.Rejected, Code: waymark.NotFound})
			continue
		}
		if slices.Contains(c.exposing, m.Sequence) {
			rows.Add("/messages", i, waymark.Errorf(waymark.Invalid, "message %d exposes", m.Sequence).Because(waymark.ReasonExposed))
		}
		r := waymark.MessageResult{Device: m.Device, Sequence: m.Sequence, Outcome: waymark.Recorded, TxID: c.txID()}
		if txID := c.recorded[m.Sequence]; txID != "" {
			r.Outcome, r.TxID = waymark.Duplicate, txID
		}
		result.Results = append(result.Results, r)
	}
	if err := rows.Err("messages", len(q.Messages)); err != nil {
		return waymark.RecordResult{}, err
	}
	for _, r := range result.Results {
		if r.Outcome == waymark.Recorded {
			c.recorded[r.Sequence] = r.TxID
		}
	}
	return result, nil
}

func (c *consortium) disclose(call ledger.Call, q waymark.DiscloseRequest) (waymark.RecordResult, error) {
	if len(call.At) == 1 && slices.Contains(c.away, call.At[0]) {
		return waymark.RecordResult{}, waymark.Errorf(waymark.Unavailable, "not enough peers answer: retry later")
	}
	var d waymark.Disclosures
	if err := json.Unmarshal(call.Transient[waymark.TransientDisclosures], &d); err != nil || len(call.Transient) != 1 {
		return waymark.RecordResult{}, waymark.Errorf(waymark.Internal, "transient data")
	}
	c.behind[q.To]--
	var result waymark.RecordResult
	for _, text := range d.Messages {
		public, disclosures, err := attest.Split(text)
		m, parseErr := attest.Parse(public)
		if err != nil || parseErr != nil || len(disclosures) == 0 || !slices.Equal(call.At, []string{q.To}) {
			return waymark.RecordResult{}, waymark.Errorf(waymark.Internal, "what was disclosed")
		}
		r := waymark.MessageResult{Device: m.Device, Sequence: m.Sequence, Outcome: waymark.Recorded, TxID: c.txID()}
		switch {
		case c.behind[q.To] >= 0:
			r = waymark.MessageResult{Outcome: waymark.Rejected, Code: waymark.NotFound}
		case !slices.Contains(c.holders, q.To):
			r = waymark.MessageResult{Outcome: waymark.Rejected, Code: waymark.Forbidden, Reasons: []string{waymark.ReasonHolder}}
		case slices.Contains(c.mistaken, m.Sequence):
			r = waymark.MessageResult{Outcome: waymark.Rejected, Code: waymark.Invalid, Detail: "not its own", Reasons: []string{waymark.ReasonDisclosure}}
		default:
			if c.has[q.To] == nil {
				c.has[q.To] = make(map[uint64]bool)
			}
			c.has[q.To][m.Sequence] = true
		}
		result.Results = append(result.Results, r)
	}
	return result, nil
}

func (c *consortium) Evaluate(_ context.Context, call ledger.Call) (json.RawMessage, error) {
	c.calls = append(c.calls, call)
	q, ok := call.Request.(waymark.UndisclosedQuery)
	if !ok || len(call.At) > 0 || q.Validate() != nil {
		return nil, waymark.Errorf(waymark.Internal, "question")
	}
	var u waymark.Undisclosed
	for _, m := range q.Messages {
		lacking := slices.DeleteFunc(slices.Clone(c.holders), func(holder string) bool { return c.has[holder][m.Sequence] })
		u.Messages = append(u.Messages, waymark.UndisclosedMessage{Device: m.Device, Sequence: m.Sequence, Members: lacking})
	}
	if c.onAsked != nil {
		c.onAsked(c)
	}
	return encode(u), nil
}

func encode(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

// told is each call in short: the transaction, and the member if one is named.
func (c *consortium) told() string {
	var told []string
	for _, call := range c.calls {
		_, name, _ := strings.Cut(string(call.Transaction), ":")
		if len(call.At) > 0 {
			name += " at " + strings.Join(call.At, " ")
		}
		told = append(told, name)
	}
	return strings.Join(told, ", ")
}

// send records a batch and returns the outcomes.
func (c *consortium) send(t *testing.T, texts ...string) ([]waymark.MessageResult, ledger.Committed, error) {
	t.Helper()
	done, err := messages.NewRecorder(c, time.Minute, nil).Record(t.Context(), nil, relay, texts)
	if err != nil {
		return nil, done, err
	}
	var result waymark.RecordResult
	if err := json.Unmarshal(done.Result, &result); err != nil {
		t.Fatal(err)
	}
	if len(result.Results) != len(texts) {
		t.Fatalf("%d outcomes of %d messages", len(result.Results), len(texts))
	}
	return result.Results, done, nil
}

// signer signs messages of one device.
type signer struct{ key crypto.Signer }

func newSigner(t *testing.T) signer {
	t.Helper()
	key, err := attest.GenerateKey(attest.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	return signer{key}
}

// message is a signed message with a number.
func (s signer) message(t *testing.T, sequence uint64) string {
	t.Helper()
	header := attest.Header{Device: "logger-1", Consortium: "waymark", KeyID: "k1", Kind: attest.PackJSON, Sequence: sequence}
	if sequence > 1 {
		header.Previous = make([]byte, 32)
	}
	m, err := attest.Sign(attest.JWS, s.key, header, []byte(`[{"n":"price","vd":"AA","t":1893456000}]`))
	if err != nil {
		t.Fatal(err)
	}
	return m.Text()
}

// sealed is a message followed by a disclosure.
func (s signer) sealed(t *testing.T, sequence uint64) string {
	t.Helper()
	return attest.WithDisclosures(s.message(t, sequence), [][]byte{[]byte("secret")})
}
