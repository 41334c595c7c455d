package model

import (
	"database/sql"
	"strconv"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// origin is what windows have in common of which the ledger shows a caller the same parts.
type origin struct{ owner, shipment, edge, classes string }

// joined are classes as rows have them.
func joined(classes []waymark.DataClass) string {
	texts := make([]string, 0, len(classes))
	for _, class := range classes {
		texts = append(texts, string(class))
	}
	return strings.Join(texts, ",")
}

func (o origin) split() (classes []waymark.DataClass) {
	for class := range strings.SplitSeq(o.classes, ",") {
		classes = append(classes, waymark.DataClass(class))
	}
	return classes
}

// knows reports whether a caller may have a part of the windows of an origin. Of the rest it learns nothing, not even that
// there are any: as the ledger refuses it each of those whole.
func (s *sharing) knows(of origin) (bool, error) {
	if known, is := s.known[of]; is {
		return known, nil
	}
	_, err := telemetry.ShareOf(s.reading, *s.of, s.sourceOf(of), s.purpose, of.split())
	if broken(err) {
		return false, err
	}
	s.known[of] = err == nil
	return err == nil, nil
}

func (s *sharing) sourceOf(of origin) telemetry.Source {
	return telemetry.SourceOf(s.of, waymark.Window{Owner: of.owner, Shipment: of.shipment, Edge: of.edge})
}

// scope is which readings of a measurement an answer looks at: those that its caller may know of.
type scope struct {
	measurement int64
	from, to    int64  // milliseconds since 1970, to is behind them
	series      string // numbers of their series, each between commas; empty for all
}

// maxSeries bounds of how many series one answer decides.
const maxSeries = 4096

// scope returns nil if there are no readings of some time and shipment that the caller may know of.
func (s *sharing) scope(name string, from, to int64) (*scope, error) {
	measurement, err := s.one(`SELECT id FROM measurements WHERE device = $1 AND name = $2`, s.device, name)
	if err != nil || measurement == 0 {
		return nil, ofDatabase(err)
	}
	of := scope{measurement: measurement, from: from, to: to}
	known, all, err := s.knownSeries(of)
	switch {
	case err != nil || len(known) == 0:
		return nil, err
	case all:
		return &of, nil
	}
	of.series = "," + strings.Join(known, ",") + ","
	return s.narrow(of)
}

// knownSeries are those from a time on of which the caller may know, and whether these are all.
func (s *sharing) knownSeries(of scope) (known []string, all bool, err error) {
	type numbered struct {
		id int64
		origin
	}
	rows, err := s.statements.QueryContext(s.ctx, `SELECT id, owner, shipment, edge, classes FROM series
		WHERE measurement = $1 AND at >= $2 AND ($3 = '' OR shipment = $3) ORDER BY at DESC LIMIT $4`, of.measurement, of.from, s.shipment, s.most+1)
	if err != nil {
		return nil, false, databaseError{err}
	}
	found, err := collect(rows, func(rows *sql.Rows) (n numbered, err error) {
		return n, rows.Scan(&n.id, &n.owner, &n.shipment, &n.edge, &n.classes)
	})
	if err != nil {
		return nil, false, databaseError{err}
	}
	for _, n := range found {
		knows, err := s.knows(n.origin)
		if err != nil {
			return nil, false, err
		}
		if knows {
			known = append(known, strconv.FormatInt(n.id, 10))
		}
	}
	if len(found) > s.most && len(known) > 0 {
		return nil, false, waymark.InvalidField("/shipment", "must be named, or a later time: the device has been with too many for one answer")
	}
	return known, s.shipment == "" && len(known) == len(found), nil
}

// narrow leaves out the hours before and behind what is looked at, or returns nil if nothing is.
func (s *sharing) narrow(of scope) (*scope, error) {
	var first, last sql.NullInt64
	err := s.statements.QueryRowContext(s.ctx, `SELECT MIN(hour), MAX(hour) FROM hours
		WHERE measurement = $1 AND hour >= $2 AND hour < $3 AND $4 LIKE '%,' || series || ',%'`,
		of.measurement, of.from-of.from%hourMillis, of.to, of.series).Scan(&first, &last)
	if err != nil || !first.Valid {
		return nil, ofDatabase(err)
	}
	of.from, of.to = max(of.from, first.Int64), min(of.to, last.Int64+hourMillis)
	return &of, nil
}
