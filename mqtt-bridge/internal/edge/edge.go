package edge

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/admin"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/local"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/source"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/uplink"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/mqtt"
	"go.uber.org/zap"
)

// Edge is the assembled program.
type Edge struct {
	config  config.Config
	log     *zap.Logger
	now     func() time.Time // by which it counts for how long a device is refused
	metrics *metrics
	outbox  *outbox.Outbox
	queue   *queue
	client  *mqtt.Session
	uplink  *uplink.Uplink
	admin   *admin.Server
	// sources, asked and warned belong to work alone.
	sources *source.Sources
	asked   map[source.Node]time.Time
	warned  map[string]time.Time // by reason

	mu         sync.Mutex
	failure    error // why nothing can be signed at present
	complained time.Time
}

// Open reads the keys and opens the outbox. Close undoes it.
func Open(c config.Config, log *zap.Logger) (*Edge, error) { return open(c, log, time.Now) }

func open(c config.Config, log *zap.Logger, now func() time.Time) (*Edge, error) {
	e := &Edge{config: c, log: log, now: now, metrics: newMetrics(), asked: make(map[source.Node]time.Time), warned: make(map[string]time.Time),
		queue: newQueue(c.Local.QueueMessages, c.Local.QueueBytes)}
	keys, err := newSigner(c)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(*signer) error{e.openOutbox, e.openLocal, e.openUplink, e.openAdmin} {
		if err := step(keys); err != nil {
			return nil, errors.Join(err, e.Close())
		}
	}
	return e, nil
}

// Close closes the outbox. To be called after Run.
func (e *Edge) Close() error {
	if e.outbox == nil {
		return nil
	}
	return e.outbox.Close()
}

// Run works until ctx ends, the endpoint fails or the outbox cannot be trusted any more. What has arrived by then is signed.
func (e *Edge) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var parts sync.WaitGroup
	var errs [4]error
	for i, part := range []func(context.Context) error{
		e.admin.Run, e.outbox.Run, e.work,
		func(ctx context.Context) error { return e.uplink.Run(ctx, e.config.DeviceIDs()) },
	} {
		parts.Go(func() { errs[i] = part(ctx); cancel() })
	}
	parts.Go(func() { e.client.Run(ctx) })
	e.log.Info("edge runs", zap.String("admin", e.admin.Address()), zap.String("edge", e.config.ID), zap.Int64("waiting", e.outbox.Usage().Messages))
	parts.Wait()
	return errors.Join(errs[:]...)
}

func (e *Edge) openOutbox(keys *signer) error {
	if err := os.MkdirAll(e.config.StoreDir, 0o700); err != nil {
		return fmt.Errorf("make store folder: %w", err)
	}
	box, err := outbox.Open(e.config.StoreDir, limitsOf(e.config), e.config.DeviceIDs(), keys)
	if err != nil {
		return err
	}
	e.outbox, e.sources = box, source.New(e.config, box.Latest)
	e.tell(box.Found(), box.Usage())
	e.metrics.gauge("outbox_messages", "Messages that were signed and not acknowledged by the consortium's broker.", func() float64 { return float64(box.Usage().Messages) })
	e.metrics.gauge("outbox_bytes", "Bytes of the same.", func() float64 { return float64(box.Usage().Bytes) })
	e.metrics.gauge("outbox_largest_bytes", "Bytes of the same of the one device of which most wait.", func() float64 { _, n := box.Largest(); return float64(n) })
	e.metrics.gauge("devices_forked", "Devices whose numbers somebody else uses: nothing is signed for them.", func() float64 { return float64(len(box.Forks())) })
	e.metrics.gauge("outbox_damaged", "Messages whose checksum does not hold.", func() float64 { return float64(box.Usage().Damaged) })
	return nil
}

// tell says what was found in the outbox that is not as it should be.
func (e *Edge) tell(found boltfile.Findings, u outbox.Usage) {
	if found.Mended || found.Torn {
		e.log.Warn("a meta page of the outbox did not hold", zap.Bool("mended", found.Mended), zap.Bool("torn", found.Torn))
	}
	if u.Unlisted > 0 {
		e.log.Warn("messages of devices that are not listed any more wait for ever: list those once more until they are gone, or drop them (mqtt-bridge edge drop)", zap.Int64("messages", u.Unlisted))
	}
	if u.Damaged > 0 {
		e.log.Error("signed messages do not have their checksum: they stay in the file, and their numbers stay gaps", zap.Int64("messages", u.Damaged))
	}
	if u.Forgotten > 0 {
		e.log.Error("fingerprints of what was signed do not have their checksum: what the local broker sends again of it is signed twice", zap.Int64("fingerprints", u.Forgotten))
	}
}

func (e *Edge) openLocal(*signer) error {
	l := e.config.Local
	o := mqtt.Options{URLs: l.URLs(), ClientID: l.ClientID, Username: l.Username, Filters: e.sources.Filters()}
	if strings.Contains(l.URL, "ssl:") {
		settings, err := mqtt.ClientTLS(l.CAFile, l.CertFile, l.KeyFile)
		if err != nil {
			return fmt.Errorf("local: %w", err)
		}
		o.TLS = settings
	}
	password, err := passwordOf(l)
	if err != nil {
		return err
	}
	o.Password = password
	e.client = local.New(o, e.queue, e.log)
	return nil
}

func (e *Edge) openUplink(keys *signer) error {
	u := e.config.Uplink
	settings, err := mqtt.ClientTLS(u.CAFile, "", "")
	if err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	e.uplink = uplink.New(e.uplinkOptions(settings), e.outbox, keys, e.metrics, e.log)
	e.metrics.gauge("devices_connected", "Devices connected to the consortium's broker.", func() float64 { return float64(e.uplink.Connected()) })
	e.metrics.gauge("devices_refused", "Devices that the consortium's broker refused at their last try.", func() float64 { return float64(len(e.uplink.Refused())) })
	return nil
}

func (e *Edge) uplinkOptions(settings *tls.Config) uplink.Options {
	u := e.config.Uplink
	return uplink.Options{URLs: u.URLs(), TLS: settings, Edge: e.config.ID, Window: u.Window, ConnectRate: u.ConnectRate, MaxBackoff: u.MaxBackoff, Now: e.now}
}

func (e *Edge) openAdmin(*signer) (err error) {
	e.admin, err = admin.New(e.config.Listen, "", admin.Parts{Metrics: e.metrics.handler(), Checks: e.checks()}, e.log)
	return err
}

// checks say whether messages can be taken. A consortium's broker that is away is what the outbox is for.
func (e *Edge) checks() []admin.Check {
	return []admin.Check{
		{Name: "local", Required: true, Holds: func() error {
			if !e.client.Subscribed() {
				return errors.New("not subscribed at the local broker")
			}
			return nil
		}},
		{Name: "outbox", Required: true, Holds: func() error {
			e.mu.Lock()
			defer e.mu.Unlock()
			return errors.Join(e.failure, e.outbox.InPlace())
		}},
		{Name: "devices", Holds: e.troubled},
		{Name: "damage", Holds: func() error {
			if u := e.outbox.Usage(); u.Damaged > 0 || u.Forgotten > 0 {
				return fmt.Errorf("%d signed messages and %d fingerprints do not have their checksum", u.Damaged, u.Forgotten)
			}
			return nil
		}},
	}
}

// passwordOf reads the password for the local broker, empty if there is none.
func passwordOf(l config.Local) (string, error) {
	if l.PasswordFile == "" {
		return "", nil
	}
	password, err := os.ReadFile(l.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("read password of the local broker: %w", err)
	}
	return strings.TrimSpace(string(password)), nil
}
