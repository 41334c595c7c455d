package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/recording"
)

// Reported is what the valid transactions of telemetry:Record in a peer's blocks hold about
// some devices, in the order of the blocks.
type Reported struct {
	Messages   []string // as they were recorded
	Excursions []waymark.ExcursionRef
}

// Reported reads the peer's blocks up to now.
func (p *Peer) Reported(ctx context.Context, devices ...string) (*Reported, error) {
	wanted := map[string]bool{}
	for _, id := range devices {
		wanted[id] = true
	}
	all := &Reported{}
	err := p.recordings(ctx, func(t transaction) error {
		if !t.valid {
			return nil
		}
		return all.add(t, wanted)
	})
	return all, err
}

// Carriers returns, by message, the ids of the transactions of telemetry:Record in the peer's blocks up
// to now that hold it, valid or not, each once.
func (p *Peer) Carriers(ctx context.Context) (map[string][]string, error) {
	carriers := map[string][]string{}
	err := p.recordings(ctx, func(t transaction) error {
		request, err := recording.Decode(t.request)
		if err != nil {
			return fmt.Errorf("transaction %s: %w", t.id, err)
		}
		for _, m := range request.Messages {
			if !slices.Contains(carriers[m], t.id) {
				carriers[m] = append(carriers[m], t.id)
			}
		}
		return nil
	})
	return carriers, err
}

// recordings calls visit with each transaction of telemetry:Record in the peer's blocks up to now.
func (p *Peer) recordings(ctx context.Context, visit func(transaction) error) error {
	height, err := p.Height(ctx)
	if err != nil {
		return err
	}
	return p.Blocks(ctx, height, func(b *common.Block) error {
		transactions, err := parseBlock(b)
		if err != nil {
			return fmt.Errorf("block %d of %s: %w", b.GetHeader().GetNumber(), p.Member, err)
		}
		for _, t := range transactions {
			if t.result == nil {
				continue
			}
			if err := visit(t); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *Reported) add(t transaction, wanted map[string]bool) error {
	request, err := recording.Decode(t.request)
	if err != nil || len(request.Messages) != len(t.result.Results) {
		return fmt.Errorf("transaction %s has %d messages and %d results: %w", t.id, len(request.Messages), len(t.result.Results), err)
	}
	for i, result := range t.result.Results {
		if result.Outcome == waymark.Recorded && wanted[result.Device] {
			r.Messages = append(r.Messages, request.Messages[i])
		}
	}
	var event waymark.TelemetryEvent
	if len(t.event) == 0 {
		return nil
	}
	if err := json.Unmarshal(t.event, &event); err != nil {
		return fmt.Errorf("event of transaction %s: %w", t.id, err)
	}
	for _, e := range event.Excursions {
		if wanted[e.Device] {
			r.Excursions = append(r.Excursions, e)
		}
	}
	return nil
}
