package condition

import (
	"math"
	"math/big"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// heard is what one device found by one rule over time.
type heard struct {
	waymark.DeviceFinding
	counts  bool
	since   time.Time
	summary Summary // up to the verdict
}

// hear sums up what a device found by the kth rule over time, from when its time began up
// to at: the last reading stands for no longer than any other, and before the first one nothing is
// known beyond the interval.
func (r Rule) hear(k int, w Witness, f waymark.WitnessFinding, at time.Time) heard {
	var s Summary
	for _, run := range w.Exposure.Runs {
		s = r.JoinAcross(s, run.Rules[k])
	}
	h := heard{counts: f.Counts, since: f.Since}
	since, now := f.Since.UnixMilli(), at.UnixMilli()
	h.Device, h.Readings = f.Device, s.Readings
	if s.Readings == 0 {
		h.UnknownMS = max(0, now-since)
		return h
	}
	if now > s.Last.At {
		end := Sample{At: now}
		s = r.Join(w.Attachment.Attached.Time.UnixMilli(), s, Summary{Readings: 1, First: end, Last: end})
	}
	h.summary = s
	h.KnownMS, h.OutsideMS, h.LongestMS = s.Known, s.Outside.Total, s.Outside.Longest
	h.UnknownMS = plus(s.Unknown, max(0, s.First.At-since-r.Interval().Milliseconds()))
	if mean := s.Spans.mean(); mean != nil {
		h.Mean = r.format(mean)
	}
	if worst, none := r.worst(s.Kinetic); !none {
		h.MeanKinetic = worst.meanText()
	}
	return h
}

// format renders a number in the scale of the rule's unit, rounded. One that is too large, which
// no mean is and a distance of two can be, is the largest.
func (r Rule) format(scaled *big.Rat) waymark.Decimal {
	v, err := waymark.ScaleRat(scaled, 0)
	if err != nil {
		v = math.MaxInt64
	}
	return waymark.FormatScaled(v, waymark.ScaleOf(r.Unit))
}

// tooWarm reports whether a window of the device is above the limit of a rule of kind mkt.
func (h heard) tooWarm(r Rule) bool {
	worst, none := r.worst(h.summary.Kinetic)
	return !none && !worst.within(r.limit)
}

// journey is the time outside of all legs: what the verdict before found, and of this leg the
// most that a device adds to what it had found then.
func journey(before *waymark.RuleFinding, devices []heard) int64 {
	total, most := int64(0), int64(0)
	known := func(string) int64 { return 0 }
	if before != nil {
		total, known = before.OutsideMS, before.OutsideOf
	}
	for _, h := range devices {
		most = max(most, h.OutsideMS-known(h.Device))
	}
	return plus(total, most)
}

// disagreements are the pairs of devices that count and whose means of the spans that both know
// whole are farther apart than the rule's agreement.
func (r Rule) disagreements(devices []heard) ([]waymark.Disagreement, error) {
	found := []waymark.Disagreement{}
	if r.Agreement == "" {
		return found, nil
	}
	allowed, err := r.Agreement.Scaled(waymark.ScaleOf(r.Unit))
	if err != nil {
		return nil, err
	}
	for i, a := range devices {
		for _, b := range devices[i+1:] {
			if !a.counts || !b.counts {
				continue
			}
			if apart := a.summary.Spans.apart(b.summary.Spans); apart != nil && apart.Cmp(new(big.Rat).SetInt64(allowed)) > 0 {
				found = append(found, waymark.Disagreement{Rule: r.ID, Devices: []string{a.Device, b.Device}, Apart: r.format(apart)})
			}
		}
	}
	return found, nil
}
