package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/test/internal/app"
)

// packSamples is how many samples go into one message.
const packSamples = 5

// commitTimeout bounds how long an acknowledged message may take to the ledger.
const commitTimeout = 60 * time.Second

// publish lets every logger sign and publish its part, and waits until the ledger
// has it all.
func (s *story) publish(ctx context.Context, part func(journey) []sample) error {
	for i, l := range s.loggers {
		format := []attest.Format{attest.COSE, attest.JWS}[i%2]
		samples := stamp(part(l.trip), time.Now())
		began := time.Now()
		readings, err := l.publish(ctx, format, samples)
		if err != nil {
			return err
		}
		acknowledged := time.Since(began)
		last, _ := l.Last()
		stream, err := s.awaitStream(ctx, l, last)
		if err != nil {
			return err
		}
		s.say("    %s: %d readings, signed as %s; acknowledged after %s, on the ledger after %s (message %d, %d gaps)", l.ID(), readings,
			strings.ToUpper(string(format)), acknowledged.Round(time.Millisecond), time.Since(began).Round(time.Millisecond), stream.Last, len(stream.Gaps))
	}
	return nil
}

func (l *logger) publish(ctx context.Context, format attest.Format, samples []sample) (readings int, err error) {
	for pack := range slices.Chunk(samples, packSamples) {
		var all []senml.Reading
		for _, s := range pack {
			all = append(all, s...)
		}
		m, err := l.Sign(format, all)
		if err != nil {
			return readings, err
		}
		if err := l.session.Send(ctx, m); err != nil {
			return readings, err
		}
		readings += len(all)
		l.sent = append(l.sent, m.Raw)
	}
	return readings, l.session.Flush(ctx)
}

// awaitStream waits until the ledger has a logger's messages up to last.
func (s *story) awaitStream(ctx context.Context, l *logger, last uint64) (waymark.Stream, error) {
	deadline := time.Now().Add(commitTimeout)
	for {
		stream, err := s.apps["producer"].Stream(ctx, waymark.DeviceQuery{Device: l.ID()})
		if err != nil || (stream.Last >= last && len(stream.Gaps) == 0) {
			return stream, err
		}
		if time.Now().After(deadline) {
			return stream, fmt.Errorf("%s: the ledger has message %d of %d after %s", l.ID(), stream.Last, last, commitTimeout)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return stream, ctx.Err()
		}
	}
}

func asProblem(err error, p **app.Problem) bool { return errors.As(err, p) }

func contains(reasons []string, reason string) bool { return slices.Contains(reasons, reason) }
