package model

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/recording"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// measured gathers what the transactions of a block recorded, so that it is written at once.
type measured struct {
	lines map[line]*lined
	order []*lined // as they came
}

// line is what the readings of one series have in common.
type line struct{ device, name, unit, class, classes, owner, shipment, edge string }

// lined is a line of a block.
type lined struct {
	line
	numbers
	added   bool     // its series is new with this block
	samples []sample // one at least
}

// compare orders the readings of a measurement.
func (s sample) compare(o sample) int {
	return cmp.Or(cmp.Compare(s.at, o.at), cmp.Compare(s.sequence, o.sequence), cmp.Compare(s.n, o.n))
}

// measure gathers what a transaction recorded: its arguments have the messages, its result what became of each, and
// what it wrote whose they are. It fails for what this gateway cannot read, which is no older chaincode's. What wrote no
// window recorded nothing, whatever it says.
func (a *application) measure(tx ledger.BlockTransaction) error {
	windows, err := windowsOf(tx)
	if err != nil || len(windows) == 0 {
		return err
	}
	batch, err := recording.Decode([]byte(tx.Request))
	result, unread := recording.Outcomes(tx.Result)
	if err := errors.Join(err, unread); err != nil {
		return fmt.Errorf("messages: %w", err)
	}
	if len(batch.Messages) != len(result.Results) {
		return fmt.Errorf("it has %d messages, and what became of %d", len(batch.Messages), len(result.Results))
	}
	for i, outcome := range result.Results {
		if outcome.Outcome != waymark.Recorded || anchor.IsRun(batch.Messages[i]) { // a run has no readings
			continue
		}
		if err := a.measured.message(batch.Messages[i], windows); err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
	}
	return nil
}

// message gathers the readings of a message.
func (m *measured) message(text string, windows map[string][]*summary) error {
	header, payload, err := attest.Recorded(text)
	if err != nil {
		return err
	}
	message := &attest.Message{Header: header, Payload: payload}
	readings, err := senml.Parse(message)
	if err != nil {
		return err
	}
	of := windows[message.Device]
	i := slices.IndexFunc(of, func(w *summary) bool { return w.First <= message.Sequence && message.Sequence <= w.Last })
	if i < 0 {
		return fmt.Errorf("the transaction wrote no window of message %d of device %s", message.Sequence, message.Device)
	}
	for n, r := range readings {
		if !r.Kind.Measures() { // it is in no series
			continue
		}
		l, err := m.lineOf(of[i], r)
		if err != nil {
			return err
		}
		l.samples = append(l.samples, sample{at: r.Time.UnixMilli(), sequence: database.Signed(message.Sequence), n: int64(n), value: r.Value})
	}
	return nil
}

// summary is a window that a transaction wrote, and the lines of its series that were met so far.
type summary struct {
	waymark.Window
	classes string   // of the window
	lines   []*lined // by the place of the series in the window
}

const windowPrefix = "window/"

// windowsOf are the windows that a transaction wrote, by device.
func windowsOf(tx ledger.BlockTransaction) (map[string][]*summary, error) {
	all := map[string][]*summary{}
	for _, w := range tx.Writes {
		rest, is := strings.CutPrefix(w.Key, windowPrefix)
		device, _, _ := strings.Cut(rest, "/")
		if !is || w.Value == nil {
			continue
		}
		decoded, err := window.Decode(device, w.Value)
		if err != nil {
			return nil, fmt.Errorf("record %s: %w", w.Key, err)
		}
		all[device] = append(all[device], &summary{decoded, joined(decoded.Classes()), make([]*lined, len(decoded.Series))})
	}
	return all, nil
}

// lineOf is the line of a reading, whose class the window of it tells.
func (m *measured) lineOf(w *summary, r senml.Reading) (*lined, error) {
	i := slices.IndexFunc(w.Series, func(s waymark.Series) bool { return s.Name == r.Name && s.Unit == r.Unit })
	if i < 0 {
		return nil, fmt.Errorf("the window of device %s from message %d on has no series of a reading", w.Device, w.First)
	}
	if w.lines[i] == nil {
		w.lines[i] = m.line(line{w.Device, r.Name, r.Unit, string(w.Series[i].Class), w.classes, w.Owner, w.Shipment, w.Edge})
	}
	return w.lines[i], nil
}

func (m *measured) line(l line) *lined {
	if m.lines == nil {
		m.lines = map[line]*lined{}
	}
	of := m.lines[l]
	if of == nil {
		of = &lined{line: l}
		m.lines[l] = of
		m.order = append(m.order, of)
	}
	return of
}
