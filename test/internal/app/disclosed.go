package app

import (
	"context"
	"fmt"
	"net/url"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Disclosed reads what the sealed readings of a message stand for: as the app's own member
// has it, or as a holder does, if one is named.
func (a *App) Disclosed(ctx context.Context, device string, sequence uint64, holder string) (waymark.DisclosedMessage, error) {
	path := fmt.Sprintf("/v1/devices/%s/messages/%d/disclosed", url.PathEscape(device), sequence)
	if holder != "" {
		path += "?holder=" + url.QueryEscape(holder)
	}
	return Read[waymark.DisclosedMessage](ctx, a, path)
}
