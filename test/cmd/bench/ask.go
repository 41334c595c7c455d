package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/timing"
)

// asked is what was measured of calls of a gateway.
type asked struct {
	name string // as in: list
	cell timing.Cell
}

// call is one of a kind; n is from 0 on.
type call struct {
	name string
	role waymark.Role
	do   func(ctx context.Context, a *app.App, n int) error
}

const (
	// asking is how many calls are under way.
	asking = 4
	// askTimeout bounds one.
	askTimeout = 30 * time.Second
)

// ask makes calls of each kind through the member's gateway, one kind after another.
func (b *bench) ask(ctx context.Context, calls []call) (all []asked, err error) {
	for _, c := range calls {
		a, err := app.New(b.network, member, c.role)
		if err != nil {
			return nil, err
		}
		load := timing.Load{Count: plenty, InFlight: asking, Limit: b.amounts.askEach, Timeout: askTimeout}
		cell, err := timing.Run(ctx, load, func(_, n int) (timing.Call, error) {
			return func(ctx context.Context) error { return c.do(ctx, a, n) }, nil
		}, refusal)
		a.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		if len(cell.Latencies) == 0 {
			return nil, fmt.Errorf("%s: nothing was answered: %v", c.name, cell.Failures)
		}
		all = append(all, asked{c.name, cell})
	}
	return all, nil
}

// refusal names what kept a gateway from answering.
func refusal(err error) string {
	var p *app.Problem
	switch {
	case errors.As(err, &p):
		return string(p.Code)
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return err.Error()
}

// bucket is of the series that are asked for.
const bucket = 60

// readings ask for those of each of so many devices in turn.
func readings(prefix string, devices int) []call {
	device := func(n int) string { return fmt.Sprintf("%s%d", prefix, n%devices) }
	return []call{
		{"list", waymark.Viewer, func(ctx context.Context, a *app.App, n int) error {
			_, err := a.ListReadings(ctx, waymark.ReadingsQuery{Device: device(n), Name: "temperature", Limit: 200})
			return err
		}},
		{"latest", waymark.Viewer, func(ctx context.Context, a *app.App, n int) error {
			_, err := a.Latest(ctx, waymark.LatestQuery{Device: device(n)})
			return err
		}},
		{"series", waymark.Viewer, func(ctx context.Context, a *app.App, n int) error {
			_, err := a.Series(ctx, waymark.SeriesQuery{Device: device(n), Name: "temperature", Bucket: bucket})
			return err
		}},
	}
}

func (a asked) flat(figures map[string]any, at string) {
	s, name := a.cell.Summary(), at+a.name+"_"
	figures[name+"per_second"], figures[name+"p50_ms"], figures[name+"p95_ms"], figures[name+"p99_ms"] = s.PerSecond, ms(s.Median), ms(s.P95), ms(s.P99)
	figures[name+"done_count"], figures[name+"failed_count"] = s.Done, s.Failed
}
