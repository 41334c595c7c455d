package broker

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/broker/blocks"
	"go.uber.org/zap"
)

// storeWith makes a store of n messages of a KiB, and returns its stream's files.
func storeWith(t *testing.T, o Options, n int) []string {
	t.Helper()
	b := start(t, o)
	subscribe(t, b, o.CertFile)
	for i := range n {
		b.store(t, fmt.Appendf(make([]byte, 1024), "%d", i))
	}
	b.Stop()
	files, err := filepath.Glob(filepath.Join(o.StoreDir, "jetstream", "*", "streams", messagesStream, "msgs", "*.blk"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	return files
}

// store stores a message.
func (b *Broker) store(t *testing.T, payload []byte) {
	t.Helper()
	if err := b.publish(t.Context(), payload); err != nil {
		t.Fatal(err)
	}
}

// publish stores a message as the server does one of QoS 1.
func (b *Broker) publish(ctx context.Context, payload []byte) error {
	m := nats.NewMsg("$MQTT.msgs.waymark.v1.logger-1.up")
	m.Header["Nmqtt-Pub"], m.Data = []string{"1"}, payload
	_, err := b.js.PublishMsg(ctx, m)
	return err
}

// held starts a broker and returns how many messages it has.
func held(t *testing.T, o Options) uint64 {
	t.Helper()
	b := start(t, o)
	defer b.Stop()
	n, err := b.heldMessages(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A bit that flips in the broker's store costs the message that it is in, and is told.
func TestAFlippedBitInTheStoreIsReported(t *testing.T) {
	const messages = 200
	o := options(t)
	file := storeWith(t, o, messages)[0]
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := held(t, o); got != messages {
		t.Fatalf("%d messages are held", got)
	}
	random := rand.New(rand.NewPCG(7, 0))
	for range 50 {
		raw := append([]byte(nil), whole...)
		at := random.IntN(len(raw))
		raw[at] ^= 1 << random.IntN(8)
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if faults, err := blocks.Check(o.StoreDir); len(faults) != 1 || err != nil {
			t.Errorf("a flip at %d of %d: found %v, %v", at, len(raw), faults, err)
		}
	}
	if b, err := Start(t.Context(), o, nobody{}, func(bool) {}, zap.NewNop()); !errors.Is(err, ErrDamaged) {
		if err == nil {
			b.Stop()
		}
		t.Fatalf("started on a damaged store: %v", err)
	}
	if faults, err := blocks.Salvage(o.StoreDir, time.Now()); len(faults) != 1 || err != nil {
		t.Fatal(faults, err)
	}
	if got := held(t, o); got != messages-1 {
		t.Errorf("%d messages are held after the salvage, want %d", got, messages-1)
	}
	if kept, err := filepath.Glob(file + ".damaged-*"); len(kept) != 1 || err != nil {
		t.Errorf("kept %v, %v", kept, err)
	}
}

// Each bit of a record counts, those too that no checksum is over.
func TestEachBitOfARecordCounts(t *testing.T) {
	o := options(t)
	file := storeWith(t, o, 3)[0]
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	length := len(whole) / 3
	for bit := range 8 * 200 { // its head, subject and headers, and the beginning of the message
		raw := append([]byte(nil), whole...)
		raw[length+bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if faults, err := blocks.Check(o.StoreDir); len(faults) != 1 || err != nil {
			t.Fatalf("bit %d of a record: found %v, %v", bit, faults, err)
		}
	}
}

// What a power loss left of a record is of a message that was not acknowledged, so nothing is damaged.
func TestATornEndOfTheStoreIsNoDamage(t *testing.T) {
	o := options(t)
	files := storeWith(t, o, 20)
	last := files[len(files)-1]
	raw, err := os.ReadFile(last)
	if err != nil {
		t.Fatal(err)
	}
	if err := blocks.Unseal(o.StoreDir); err != nil { // a broker that loses its power seals nothing
		t.Fatal(err)
	}
	for cut := 1; cut < 1100; cut += 37 {
		if err := os.WriteFile(last, raw[:len(raw)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if faults, err := blocks.Check(o.StoreDir); len(faults) != 0 || err != nil {
			t.Errorf("%d bytes less: %v, %v", cut, faults, err)
		}
	}
	if err := os.WriteFile(last, append(raw[:len(raw)-5], make([]byte, 4096)...), 0o600); err != nil {
		t.Fatal(err)
	}
	if faults, err := blocks.Check(o.StoreDir); len(faults) != 1 || err != nil {
		t.Errorf("a record without its end: %v, %v", faults, err)
	}
	if err := os.WriteFile(last, append(raw, make([]byte, 4096)...), 0o600); err != nil {
		t.Fatal(err)
	}
	if faults, err := blocks.Check(o.StoreDir); len(faults) != 0 || err != nil {
		t.Errorf("room that was made for more: %v, %v", faults, err)
	}
	if err := os.WriteFile(last, raw[:len(raw)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	if got := held(t, o); got != 18 && got != 19 {
		t.Errorf("%d messages are held", got)
	}
}
