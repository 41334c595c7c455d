package gatewaytest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

// End is what becomes of a batch that was held.
type End string

// The ends.
const (
	Committed End = "committed" // it is recorded
	Untold    End = "untold"    // it is recorded, and its results are not told
	Invalid   End = "invalid"   // it has changed nothing
	Unknown   End = "unknown"   // nobody knows its transaction
)

// held are the batches that are under way.
type held struct {
	end     End // empty while they are
	batches map[string][]string
	results map[string]waymark.RecordResult // of those that are recorded
	follow  int                             // how often they were asked for
}

// Hold answers batches as under way until Release.
func (g *Gateway) Hold() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held = &held{batches: map[string][]string{}, results: map[string]waymark.RecordResult{}}
}

// Release brings what is under way to an end. Further batches are answered at once.
func (g *Gateway) Release(end End) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held.end = end
	for id, texts := range g.held.batches {
		if end == Committed || end == Untold {
			g.held.results[id] = g.take(texts)
		}
	}
}

// Followed returns how often it was asked for what is held.
func (g *Gateway) Followed() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.held.follow
}

// hold answers that a batch is under way.
func (g *Gateway) hold(w http.ResponseWriter, texts []string) {
	id := fmt.Sprintf("%064x", g.asked)
	g.held.batches[id] = texts
	w.WriteHeader(http.StatusAccepted)
	_ = json.NewEncoder(w).Encode(client.Transaction{TxID: id, State: client.Submitted})
}

func (g *Gateway) transaction(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held.follow++
	if g.failing != nil {
		if f := g.failing(nil); f != nil {
			problem(w, *f)
			return
		}
	}
	t := client.Transaction{TxID: r.PathValue("tx_id"), State: client.Submitted}
	if _, known := g.held.batches[t.TxID]; !known || g.held.end == Unknown {
		problem(w, Failure{Status: http.StatusNotFound, Code: waymark.NotFound})
		return
	}
	switch g.held.end {
	case Invalid:
		t.State, t.Status = client.Invalid, "MVCC_READ_CONFLICT"
	case Committed:
		t.State, t.Status = client.Committed, "VALID"
		t.Result, _ = json.Marshal(g.held.results[t.TxID])
	case Untold:
		t.State, t.Status = client.Committed, "VALID"
	case Unknown:
	}
	_ = json.NewEncoder(w).Encode(t)
}

// delay is of an answer that is under way.
type delay struct{ asked, released chan struct{} }

// Delay holds the next answer about a device, which says how the device is when it is asked for, until release. asked is closed when it
// is asked for.
func (g *Gateway) Delay(device string) (asked <-chan struct{}, release func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := &delay{make(chan struct{}), make(chan struct{})}
	g.delayed[device] = d
	return d.asked, sync.OnceFunc(func() { close(d.released) })
}
