// Package bridge asks a running mqtt-bridge for its quarantine.
package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/network/endpoints"
)

// Quarantined is a message that can never be recorded, with its reason.
type Quarantined struct {
	Number  uint64   `json:"number"`
	Device  string   `json:"device"`
	Code    string   `json:"code"`
	Detail  string   `json:"detail"`
	Reasons []string `json:"reasons"`
	Payload []byte   `json:"payload"`
}

// requestTimeout bounds one call.
const requestTimeout = 10 * time.Second

// Quarantine lists the whole quarantine, oldest first.
func Quarantine(ctx context.Context, n *endpoints.Network) ([]Quarantined, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	token, err := os.ReadFile(n.Bridge.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("read the bridge's token: %w", err)
	}
	var all []Quarantined
	for after := uint64(0); ; {
		var page struct {
			Messages []Quarantined `json:"messages"`
			Next     uint64        `json:"next"`
		}
		url := fmt.Sprintf("%s/v1/quarantine?after=%d", n.Bridge.URL, after)
		if err := get(ctx, url, strings.TrimSpace(string(token)), &page); err != nil {
			return nil, err
		}
		all = append(all, page.Messages...)
		if after = page.Next; after == 0 {
			return all, nil
		}
	}
}

func get(ctx context.Context, url, token string, answer any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask the bridge: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask the bridge: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("ask the bridge: status %d", response.StatusCode)
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		return fmt.Errorf("ask the bridge: decode answer: %w", err)
	}
	return nil
}

// AwaitQuarantine waits until a message of a device is in quarantine and returns
// the newest.
func AwaitQuarantine(ctx context.Context, n *endpoints.Network, device string, timeout time.Duration) (Quarantined, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		all, err := Quarantine(ctx, n)
		if err != nil {
			return Quarantined{}, err
		}
		for i := len(all) - 1; i >= 0; i-- {
			if all[i].Device == device {
				return all[i], nil
			}
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return Quarantined{}, fmt.Errorf("no message of %s in quarantine after %s", device, timeout)
		}
	}
}
