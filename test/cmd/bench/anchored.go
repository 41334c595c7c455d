package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/audit"
)

// believed is longer than gateways believe what they know of a device.
const believed = 11 * time.Second

// anchors has the owner anchor what devices measure, once the first message of each is recorded, which comes in full, and lets them go on
// when the gateway knows.
func (b *bench) anchors(ctx context.Context, u *underway, f *fleet) error {
	if err := u.ledger.await(ctx, u.devices); err != nil {
		return fmt.Errorf("the first message of each device: %w", err)
	}
	operator, err := app.New(b.network, member, waymark.Operator)
	if err != nil {
		return err
	}
	defer operator.Close()
	for n := range u.devices {
		_, err := operator.SetDeviceAttributes(ctx, waymark.SetAttributesRequest{Device: fmt.Sprintf("%s%d", u.prefix, n), Reason: "there is much of it",
			Attributes: waymark.DeviceAttributes{Measures: []waymark.MeasuredClass{{Class: "bulk", Measurements: []string{"temperature"}, Visibility: waymark.VisibilityAnchored}}}})
		if err != nil {
			return fmt.Errorf("anchor what a device measures: %w", err)
		}
	}
	if err := pause(ctx, believed); err != nil {
		return err
	}
	return f.say("more")
}

// runs are what came of anchored messages.
type runs struct{ messages, windows int }

// add counts a message, if it is anchored.
func (r *runs) add(of audit.Recorded) {
	if of.Run > 0 {
		r.messages++
	}
	if of.Run > 0 && of.Run == of.Sequence {
		r.windows++
	}
}

func (r runs) less(before runs) runs {
	return runs{r.messages - before.messages, r.windows - before.windows}
}

// perWindow is messages of each window; 0 of none.
func (r runs) perWindow() float64 { return float64(r.messages) / float64(max(r.windows, 1)) }

// anchoredPart is how many of the messages of a row were, in percent.
func (i ingested) anchoredPart() float64 {
	return min(100*float64(i.runs.messages)/float64(max(i.spent.messages, 1)), 100)
}

// What the rows of a hundred readings a message are to come to.
const (
	targetAnchored      = 100_000 // readings a second
	targetAnchoredBytes = 3.0     // of each peer's ledger, a reading
	targetFullBytes     = 40.0
)

// target is what was wanted of a row, and what it came to.
type target struct {
	name, row, what string
	want, got       float64
	met             bool
}

// targets are those of the rows that were measured.
func (r rates) targets() (all []target) {
	for _, i := range r.ingest {
		bytes := r.bytesEach(i.row, i.spent.stored.sum()) / float64(i.readings)
		switch {
		case i.anchored:
			rate := i.rate() * float64(i.readings)
			all = append(all, target{"readings_per_second", i.name, "readings a second, at least", targetAnchored, rate, rate >= targetAnchored},
				target{"ledger_bytes_per_reading", i.name, "bytes of each peer's ledger a reading, at most", targetAnchoredBytes, bytes, bytes <= targetAnchoredBytes})
		case i.readings == 100:
			all = append(all, target{"ledger_bytes_per_reading", i.name, "bytes of each peer's ledger a reading, at most", targetFullBytes, bytes, bytes <= targetFullBytes})
		}
	}
	return all
}

// anchoring is the table of what was anchored, and what was wanted of it; empty if nothing was to be.
func (r rates) anchoring() string {
	var out strings.Builder
	for _, i := range r.ingest {
		if i.anchored {
			fmt.Fprintf(&out, "Of the messages of %s %.1f %% were anchored, %.1f in a window; their checks are among the bytes.\n\n", i.name, i.anchoredPart(), i.runs.perWindow())
		}
	}
	if len(r.targets()) == 0 {
		return out.String()
	}
	out.WriteString("| target | | wanted | measured | met |\n|---|---|---|---|---|\n")
	for _, t := range r.targets() {
		fmt.Fprintf(&out, "| %s | %s | %.0f | %.1f | %s |\n", t.row, t.what, t.want, t.got, map[bool]string{true: "yes", false: "no"}[t.met])
	}
	return out.String()
}

func (r rates) flatAnchoring(figures map[string]any) {
	for _, t := range r.targets() {
		at := t.row + "_target_" + t.name
		figures[at], figures[at+"_met"] = t.want, t.met
	}
	for _, i := range r.ingest {
		if i.anchored {
			figures[i.id()+"anchored_percent"], figures[i.id()+"messages_per_window_count"] = i.anchoredPart(), i.runs.perWindow()
		}
	}
}
