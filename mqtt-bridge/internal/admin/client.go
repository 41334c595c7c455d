package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

const (
	clientTimeout  = 30 * time.Second
	maxAnswerBytes = 256 << 20 // a full page of the largest messages
)

// Client speaks with the endpoint of a running bridge.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// NewClient makes a client of the bridge that listens on address.
func NewClient(address, token string) *Client {
	return &Client{base: "http://" + address + "/v1", token: token, http: &http.Client{Timeout: clientTimeout}}
}

// Each calls visit for each message in quarantine, lowest number first, until
// visit returns an error.
func (c *Client) Each(ctx context.Context, visit func(spool.Quarantined) error) error {
	for after := uint64(0); ; {
		var p page
		if err := c.call(ctx, http.MethodGet, "/quarantine?after="+strconv.FormatUint(after, 10), &p); err != nil {
			return err
		}
		for _, m := range p.Messages {
			if err := visit(m); err != nil {
				return err
			}
		}
		if after = p.Next; after == 0 {
			return nil
		}
	}
}

// Show returns one message.
func (c *Client) Show(ctx context.Context, number uint64) (spool.Quarantined, error) {
	var q spool.Quarantined
	return q, c.call(ctx, http.MethodGet, path(number), &q)
}

// Devices returns what each device has in quarantine.
func (c *Client) Devices(ctx context.Context) ([]spool.Account, error) {
	var answer devices
	err := c.call(ctx, http.MethodGet, "/quarantine/devices", &answer)
	return answer.Devices, err
}

// Withdraw moves one waiting message into quarantine.
func (c *Client) Withdraw(ctx context.Context, number uint64) error {
	return c.call(ctx, http.MethodPost, "/spool/"+strconv.FormatUint(number, 10)+"/withdraw", nil)
}

// Replay moves one message to the end of its device's queue.
func (c *Client) Replay(ctx context.Context, number uint64) error {
	return c.call(ctx, http.MethodPost, path(number)+"/replay", nil)
}

// Drop deletes one message for good.
func (c *Client) Drop(ctx context.Context, number uint64) error {
	return c.call(ctx, http.MethodDelete, path(number), nil)
}

func path(number uint64) string { return "/quarantine/" + strconv.FormatUint(number, 10) }

func (c *Client) call(ctx context.Context, method, path string, result any) error {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, nil)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("call bridge (is it running?): %w", err)
	}
	defer func() { _ = response.Body.Close() }() // only read from
	body := io.LimitReader(response.Body, maxAnswerBytes)
	if response.StatusCode != http.StatusOK {
		var problem struct {
			Code   string `json:"code"`
			Detail string `json:"detail"`
		}
		_ = json.NewDecoder(body).Decode(&problem) // the status says enough without it
		return fmt.Errorf("bridge answered %d %s: %s", response.StatusCode, problem.Code, problem.Detail)
	}
	if result == nil {
		return nil
	}
	if err := json.NewDecoder(body).Decode(result); err != nil {
		return fmt.Errorf("decode bridge answer: %w", err)
	}
	return nil
}
