package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/followers"
	"github.com/waymark-ledger/waymark/test/internal/handoffs"
	"github.com/waymark-ledger/waymark/test/internal/timing"
)

// compared is what business asks of the gateways, alone and while devices publish.
type compared struct {
	alone, busy asked
	wanted      float64 // messages a second that were due while it was busy
	meanwhile   float64 // that were recorded
	held        bool    // the spool did not grow: the load was what it is said to be
}

// preparing is how long it may take, beside calls that are timed, to make what they are about.
const preparing = 2 * time.Minute

// compare measures alone, and then again while devices publish. A prefix is that of devices which have sent something, and another one each time.
func (b *bench) compare(ctx context.Context, measure func(ctx context.Context, prefix string) ([]asked, error)) (all []compared, err error) {
	long := b.amounts.ramp + 4*b.amounts.askEach + preparing
	alone, err := b.alone(ctx, measure)
	if err != nil {
		return nil, err
	}
	err = b.published(ctx, steadyLoad(b.amounts.devices, b.amounts.busyRate, long, nil), func(ctx context.Context, u *underway) error {
		if err := pause(ctx, time.Until(u.start.Add(b.amounts.ramp))); err != nil {
			return err
		}
		before, behind, began := u.ledger.recorded(), u.backlog(), time.Now()
		busy, err := measure(ctx, u.prefix)
		if err != nil {
			return err
		}
		took := time.Since(began)
		c := compared{wanted: u.rate, meanwhile: float64(u.ledger.recorded()-before) / took.Seconds(), held: keepsUp(u.backlog()-behind, u.rate, took)}
		for i := range busy {
			c.alone, c.busy = alone[i], busy[i]
			all = append(all, c)
		}
		return nil
	})
	return all, err
}

// alone measures of devices that have sent a little, and send no more.
func (b *bench) alone(ctx context.Context, measure func(ctx context.Context, prefix string) ([]asked, error)) ([]asked, error) {
	prefix := ""
	rate := b.amounts.busyRate
	err := b.published(ctx, steadyLoad(b.amounts.devices, rate, b.amounts.ramp, nil), func(ctx context.Context, u *underway) error {
		prefix = u.prefix
		return u.ledger.await(ctx, max(int(rate*b.amounts.ramp.Seconds()/2), b.amounts.devices))
	})
	if err != nil {
		return nil, err
	}
	return measure(ctx, prefix)
}

func (r *report) compared(ctx context.Context, b *bench, measure func(ctx context.Context, prefix string) ([]asked, error)) error {
	all, err := b.compare(ctx, measure)
	r.business = append(r.business, all...)
	return err
}

// measureHandoff times handoffs of ten shipments in parallel.
func measureHandoff(ctx context.Context, b *bench, r *report) error {
	return r.compared(ctx, b, func(ctx context.Context, prefix string) ([]asked, error) {
		h, err := handoffs.New(b.network, prefix)
		if err != nil {
			return nil, err
		}
		level := handoffs.Level{Parallel: b.amounts.shipments, Handoffs: 100 * b.amounts.shipments}
		measured, err := h.Measure(ctx, level, b.amounts.askEach)
		return []asked{{"handoff", measured.Cell}}, err
	})
}

// measureAuthorize times decisions that are recorded on the ledger: may the caller read what a device measures?
func measureAuthorize(ctx context.Context, b *bench, r *report) error {
	return r.compared(ctx, b, func(ctx context.Context, prefix string) ([]asked, error) {
		return b.ask(ctx, []call{{"authorize", waymark.Operator, func(ctx context.Context, a *app.App, n int) error {
			_, err := a.Authorize(ctx, waymark.CheckRequest{Action: waymark.ActReadTelemetry, Device: fmt.Sprintf("%s%d", prefix, n%b.amounts.devices)})
			return err
		}}})
	})
}

// measureRead times questions that the read model answers.
func measureRead(ctx context.Context, b *bench, r *report) error {
	return r.compared(ctx, b, func(ctx context.Context, prefix string) ([]asked, error) {
		return b.ask(ctx, readings(prefix, b.amounts.devices))
	})
}

// eventsASecond is how many products are registered, so that those who follow have something to hear of.
const eventsASecond = 5

// measureEvents times events from their block to each of those who follow.
func measureEvents(ctx context.Context, b *bench, r *report) error {
	return r.compared(ctx, b, func(ctx context.Context, _ string) ([]asked, error) {
		cell, err := b.events(ctx)
		return []asked{{"events", cell}}, err
	})
}

func (b *bench) events(ctx context.Context) (cell timing.Cell, err error) {
	blocks, err := followers.Watch(ctx, b.network, member)
	if err != nil {
		return cell, err
	}
	defer func() { err = errors.Join(err, blocks.Close()) }()
	crowd, err := followers.Gather(ctx, b.network, member, b.amounts.followers)
	if err != nil {
		return cell, err
	}
	defer crowd.Close()
	admin, err := app.New(b.network, member, waymark.Admin)
	if err != nil {
		return cell, err
	}
	defer admin.Close()
	began := time.Now()
	written, err := b.products.Write(ctx, admin.Client, eventsASecond, b.amounts.askEach)
	if err != nil {
		return cell, err
	}
	for deadline := time.Now().Add(stalled); ; {
		have, err := crowd.Have()
		if err != nil {
			return cell, err
		}
		if have >= written*b.amounts.followers {
			break
		}
		if time.Now().After(deadline) {
			return cell, fmt.Errorf("those who follow have %d events of %d", have, written*b.amounts.followers)
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return cell, err
		}
	}
	cell.Elapsed = time.Since(began)
	cell.Latencies, err = crowd.Latencies(blocks)
	return cell, err
}

// businesses is the section of it.
type businesses struct{ *report }

func (s businesses) text() string {
	if len(s.business) == 0 {
		return ""
	}
	var out strings.Builder
	out.WriteString("### Business, alone and while devices publish\n\n| | a second | p50, p95, p99 in ms | did not go through | messages/s meanwhile: due, recorded | held | a second then | p50, p95, p99 in ms | did not go through |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, c := range s.business {
		alone, busy := row{cell: c.alone.cell}, row{cell: c.busy.cell}
		fmt.Fprintf(&out, "| %s | %.1f | %s | %s | %.0f, %.0f | %s | %.1f | %s | %s |\n", c.alone.name, c.alone.cell.Summary().PerSecond, alone.latencies(), alone.failures(),
			c.wanted, c.meanwhile, yes(c.held), c.busy.cell.Summary().PerSecond, busy.latencies(), busy.failures())
	}
	return out.String()
}

func (s businesses) flat(figures map[string]any) {
	for _, c := range s.business {
		c.alone.flat(figures, "alone_")
		c.busy.flat(figures, "busy_")
		at := "busy_" + c.busy.name + "_"
		figures[at+"wanted_messages_per_second"], figures[at+"messages_per_second"], figures[at+"held"] = c.wanted, c.meanwhile, c.held
	}
}

func (businesses) charts() map[string]string { return nil }
