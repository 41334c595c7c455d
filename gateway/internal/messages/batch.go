package messages

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// batch is the messages of one request and what became of each.
type batch struct {
	texts   []string // as they came
	public  []string // without what follows them; as many
	results []waymark.MessageResult
	full    map[string]bool // devices of which a run was refused: all that is left of theirs goes by itself
}

// newBatch takes the disclosures off. A message is rejected at once if what follows it is
// none, or if it is no message at all: nobody can tell then what of it is private, and it
// could never be recorded.
func newBatch(texts []string) *batch {
	b := &batch{texts: texts, public: make([]string, len(texts)), results: make([]waymark.MessageResult, len(texts)), full: map[string]bool{}}
	for i, text := range texts {
		public, _, err := attest.Split(text)
		if err != nil {
			b.reject(i, waymark.AsError(err).Because(waymark.ReasonDisclosure))
			continue
		}
		m, err := attest.Parse(public)
		if err == nil && !m.Kind.Sequenced() {
			err = waymark.InvalidField("/cty", "is %s: only packs of readings are recorded", m.Kind)
		}
		if err != nil {
			b.reject(i, waymark.AsError(err))
			continue
		}
		b.public[i] = public
	}
	return b
}

// reject gives a message its outcome without the ledger's word on it.
func (b *batch) reject(i int, fault *waymark.Error) {
	result := waymark.MessageResult{Outcome: waymark.Rejected, Code: fault.Code, Detail: fault.Message, Reasons: fault.Reasons}
	public, _, _ := strings.Cut(b.texts[i], "~")
	if m, err := attest.Parse(public); err == nil {
		result.Device, result.Sequence = m.Device, m.Sequence
	}
	b.results[i] = result
}

// wait notes of a message on the ledger that somebody still lacks what it discloses. A
// rejected one stays rejected.
func (b *batch) wait(i int, why string) {
	r := &b.results[i]
	switch {
	case r.Outcome == waymark.Rejected:
	case r.Code == "":
		r.Code, r.Reasons = waymark.Unavailable, []string{waymark.ReasonUndisclosed}
		r.Detail = "the message is on the ledger, and is to be sent again: what it discloses could not be given to all that may hold it; " + why
	default:
		r.Detail += "; " + why
	}
}

// waiting reports whether a message is to be sent again.
func (b *batch) waiting() bool {
	return slices.ContainsFunc(b.results, func(r waymark.MessageResult) bool { return slices.Contains(r.Reasons, waymark.ReasonUndisclosed) })
}

// plain reports whether the ledger's answer about all messages, each by itself, is the whole answer: none has
// disclosures, none was taken out, and none is decided.
func (b *batch) plain() bool {
	for i := range b.texts {
		if b.disclosing(i) || b.results[i].Outcome != "" {
			return false
		}
	}
	return true
}

// disclosing reports whether a message is followed by something.
func (b *batch) disclosing(i int) bool { return b.texts[i] != b.public[i] }

// undecided are the messages without an outcome.
func (b *batch) undecided() []int {
	return b.those(func(i int) bool { return b.results[i].Outcome == "" })
}

// recorded are the messages with disclosures that are on the ledger.
func (b *batch) recorded() []int {
	return b.those(func(i int) bool {
		return b.disclosing(i) && b.results[i].Outcome != waymark.Rejected && b.results[i].Outcome != ""
	})
}

func (b *batch) those(which func(i int) bool) []int {
	var found []int
	for i := range b.texts {
		if which(i) {
			found = append(found, i)
		}
	}
	return found
}

// request is that of some entries, whose runs are in a body.
func (b *batch) request(entries []*entry, body string) waymark.RecordRequest {
	messages := make([]string, len(entries))
	for n, e := range entries {
		messages[n] = e.text
	}
	return waymark.RecordRequest{Messages: messages, Body: body}
}

// inFull are entries of some messages without runs.
func (b *batch) inFull(open []int) []*entry {
	entries := make([]*entry, len(open))
	for n, i := range open {
		entries[n] = &entry{of: []int{i}, text: b.public[i]}
	}
	return entries
}

// decide takes the outcomes that the ledger has for the entries, of which no run is refused.
func (b *batch) decide(entries []*entry, outcomes []waymark.MessageResult) {
	for n, e := range entries {
		for at, i := range e.of {
			b.results[i] = outcomes[n]
			if e.isRun() {
				b.results[i].Sequence += uint64(at)
			}
		}
	}
}

// takeOut rejects the messages that err says expose what is private. It reports false if err says that of none.
func (b *batch) takeOut(entries []*entry, err error) bool {
	taken := false
	for _, row := range waymark.AsError(err).Rows {
		if slices.Contains(row.Reasons, waymark.ReasonExposed) && row.Index >= 0 && row.Index < len(entries) {
			for _, i := range entries[row.Index].of {
				b.reject(i, &waymark.Error{Code: row.Code, Message: row.Message, Reasons: row.Reasons})
			}
			taken = true
		}
	}
	return taken
}

// refusal is the error of a batch in which every message was rejected before it could be
// recorded, as the chaincode words it for a batch that only exposes.
func (b *batch) refusal() error {
	var rows waymark.RowErrors
	for i, r := range b.results {
		rows.Add("/messages", i, &waymark.Error{Code: r.Code, Message: r.Detail, Reasons: r.Reasons})
	}
	return rows.Err("messages", len(b.results))
}

// refs name messages.
func (b *batch) refs(which []int) []waymark.MessageRef {
	refs := make([]waymark.MessageRef, len(which))
	for n, i := range which {
		refs[n] = waymark.MessageRef{Device: b.results[i].Device, Sequence: b.results[i].Sequence}
	}
	return refs
}

// disclosures are messages with what follows them, as transient data.
func (b *batch) disclosures(which []int) (map[string][]byte, error) {
	texts := make([]string, len(which))
	for n, i := range which {
		texts[n] = b.texts[i]
	}
	data, err := json.Marshal(waymark.Disclosures{Messages: texts})
	if err != nil {
		return nil, fmt.Errorf("encode disclosures: %w", err)
	}
	return map[string][]byte{waymark.TransientDisclosures: data}, nil
}

// undisclosed says why a recorded message's disclosures did not get to a member.
func undisclosed(member string, r waymark.MessageResult) *waymark.Error {
	return &waymark.Error{Code: r.Code, Reasons: r.Reasons,
		Message: fmt.Sprintf("the message is on the ledger, what its sealed readings stand for was not disclosed to %s: %s", member, r.Detail)}
}

// outcomesOf reads the outcomes of so many messages.
func outcomesOf(result json.RawMessage, messages int) ([]waymark.MessageResult, error) {
	var outcomes waymark.RecordResult
	if err := json.Unmarshal(result, &outcomes); err != nil {
		return nil, fmt.Errorf("decode outcomes: %w", err)
	}
	if len(outcomes.Results) != messages {
		return nil, fmt.Errorf("%d outcomes of %d messages", len(outcomes.Results), messages)
	}
	return outcomes.Results, nil
}
