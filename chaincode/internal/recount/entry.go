package recount

import (
	"cmp"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// Message is what is known of one message: in full, or as the run that anchored it has it.
type Message struct {
	Device   string
	Number   uint64
	previous []byte // the digest that it names
	digest   attest.Digest
	// readings are its own; of an anchored one for each series the least and the greatest, at the time of the latest.
	readings []senml.Reading
	fault    error // why it has none that can be read: then it was not recorded
}

// Parse reads an entry as it is in a block: a message that a device signed, or a run, which stands for some. Whether the
// device signed it the ledger has verified, or of a run its sample.
//
// Codes: Invalid.
func Parse(text string) ([]Message, error) {
	if anchor.IsRun(text) {
		r, err := anchor.ParseRun(text)
		return ofRun(r), err
	}
	m, err := attest.Parse(text)
	if err != nil {
		return nil, err
	}
	digest, err := m.Digest()
	if err != nil {
		return nil, err
	}
	readings, fault := senml.Parse(m)
	return []Message{{Device: m.Device, Number: m.Sequence, previous: m.Previous, digest: digest, readings: readings, fault: fault}}, nil
}

// ofRun are the messages that a run stands for.
func ofRun(r anchor.Run) []Message {
	all := make([]Message, 0, len(r.Lines))
	previous := r.Previous
	for i, l := range r.Lines {
		m := Message{Device: r.Device, Number: r.First + uint64(i), previous: previous, digest: l.Digest}
		for _, e := range l.Series {
			at := time.UnixMilli(l.From + e.Latest).UTC()
			for _, value := range []int64{e.Min, e.Max} {
				m.readings = append(m.readings, senml.Reading{Kind: senml.Number, Name: e.Name, Unit: e.Unit, Value: value, Time: at})
			}
		}
		all, previous = append(all, m), l.Digest[:]
	}
	return all
}

func byDevice(messages []Message) map[string][]Message {
	all := map[string][]Message{}
	for _, m := range messages {
		all[m.Device] = append(all[m.Device], m)
	}
	for _, of := range all { //determinism: each list is put in order by itself
		slices.SortStableFunc(of, func(a, b Message) int { return cmp.Compare(a.Number, b.Number) })
	}
	return all
}
