package model

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// asked is a question for readings of a device.
type asked struct {
	device, purpose string
	shipment        string // that they are to be of; empty for any
}

// sharing is what a caller may have of the readings of a device.
type sharing struct {
	*reading
	asked
	of      *waymark.Device
	edges   *registry.Edges
	series  map[int64]*source
	decided map[decidedBy]access.Share
	known   map[origin]bool
	summary waymark.Window // the one that was looked at last
	block   uint64         // of it
	shared  waymark.Shared
	summed  int64 // maxSummed
	most    int   // maxSeries
}

// source is what the readings of a series have in common.
type source struct {
	decidedBy
	unit     string
	visible  bool // what is withheld, or nothing that the caller may know of, is not
	decimals int  // to which they are rounded, -1 for not at all
}

// decidedBy is what the rules decide by.
type decidedBy struct {
	class waymark.DataClass
	telemetry.Source
}

// share begins an answer. It fails with NotFound if there is no such device.
func (m *Model) share(ctx context.Context, by rules.Tx, q asked, answer func(*sharing) error) error {
	return m.snapshot(ctx, func(ctx context.Context, s database.Statements, block uint64) (err error) {
		of := sharing{summed: m.summed, most: m.series, reading: newReading(ctx, s, by), asked: q, series: map[int64]*source{}, decided: map[decidedBy]access.Share{}, known: map[origin]bool{}}
		if of.of, err = registry.RequireDevice(of.reading, q.device); err != nil {
			return err
		}
		of.edges, of.shared.Block = registry.NewEdges(of.reading), block
		return answer(&of)
	})
}

// source is what the readings of a series have in common, and whether the caller may have them. It notes what is withheld.
func (s *sharing) source(series int64) (*source, error) {
	if known := s.series[series]; known != nil {
		return known, nil
	}
	var of kept
	err := s.statements.QueryRowContext(s.ctx, `SELECT unit, class, owner, shipment, edge, classes FROM series WHERE id = $1`, series).Scan(of.columns()...)
	if err != nil {
		return nil, fmt.Errorf("series %d: %w", series, err)
	}
	return s.judge(series, of)
}

// kept is what the row of a series says of whose it is.
type kept struct {
	unit  string
	class waymark.DataClass
	origin
}

func (k *kept) columns() []any {
	return []any{&k.unit, &k.class, &k.owner, &k.shipment, &k.edge, &k.classes}
}

// judge is source by what the row of the series says.
func (s *sharing) judge(series int64, by kept) (*source, error) {
	if known := s.series[series]; known != nil {
		return known, nil
	}
	of := source{decidedBy: decidedBy{by.class, s.sourceOf(by.origin)}, unit: by.unit, decimals: -1}
	knows, err := s.knows(by.origin)
	if err == nil && knows {
		err = s.decide(&of)
	}
	if err != nil {
		return nil, err
	}
	s.series[series] = &of
	return &of, nil
}

// decide asks the rules about a class of what the caller may know of, once for each answer.
func (s *sharing) decide(of *source) error {
	share, known := s.decided[of.decidedBy]
	if !known {
		var err error
		share, err = telemetry.ShareOf(s.reading, *s.of, of.Source, s.purpose, []waymark.DataClass{of.class})
		switch {
		case broken(err):
			return err
		case err != nil:
			share = access.Share{Withheld: []waymark.DataClass{of.class}}
		}
		s.decided[of.decidedBy] = share
	}
	if slices.Contains(share.Withheld, of.class) {
		s.shared.Withheld = noted(s.shared.Withheld, of.class)
		return nil
	}
	of.visible = true
	s.shared.Obligations = waymark.SortObligations(append(s.shared.Obligations, share.Obligations...))
	if n, rounds := share.Decimals[of.class]; rounds {
		of.decimals = n
		s.shared.Coarsened = noted(s.shared.Coarsened, of.class)
	}
	return nil
}

// rounded is a value as the caller may have it.
func (of *source) rounded(value int64) int64 {
	if of.decimals < 0 {
		return value
	}
	return waymark.RoundScaled(value, of.unit, of.decimals)
}

// decimal is a value in the scale of the unit as a number.
func (of *source) decimal(value int64) waymark.Decimal {
	return waymark.FormatScaled(value, waymark.ScaleOf(of.unit))
}

// noted adds a class to a sorted list that does not have it.
func noted(classes []waymark.DataClass, class waymark.DataClass) []waymark.DataClass {
	i, is := slices.BinarySearch(classes, class)
	if is {
		return classes
	}
	return slices.Insert(classes, i, class)
}

// found is a reading as the model has it.
type found struct {
	sample
	series int64
}

// shown is a reading as the caller may have it, nil if it may not.
func (s *sharing) shown(name string, f found) (*waymark.Reading, error) {
	of, err := s.source(f.series)
	if err != nil || !of.visible {
		return nil, err
	}
	ref := waymark.ReadingRef{Device: s.device, Sequence: database.Unsigned(f.sequence), Index: int(f.n)}
	if err := s.summarised(ref.Sequence); err != nil {
		return nil, err
	}
	disputed, err := s.edges.Disputed(s.of, s.summary.Key, s.summary.Recorded.Time)
	if err != nil {
		return nil, err
	}
	return &waymark.Reading{
		ID: ref.String(), Name: name, Unit: of.unit, Class: of.class, Value: of.decimal(of.rounded(f.value)),
		Time: time.UnixMilli(f.at).UTC(), Sequence: ref.Sequence, Index: ref.Index,
		Window: s.summary.First, Shipment: of.Shipment, TxID: s.summary.Recorded.TxID, Block: s.block,
		Edge: s.summary.Edge, Disputed: disputed,
	}, nil
}

// summarised reads the window that holds a message, unless it is the one that was read last.
func (s *sharing) summarised(sequence uint64) error {
	if s.summary.First <= sequence && sequence <= s.summary.Last {
		return nil
	}
	var value []byte
	var block int64
	within := rules.Windows(s.device, sequence-min(sequence, waymark.MaxWindowMessages)+1, sequence)
	err := s.statements.QueryRowContext(s.ctx, `SELECT value, block FROM records WHERE key >= $1 AND key < $2 ORDER BY key DESC LIMIT 1`,
		[]byte(within.From), []byte(within.To)).Scan(&value, &block)
	if err != nil {
		return fmt.Errorf("window of message %d of device %s: %w", sequence, s.device, err)
	}
	s.summary, err = window.Decode(s.device, value)
	s.block = database.Unsigned(block)
	return err
}
