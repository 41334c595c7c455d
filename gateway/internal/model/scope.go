package model

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// origin is what the windows of one source say of it.
type origin struct{ owner, shipment string }

// knows reports whether a caller may have a part of what has an origin. Of the rest it learns nothing, not even that it
// is there: as the ledger refuses it each of those windows whole.
func (s *sharing) knows(of origin) (bool, error) {
	if known, is := s.known[of]; is {
		return known, nil
	}
	if s.origins == nil {
		if err := s.findOrigins(); err != nil {
			return false, databaseError{fmt.Errorf("origins: %w", err)}
		}
	}
	_, err := telemetry.ShareOf(s.reading, *s.of, s.sourceOf(of), s.purpose, s.origins[of])
	if broken(err) {
		return false, err
	}
	s.known[of] = err == nil
	return err == nil, nil
}

func (s *sharing) sourceOf(of origin) telemetry.Source {
	return telemetry.SourceOf(s.of, waymark.Window{Owner: of.owner, Shipment: of.shipment})
}

// findOrigins finds the classes of what the device measured, by origin: those of its windows.
func (s *sharing) findOrigins() error {
	rows, err := s.statements.QueryContext(s.ctx, `SELECT DISTINCT s.owner, s.shipment, s.class FROM measurements m JOIN series s ON s.measurement = m.id
		WHERE m.device = $1 AND ($2 = '' OR s.shipment = $2)`, s.device, s.shipment)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	s.origins = map[origin][]waymark.DataClass{}
	for rows.Next() {
		var of origin
		var class waymark.DataClass
		if err := rows.Scan(&of.owner, &of.shipment, &class); err != nil {
			return err
		}
		s.origins[of] = append(s.origins[of], class)
	}
	return rows.Err()
}

// scope is which readings of a measurement an answer looks at: those that its caller may know of.
type scope struct {
	measurement int64
	from, to    int64  // milliseconds since 1970, to is behind them
	series      string // numbers of their series, each between commas; empty for all
}

// maxSeries bounds of how many series of a measurement one answer decides.
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
	rows, err := s.statements.QueryContext(s.ctx, `SELECT id, owner, shipment FROM series
		WHERE measurement = $1 AND at >= $2 AND ($3 = '' OR shipment = $3) ORDER BY at DESC LIMIT $4`, of.measurement, of.from, s.shipment, maxSeries+1)
	if err != nil {
		return nil, false, databaseError{err}
	}
	found, err := collect(rows, func(rows *sql.Rows) (n numbered, err error) {
		return n, rows.Scan(&n.id, &n.owner, &n.shipment)
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
	if len(found) > maxSeries && len(known) > 0 {
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
