package model

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Latest returns the latest reading of each measurement of a device that a caller may see one of, by name. It looks at
// maxSeries series, the latest first, and says if there are more to who sees any.
//
// Codes: as Readings.
func (m *Model) Latest(ctx context.Context, by rules.Tx, q waymark.LatestQuery) (list waymark.LatestReadings, err error) {
	list.Readings = []waymark.Reading{}
	err = m.share(ctx, by, asked{device: q.Device, purpose: q.Purpose}, func(s *sharing) error {
		candidates, err := s.latest()
		if err != nil {
			return fmt.Errorf("latest: %w", err)
		}
		more := len(candidates) > s.most
		if list.Readings, err = s.each(candidates[:min(len(candidates), s.most)]); err != nil {
			return err
		}
		list.More = more && len(list.Readings) > 0
		list.Shared = s.shared
		return nil
	})
	return list, err
}

// named is the latest reading of a series, of what is called so.
type named struct {
	name string
	found
	kept
}

// each is the first of each name that the caller may see, by name.
func (s *sharing) each(candidates []named) ([]waymark.Reading, error) {
	all, shown := []waymark.Reading{}, make(map[string]bool)
	for _, c := range candidates {
		if shown[c.name] {
			continue
		}
		if _, err := s.judge(c.series, c.kept); err != nil {
			return nil, err
		}
		r, err := s.shown(c.name, c.found)
		if err != nil {
			return nil, err
		}
		if r != nil {
			shown[c.name] = true
			all = append(all, *r)
		}
	}
	slices.SortFunc(all, func(x, y waymark.Reading) int { return cmp.Compare(x.Name, y.Name) })
	return all, nil
}

// latest are the latest readings of the series of the device, the latest first.
func (s *sharing) latest() ([]named, error) {
	rows, err := s.statements.QueryContext(s.ctx, `SELECT m.name, s.id, s.at, s.sequence, s.n, s.value, s.unit, s.class, s.owner, s.shipment, s.edge, s.classes
		FROM measurements m JOIN series s ON s.measurement = m.id
		WHERE m.device = $1 ORDER BY s.at DESC, s.sequence DESC, s.n DESC LIMIT $2`, s.device, s.most+1)
	if err != nil {
		return nil, err
	}
	return collect(rows, func(rows *sql.Rows) (n named, err error) {
		return n, rows.Scan(append([]any{&n.name, &n.series, &n.at, &n.sequence, &n.n, &n.value}, n.columns()...)...)
	})
}
