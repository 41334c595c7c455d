package broker

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/intake"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/presence"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// anybody lets every device in.
type anybody struct{}

func (anybody) Login(context.Context, string, string) (time.Time, error) {
	return time.Now().Add(time.Hour), nil
}

// LoginByCertificate lets every device in, too.
func (anybody) LoginByCertificate(context.Context, string, []*x509.Certificate) (time.Time, error) {
	return time.Now().Add(time.Hour), nil
}

// nobody refuses every device.
type nobody struct{}

func (nobody) Login(context.Context, string, string) (time.Time, error) {
	return time.Time{}, errors.New("refused")
}

// LoginByCertificate refuses, too.
func (nobody) LoginByCertificate(context.Context, string, []*x509.Certificate) (time.Time, error) {
	return time.Time{}, errors.New("refused")
}

// shelf is a Receiver that takes what there is room for.
type shelf struct {
	room chan struct{} // a token for each message that may be taken

	mu    sync.Mutex
	taken []intake.Arrival
}

// boundless has room for more than a test brings.
func boundless() *shelf { return roomFor(1 << 16) }

func roomFor(n int) *shelf {
	s := &shelf{room: make(chan struct{}, 1<<16)}
	s.makeRoom(n)
	return s
}

func (s *shelf) makeRoom(n int) {
	for range n {
		s.room <- struct{}{}
	}
}

// Put acknowledges what it takes.
func (s *shelf) Put(ctx context.Context, a intake.Arrival) error {
	select {
	case <-s.room:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.mu.Lock()
	s.taken = append(s.taken, a)
	s.mu.Unlock()
	if !a.AtMostOnce {
		a.Ack()
	}
	return nil
}

// payloads are those of what was taken, in order.
func (s *shelf) payloads() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.taken {
		all = append(all, string(a.Payload))
	}
	return all
}

// diary notes what is told of connections.
type diary struct {
	mu    sync.Mutex
	lines []string
}

// Connected notes a beginning.
func (d *diary) Connected(device string, _ uint64, _ time.Time) { d.note(device + " connected") }

// Disconnected notes an end.
func (d *diary) Disconnected(device string, _ uint64, _ time.Time, why presence.Why) {
	d.note(device + " " + string(why))
}

func (d *diary) note(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.lines...)
}

func options(t testing.TB) Options {
	t.Helper()
	certFile, keyFile := gatewaytest.Certificate(t)
	return Options{Listen: "127.0.0.1:0", CertFile: certFile, KeyFile: keyFile, MaxConnections: 10, BridgeID: "waymark-bridge"}
}

// place is a broker that runs, and what it works with.
type place struct {
	*Broker

	shelf *shelf
	diary *diary
	stop  func() // ends it, and waits
}

// start runs a broker until the test ends.
func start(t testing.TB, o Options, logins Logins, s *shelf) place {
	t.Helper()
	p := place{shelf: s, diary: &diary{}}
	var err error
	p.Broker, err = Listen(t.Context(), o, Parts{Logins: logins, Receiver: s, Watcher: p.diary, Observe: func(bool) {}, Log: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { p.Run(ctx); close(done) }()
	p.stop = func() { cancel(); <-done }
	t.Cleanup(p.stop)
	return p
}

// open starts a broker that lets every device in.
func open(t testing.TB) place {
	t.Helper()
	return start(t, options(t), anybody{}, boundless())
}

func waitFor(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}

func TestPortInUse(t *testing.T) {
	o := options(t)
	o.Listen = open(t).Address()
	if b, err := Listen(t.Context(), o, Parts{}); err == nil {
		b.Close()
		t.Error("two brokers on one port")
	}
}

func TestACertificateThatIsNone(t *testing.T) {
	o := options(t)
	if err := os.WriteFile(o.CertFile, bytes.Repeat([]byte("x"), 10), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), o, Parts{}); err == nil {
		t.Error("it listens")
	}
}
