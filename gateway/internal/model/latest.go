package model

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Latest returns the latest reading of each measurement of a device that a caller may see one of, by name. It looks at
// maxCandidates series, the latest first.
//
// Codes: as Readings.
func (m *Model) Latest(ctx context.Context, by rules.Tx, q waymark.LatestQuery) (list waymark.LatestReadings, err error) {
	list.Readings = []waymark.Reading{}
	err = m.share(ctx, by, asked{device: q.Device, purpose: q.Purpose}, func(s *sharing) error {
		candidates, err := s.latest()
		if err != nil {
			return fmt.Errorf("latest: %w", err)
		}
		shown := make(map[string]bool)
		for _, c := range candidates {
			if shown[c.name] {
				continue
			}
			r, err := s.shown(c.name, c.found)
			if err != nil {
				return err
			}
			if r != nil {
				shown[c.name] = true
				list.Readings = append(list.Readings, *r)
			}
		}
		slices.SortFunc(list.Readings, func(x, y waymark.Reading) int { return cmp.Compare(x.Name, y.Name) })
		list.Shared = s.shared
		return nil
	})
	return list, err
}

// named is a reading of what is called so.
type named struct {
	name string
	found
}

// latest are the latest readings of the series of the device, the latest first.
func (s *sharing) latest() (all []named, err error) {
	rows, err := s.statements.QueryContext(s.ctx, `SELECT m.name, s.id, s.at, s.sequence, s.n, s.value
		FROM measurements m JOIN series s ON s.measurement = m.id
		WHERE m.device = $1 ORDER BY s.at DESC, s.sequence DESC, s.n DESC LIMIT $2`, s.device, maxCandidates)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	for rows.Next() {
		f := named{found: found{ReadingRef: waymark.ReadingRef{Device: s.device}}}
		if err := rows.Scan(&f.name, &f.series, &f.at, &f.Sequence, &f.Index, &f.value); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, rows.Err()
}
