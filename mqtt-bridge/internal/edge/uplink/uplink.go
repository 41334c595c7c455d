package uplink

import (
	"context"
	"crypto/tls"
	"errors"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
	"go.uber.org/zap"
	"golang.org/x/time/rate"
)

// Outbox has what is to be published.
type Outbox interface {
	// Pending returns a device's messages above a number, lowest first, at most limit.
	Pending(device string, after uint64, limit int) ([]outbox.Message, error)
	// Ready receives when a device may have something to publish.
	Ready(device string) <-chan struct{}
	// Acknowledge says that a device's messages up to a number have their PUBACK.
	Acknowledge(device string, number uint64)
	// Fork says that somebody else has used a number of a device: Pending has nothing of it any more. The error says that this
	// is forgotten at the end of the process.
	Fork(device string, number uint64) error
}

// Signer signs what a device says besides its messages.
type Signer interface {
	// Password signs a device's password, good from now on for the lifetime.
	Password(device string, now time.Time, lifetime time.Duration) (string, error)
	// Inquiry signs the question what became of a message.
	Inquiry(device string, number uint64) ([]byte, error)
}

// Observer is told what happens, from several goroutines.
type Observer interface {
	Connected(ok bool)
	Delivered(n int)
}

// Options say which broker and how.
type Options struct {
	URLs        []string    // ssl://host:port of its nodes, tried in any order
	TLS         *tls.Config // how its certificate is checked
	Window      int         // messages of one device that wait for their PUBACK
	Edge        string      // its own id: it connects as itself to find out whose trouble a refusal is
	ConnectRate int         // new connections a second, of all
	MaxBackoff  time.Duration
	Now         func() time.Time // by which it counts for how long a device is refused
}

// Uplink keeps the connections of all devices.
type Uplink struct {
	options  Options
	outbox   Outbox
	signer   Signer
	observer Observer
	limiter  *rate.Limiter
	log      *zap.Logger
	standing standing
}

// New makes an uplink. Run works.
func New(o Options, box Outbox, signer Signer, observer Observer, log *zap.Logger) *Uplink {
	return &Uplink{options: o, outbox: box, signer: signer, observer: observer, log: log, standing: newStanding(o.Now),
		limiter: rate.NewLimiter(rate.Limit(o.ConnectRate), 1)}
}

// Run publishes for the devices until ctx ends. It returns early, with the error, if the outbox can no longer be read.
func (u *Uplink) Run(ctx context.Context, devices []string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed sync.Once
	var failure error
	var all sync.WaitGroup
	all.Go(func() { u.judge(ctx) })
	for _, id := range devices {
		all.Go(func() {
			err := u.run(ctx, id)
			if err != nil && !errors.Is(err, context.Canceled) {
				failed.Do(func() { failure = err })
				cancel()
			}
		})
	}
	all.Wait()
	return failure
}
