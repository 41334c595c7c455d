package edge

import (
	"errors"
	"strings"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config/check"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/mqtt"
)

// Check reads every file that c names and returns all that is wrong. It touches neither the store nor the network, so that
// it can be asked beside an edge that runs.
func Check(c config.Config) error {
	_, keys := newSigner(c)
	_, uplinkCA := mqtt.ClientTLS(c.Uplink.CAFile, "", "")
	_, password := passwordOf(c.Local)
	errs := []error{keys, check.Named("uplink", uplinkCA), password}
	if strings.Contains(c.Local.URL, "ssl:") {
		_, err := mqtt.ClientTLS(c.Local.CAFile, c.Local.CertFile, c.Local.KeyFile)
		errs = append(errs, check.Named("local", err))
	}
	return errors.Join(errs...)
}
