package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"
	"github.com/waymark-ledger/waymark/test/internal/csvlog"
	"github.com/waymark-ledger/waymark/test/internal/trip"
)

// source says what the devices measure.
type source struct {
	csv      string
	zone     string
	trip     string
	readings int
	interval time.Duration
	seed     uint64
}

func (s *source) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.csv, "csv", "", "replay this data logger file")
	flags.StringVar(&s.zone, "zone", "UTC", "time zone of times in the file that have none, as in Europe/Berlin")
	flags.StringVar(&s.trip, "trip", string(trip.ColdChain), "or make a trip up: cold-chain or excursion")
	flags.IntVar(&s.readings, "readings", 200, "times at which a made-up logger measures")
	flags.DurationVar(&s.interval, "interval", time.Minute, "between two of them")
	flags.Uint64Var(&s.seed, "seed", 1, "another seed, another trip; device n gets seed+n")
}

// load returns what the devices measure: one list for all from a file, one for
// each from a made-up trip.
func (s *source) load() (samples func(n int) ([]trip.Sample, error), start time.Time, err error) {
	if s.csv == "" {
		return func(n int) ([]trip.Sample, error) {
			return trip.Generate(trip.Options{Kind: trip.Kind(s.trip), Samples: s.readings, Interval: s.interval, Seed: s.seed + uint64(n)}) //nolint:gosec // n counts devices
		}, time.Time{}, nil
	}
	rows, err := s.readFile()
	if err != nil {
		return nil, start, fmt.Errorf("%s: %w", s.csv, err)
	}
	start = rows[0].Time
	all := make([]trip.Sample, len(rows))
	for i, row := range rows {
		all[i] = trip.Sample{After: row.Time.Sub(start), Readings: row.Readings}
	}
	return func(int) ([]trip.Sample, error) { return all, nil }, start, nil
}

func (s *source) readFile() ([]csvlog.Row, error) {
	zone, err := time.LoadLocation(s.zone)
	if err != nil {
		return nil, fmt.Errorf("--zone: %w", err)
	}
	f, err := os.Open(s.csv)
	if err != nil {
		return nil, err
	}
	rows, err := csvlog.Read(f, zone)
	return rows, errors.Join(err, f.Close())
}
