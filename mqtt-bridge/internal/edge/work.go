package edge

import (
	"context"
	"errors"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/local"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/source"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/sparkplug"
	"go.uber.org/zap"
)

const (
	groupMessages = 1024  // most arrivals in one commit
	groupReadings = 16384 // what has as many readings is a commit, with all those of its last arrival
	retryWait     = 200 * time.Millisecond
	complainEvery = 10 * time.Second
)

// taken is what was read of one arrival.
type taken struct {
	made     []outbox.Fingerprint // empty, or one
	readings []source.Reading
}

// group is what one commit is made of.
type group struct {
	made     []outbox.Fingerprint
	packs    []outbox.Pack
	readings int
	omitted  []omitted
}

// omitted are readings of a device that are not signed.
type omitted struct {
	device, reason string
	readings       []senml.Reading
}

// work reads, signs and acknowledges until ctx ends, and then what has arrived by that time. It returns an error if the
// outbox cannot be used any more.
func (e *Edge) work(ctx context.Context) error {
	for {
		arrivals := e.gather(ctx)
		if len(arrivals) == 0 {
			return nil
		}
		err := e.take(ctx, arrivals)
		if outbox.Waits(err) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// take signs and acknowledges arrivals. Only what goes into one commit is read at a time: a reading takes more memory than
// it took as a payload.
func (e *Edge) take(ctx context.Context, arrivals []local.Arrival) error {
	for len(arrivals) > 0 {
		read := e.read(arrivals)
		if err := e.sign(ctx, arrivals[:len(read)], read); err != nil {
			return err
		}
		arrivals = arrivals[len(read):]
	}
	return nil
}

// sign signs and acknowledges what was read of arrivals, in one commit, or as many at once as there is room for. While there is
// no room for one, or the disk fails, it tries again. When ctx ends it tries once more and gives up: what is not acknowledged comes again.
func (e *Edge) sign(ctx context.Context, arrivals []local.Arrival, read []taken) error {
	full := false
	for most := len(arrivals); len(arrivals) > 0; {
		n := min(most, len(arrivals))
		err := e.store(e.group(read[:n], full))
		if errors.Is(err, outbox.ErrFull) && n > 1 {
			most = n / 2
			continue
		}
		full = errors.Is(err, outbox.ErrCrowded)
		e.note(err)
		if err == nil {
			e.acknowledge(arrivals[:n])
			arrivals, read, most = arrivals[n:], read[n:], 2*n
			continue
		}
		if !outbox.Waits(err) || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(retryWait):
		case <-ctx.Done():
		}
	}
	return nil
}

func (e *Edge) acknowledge(arrivals []local.Arrival) {
	for _, a := range arrivals {
		a.Ack()
		e.queue.done(a)
	}
}

// gather waits for an arrival, and then lingers for more. It returns none when ctx has ended and the queue is empty.
func (e *Edge) gather(ctx context.Context) []local.Arrival {
	var arrivals []local.Arrival
	select {
	case a := <-e.queue.items:
		arrivals = append(arrivals, a)
	case <-ctx.Done():
	}
	linger := time.NewTimer(e.config.Pack.Linger)
	defer linger.Stop()
	for len(arrivals) < groupMessages {
		select {
		case a := <-e.queue.items:
			arrivals = append(arrivals, a)
			continue
		default:
		}
		if ctx.Err() != nil {
			return arrivals
		}
		select {
		case a := <-e.queue.items:
			arrivals = append(arrivals, a)
		case <-linger.C:
			return arrivals
		case <-ctx.Done():
		}
	}
	return arrivals
}

// read reads arrivals, as many as make one commit, and leaves out those that were signed before and those that are no news:
// what a broker retained it sends at each subscription, however old it is.
func (e *Edge) read(arrivals []local.Arrival) []taken {
	var read []taken
	made := make(map[outbox.Fingerprint]bool)
	for readings := 0; len(read) < len(arrivals) && readings < groupReadings; {
		t := e.readOne(arrivals[len(read)], made)
		readings += len(t.readings)
		read = append(read, t)
	}
	return read
}

// readOne reads an arrival. made is what is in the same commit before it.
func (e *Edge) readOne(a local.Arrival, made map[outbox.Fingerprint]bool) (t taken) {
	if a.Retained {
		e.metrics.retained.Inc()
		return t
	}
	f := outbox.FingerprintOf(a.ID, a.Topic, a.Payload)
	if a.Again && (made[f] || e.outbox.Known(f)) {
		e.metrics.repeated.Inc()
		return t
	}
	if a.QoS > 0 { // else it never comes again
		made[f] = true
		t.made = []outbox.Fingerprint{f}
	}
	t.readings = e.translate(a)
	return t
}

// group makes packs of what was read, each device's readings in the order in which they came, but for the devices of which nothing is signed. full
// says that there was no room for it beside what waits.
func (e *Edge) group(read []taken, full bool) group {
	var g group
	var order []string
	readings := make(map[string][]senml.Reading)
	for _, t := range read {
		g.made = append(g.made, t.made...)
		for _, r := range t.readings {
			if readings[r.Device] == nil {
				order = append(order, r.Device)
			}
			readings[r.Device] = append(readings[r.Device], r.Reading)
		}
	}
	for _, device := range order {
		parts := cut(readings[device], e.config.Pack.Readings, e.config.Pack.Bytes)
		if reason := e.withholds(device, len(parts), full); reason != "" {
			g.omitted = append(g.omitted, omitted{device, reason, readings[device]})
			continue
		}
		g.readings += len(readings[device])
		for _, part := range parts {
			g.packs = append(g.packs, outbox.Pack{Device: device, Payload: encode(part), Latest: latestOf(part)})
		}
	}
	return g
}

func (e *Edge) translate(a local.Arrival) []source.Reading {
	r := e.sources.Read(source.Message{Topic: a.Topic, Payload: a.Payload, Received: a.Received})
	e.metrics.read(r)
	e.askForBirths(r.Rebirth, a.Received)
	return r.Readings
}

// latestOf returns the time of the latest reading of each series.
func latestOf(readings []senml.Reading) map[string]time.Time {
	latest := make(map[string]time.Time)
	for _, r := range readings {
		if series := source.SeriesOf(r); r.Time.After(latest[series]) {
			latest[series] = r.Time
		}
	}
	return latest
}

func encode(readings []senml.Reading) []byte {
	pack, err := senml.EncodeCBOR(readings)
	if err != nil { // the sources make no reading that cannot be written
		panic("edge: " + err.Error())
	}
	return pack
}

// store signs a group, all of it or nothing.
func (e *Edge) store(g group) error {
	if err := e.outbox.Append(g.packs, g.made); err != nil {
		return err
	}
	e.metrics.signed.Add(float64(len(g.packs)))
	e.metrics.readings.Add(float64(g.readings))
	e.omit(g.omitted)
	return nil
}

// note keeps why nothing can be signed, for readiness, and says it in the log now and then.
func (e *Edge) note(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failure = err
	if err == nil {
		return
	}
	e.metrics.failures.WithLabelValues(reasonOf(err)).Inc()
	if now := time.Now(); now.Sub(e.complained) > complainEvery {
		e.complained = now
		e.log.Warn("cannot sign: the local broker has to wait", zap.Error(err))
	}
}

// reasonOf is the label of why nothing could be signed.
func reasonOf(err error) string {
	switch {
	case errors.Is(err, outbox.ErrFull):
		return "full"
	case errors.Is(err, outbox.ErrReplaced):
		return "replaced"
	}
	return "disk"
}

// askForBirths asks a node for its births, not too often.
func (e *Edge) askForBirths(n source.Node, now time.Time) {
	if n == (source.Node{}) || now.Sub(e.asked[n]) < e.config.Local.RebirthWait {
		return
	}
	e.asked[n] = now
	e.metrics.rebirths.Inc()
	e.client.Publish(sparkplug.Rebirth(n.Group, n.Name, now))
}

// cut divides readings into packs of at most so many readings and bytes, each of at least one.
func cut(readings []senml.Reading, most, bytes int) [][]senml.Reading {
	var packs [][]senml.Reading
	for begin, size := 0, 0; begin < len(readings); size = 0 {
		end := begin
		for end < len(readings) && end-begin < most {
			if size += sizeOf(readings[end]); size > bytes && end > begin {
				break
			}
			end++
		}
		packs = append(packs, readings[begin:end])
		begin = end
	}
	return packs
}

// sizeOf bounds the bytes of a reading in SenML CBOR: labels, heads, numbers and times take less than 64.
func sizeOf(r senml.Reading) int { return len(r.Name) + len(r.Unit) + len(r.Body) + 64 }
