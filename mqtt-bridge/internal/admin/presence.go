package admin

import (
	"context"
	"net/http"
	"net/url"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/presence"
)

// maxPresences bounds one page.
const maxPresences = 1000

// presences is one answer of the list. Next is what to ask for after, empty at the end.
type presences struct {
	Devices []presence.Record `json:"devices"`
	Next    string            `json:"next,omitempty"`
}

func (s *Server) listPresences(w http.ResponseWriter, r *http.Request) {
	after := r.URL.Query().Get("after")
	limit, err := number(r.URL.Query().Get("limit"), maxPresences)
	if err != nil || limit < 1 || limit > maxPresences || after != "" && waymark.ValidateID("", after) != nil {
		fail(w, waymark.Errorf(waymark.Invalid, "after is the id of a device, limit is 1 to %d", maxPresences))
		return
	}
	page := presences{Devices: s.presences.List(after, int(limit))}
	if len(page.Devices) == int(limit) {
		page.Next = page.Devices[limit-1].Device
	}
	reply(w, http.StatusOK, page)
}

// EachDevice calls visit with what the bridge has seen of each device, by its id, until visit returns an error.
func (c *Client) EachDevice(ctx context.Context, visit func(presence.Record) error) error {
	for after := ""; ; {
		var page presences
		if err := c.call(ctx, http.MethodGet, "/devices?after="+url.QueryEscape(after), &page); err != nil {
			return err
		}
		for _, d := range page.Devices {
			if err := visit(d); err != nil {
				return err
			}
		}
		if after = page.Next; after == "" {
			return nil
		}
	}
}
