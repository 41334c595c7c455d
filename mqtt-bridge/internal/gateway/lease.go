package gateway

import (
	"context"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/fleet"
)

var _ fleet.Leases = (*Client)(nil)

// routeLease is that of all questions about leases.
const routeLease = "lease"

// Take takes or renews a lease for whole seconds. It returns fleet.ErrHeld while another holder has it.
func (c *Client) Take(ctx context.Context, l fleet.Lease, within time.Duration) error {
	_, err := observed(c, routeLease, func() (client.Lease, error) {
		return c.client.TakeLease(ctx, waymark.LeaseRequest{Name: l.Name, Holder: l.Holder, Seconds: int(within / time.Second), Note: l.Note})
	})
	if p, ok := client.AsProblem(err); ok && p.Code == waymark.AlreadyExists {
		return fleet.ErrHeld
	}
	return err
}

// Release ends a lease that its holder has.
func (c *Client) Release(ctx context.Context, l fleet.Lease) error {
	_, err := observed(c, routeLease, func() (client.Lease, error) {
		return c.client.ReleaseLease(ctx, waymark.ReleaseRequest{Name: l.Name, Holder: l.Holder})
	})
	return err
}

// List returns the leases that are held, of which the names begin with prefix.
func (c *Client) List(ctx context.Context, prefix string) ([]fleet.Lease, error) {
	list, err := observed(c, routeLease, func() (client.LeaseList, error) {
		return c.client.ListLeases(ctx, waymark.LeasesQuery{Prefix: prefix})
	})
	if err != nil {
		return nil, err
	}
	all := make([]fleet.Lease, len(list.Leases))
	for n, l := range list.Leases {
		all[n] = fleet.Lease{Name: l.Name, Holder: l.Holder, Note: l.Note}
	}
	return all, nil
}
