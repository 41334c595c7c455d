package model

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Readings lists readings of one measurement of a device that a caller may see, by time. What is withheld is left out,
// and what it may have nothing of without a trace.
//
// Codes: NotFound if there is no such device; Unavailable while the model has no block.
func (m *Model) Readings(ctx context.Context, by rules.Tx, q waymark.ReadingsQuery) (list waymark.ReadingList, err error) {
	list.Readings = []waymark.Reading{}
	err = m.share(ctx, by, asked{q.Device, q.Purpose, q.Shipment}, func(s *sharing) error {
		from, to := millis(q.From, q.To)
		in, err := s.scope(q.Name, from, to)
		if err == nil && in != nil {
			list.Readings, list.Cursor, err = s.page(*in, q)
		}
		list.Shared = s.shared
		return err
	})
	return list, err
}

// page makes a page, and says where to go on.
func (s *sharing) page(in scope, q waymark.ReadingsQuery) (all []waymark.Reading, cursor string, err error) {
	limit := waymark.Page(q.Limit)
	most := max(limit+1, maxCandidates)
	candidates, err := s.readings(in, q.Cursor, most)
	if err != nil {
		return nil, "", fmt.Errorf("readings: %w", err)
	}
	all = []waymark.Reading{}
	for i, c := range candidates {
		r, err := s.shown(q.Name, c)
		if err != nil {
			return nil, "", err
		}
		if r != nil {
			all = append(all, *r)
		}
		if full := len(all) == limit && i+1 < len(candidates); full || i+1 == most {
			return all, cursorAt(c), nil
		}
	}
	return all, "", nil
}

// readings are the next ones that are looked at.
func (s *sharing) readings(in scope, cursor string, most int) (all []found, err error) {
	behind := sample{at: in.from} // of no message: behind it come all of that time
	if cursor != "" {
		if behind, err = parseCursor(cursor); err != nil {
			return nil, err
		}
		in.from = behind.at
	}
	return s.earliest(in, behind, most)
}

// maxMillis is behind all times of readings.
const maxMillis = 253_402_300_800_000 // the year 10000

// millis are times in milliseconds since 1970. Of what is before or behind all readings there are none.
func millis(from, to time.Time) (first, end int64) {
	end = maxMillis
	if !from.IsZero() {
		first = ceilMillis(from)
	}
	if !to.IsZero() {
		end = ceilMillis(to)
	}
	return first, end
}

// ceilMillis is the first millisecond that is not before a time.
func ceilMillis(t time.Time) int64 { return t.Add(time.Millisecond - 1).UnixMilli() }

// cursorAt is what the page after a reading is asked by.
func cursorAt(f found) string { return fmt.Sprintf("%d:%d:%d", f.at, f.sequence, f.n) }

func parseCursor(text string) (of sample, err error) {
	parts := strings.Split(text, ":")
	var numbers [3]int64
	for i := range numbers {
		if len(parts) != len(numbers) {
			return of, errCursor
		}
		if numbers[i], err = strconv.ParseInt(parts[i], 10, 64); err != nil {
			return of, errCursor
		}
	}
	return sample{at: numbers[0], sequence: numbers[1], n: numbers[2]}, nil
}

var errCursor = waymark.InvalidField("/cursor", "must be the cursor of a page")
