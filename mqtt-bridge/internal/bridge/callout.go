package bridge

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/callout"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/login"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/mqtt"
)

// openCallout prepares to answer a cluster that asks who may connect. It is answered once a
// subscription stands, and only while it does: else a cluster would acknowledge what nobody gets.
func (b *Bridge) openCallout(context.Context) error {
	c := b.config.Callout
	if c.URL == "" {
		return nil
	}
	options := callout.Options{URLs: c.URL, Username: c.Username, Account: c.Account, BridgeID: b.config.MQTT.ClientID}
	password, err := os.ReadFile(c.PasswordFile)
	if err != nil {
		return fmt.Errorf("read password of the callout: %w", err)
	}
	seed, err := os.ReadFile(c.SeedFile)
	if err != nil {
		return fmt.Errorf("read seed of the callout: %w", err)
	}
	options.Password, options.Seed = string(bytes.TrimSpace(password)), bytes.TrimSpace(seed)
	if strings.HasPrefix(c.URL, "tls:") {
		if options.TLS, err = mqtt.ClientTLS(c.CAFile, "", ""); err != nil {
			return err
		}
	}
	b.callout, err = callout.New(options, ofCluster{admission{logins: b.logins, quota: b.spool}, b.logins, b.stands}, b.metrics.Login, b.log)
	return err
}

// ofCluster is an admission that knows who is remembered. It lets devices in only while the cluster keeps what they publish: one that lost
// its store acknowledges what nobody gets.
type ofCluster struct {
	admission

	checker *login.Checker
	stands  func() bool
}

// Login does as admission does, and fails with Unavailable while nobody may get what the device publishes.
func (c ofCluster) Login(ctx context.Context, device, password string) (time.Time, error) {
	if !c.stands() {
		return time.Time{}, waymark.Errorf(waymark.Unavailable, "not all sessions of the bridge are known to stand: the broker may have lost them")
	}
	return c.admission.Login(ctx, device, password)
}

// Known reports whether a device is remembered.
func (c ofCluster) Known(device string) bool { return c.checker.Known(device) }
