package bridge

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/callout"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/login"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/mqtt"
)

// openCallout prepares to answer a cluster that asks who may connect. It is answered once a
// subscription stands: until then a cluster would acknowledge what nobody gets.
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
	b.callout, err = callout.New(options, ofCluster{admission{logins: b.logins, quota: b.spool}, b.logins}, b.metrics.Login, b.log)
	return err
}

// ofCluster is an admission that knows who is remembered.
type ofCluster struct {
	admission

	checker *login.Checker
}

// Known reports whether a device is remembered.
func (c ofCluster) Known(device string) bool { return c.checker.Known(device) }
