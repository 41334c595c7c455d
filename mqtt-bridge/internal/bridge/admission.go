package bridge

import (
	"context"
	"crypto/x509"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/broker"
)

// quota knows who has used up what is a device's.
type quota interface {
	// OverQuota reports whether a device has used up its quota.
	OverQuota(device string) (bool, error)
	// Crowds reports whether so much of a device waits that it is to send no more.
	Crowds(device string) bool
}

// admission lets in devices that may speak and for what they send has room.
type admission struct {
	logins broker.Logins
	quota  quota
}

// Login returns until when a device may stay. It fails with ResourceExhausted for
// one whose quarantine is full, or that has its share of the spool, and as logins does. The credential comes first: only
// the device learns that its messages are bad.
func (a admission) Login(ctx context.Context, device, password string) (time.Time, error) {
	expires, err := a.logins.Login(ctx, device, password)
	if err != nil {
		return time.Time{}, err
	}
	return expires, a.hasRoom(device)
}

// LoginByCertificate does as Login.
func (a admission) LoginByCertificate(ctx context.Context, device string, chain []*x509.Certificate) (time.Time, error) {
	expires, err := a.logins.LoginByCertificate(ctx, device, chain)
	if err != nil {
		return time.Time{}, err
	}
	return expires, a.hasRoom(device)
}

func (a admission) hasRoom(device string) error {
	if a.quota.Crowds(device) {
		return waymark.Errorf(waymark.ResourceExhausted,
			"device %s has its share of the spool: connect again once some of what it sent is relayed", device)
	}
	full, err := a.quota.OverQuota(device)
	if err == nil && full {
		err = waymark.Errorf(waymark.ResourceExhausted,
			"the quarantine of device %s is full: drop or replay some of its messages", device)
	}
	return err
}
