package config

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Webhooks says where events may be sent, and how many targets there may be. Gateways that share a database have them in
// common: configure them alike.
type Webhooks struct {
	// Most is how many webhooks there may be in all.
	// Default 200; 0, none are made and none delivered, to 1000.
	Most int `koanf:"most" default:"200"`
	// PerIdentity is how many of them may be one identity's. Default 20; 1 to 1000.
	PerIdentity int `koanf:"per_identity" default:"20"`
	// Attempts is how often an event is sent before it is a dead letter and the next one is sent: after each but the last
	// comes a pause of 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h. Default 10; 1 to 10.
	Attempts int `koanf:"attempts" default:"10"`
	// DeadLetters is how many one webhook may have, at which it is paused. Default 10000; 1 to 100000.
	DeadLetters int `koanf:"dead_letters" default:"10000"`
	// Timeout bounds one attempt. Default 15s; 1s to 15s.
	Timeout time.Duration `koanf:"timeout" default:"15s"`
	// AllowNetworks are networks that may be called on every port although they are not of the internet, as in 10.1.2.0/24,
	// at most 32. All other addresses must be public, and are called on ports 443 and 8443 alone. Default: none.
	AllowNetworks []string `koanf:"allow_networks" default:"[]"`
	// AllowHTTP says whether targets in AllowNetworks may be called without TLS. Default false.
	AllowHTTP bool `koanf:"allow_http" default:"false"`
	// CAFile is a PEM file with authorities of targets' certificates, besides the system's. Default: none.
	CAFile string `koanf:"ca_file" default:""`
}

// maxAllowed bounds the list that each address is looked for in.
const maxAllowed = 32

func (w Webhooks) validate() error {
	errs := []error{
		between("webhooks.most", w.Most, 0, 1000),
		between("webhooks.per_identity", w.PerIdentity, 1, 1000),
		between("webhooks.attempts", w.Attempts, 1, 10),
		between("webhooks.dead_letters", w.DeadLetters, 1, 100_000),
		between("webhooks.timeout", w.Timeout, time.Second, 15*time.Second),
		between("webhooks.allow_networks", len(w.AllowNetworks), 0, maxAllowed),
	}
	for n, text := range w.AllowNetworks {
		if p, err := netip.ParsePrefix(text); err != nil || p != p.Masked() || p.Addr().Is4In6() {
			errs = append(errs, fmt.Errorf("webhooks.allow_networks[%d]: must be a network, as in 10.1.2.0/24, is %q", n, text))
		}
	}
	if w.AllowHTTP && len(w.AllowNetworks) == 0 {
		errs = append(errs, errors.New("webhooks.allow_http: is for webhooks.allow_networks, and there are none"))
	}
	return errors.Join(errs...)
}
