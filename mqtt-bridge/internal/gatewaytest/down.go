package gatewaytest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/gateway/client"
)

// someTx is the transaction of all that is recorded here.
var someTx = strings.Repeat("a", 64)

// down is what a bridge asks for besides the registry.
type down struct {
	commands  []waymark.Command
	events    []client.Event
	grown     chan struct{} // closed and replaced with each event
	streams   int           // that are open
	presences []string      // that were recorded: device and state
	asked     int           // how often it was asked where a message is
}

func (g *Gateway) serveDown(mux *http.ServeMux) {
	g.down.grown = make(chan struct{})
	mux.HandleFunc("GET /v1/events", g.follow)
	mux.HandleFunc("GET /v1/devices/{id}/commands", g.openCommands)
	mux.HandleFunc("POST /v1/command-receipts", g.closeCommand)
	mux.HandleFunc("GET /v1/devices/{id}/messages/{sequence}", g.message)
	mux.HandleFunc("POST /v1/devices/{id}/presence", g.recordPresence)
}

// Presences are what was recorded of devices' presences: device and state, in their order.
func (g *Gateway) Presences() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.down.presences)
}

func (g *Gateway) recordPresence(w http.ResponseWriter, r *http.Request) {
	var request struct{ Presence string }
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		problem(w, Failure{Status: http.StatusBadRequest, Code: waymark.Invalid})
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.away(w) {
		return
	}
	m, err := attest.Parse(request.Presence)
	device := g.devices[r.PathValue("id")]
	if err != nil || m.Device != device.ID || !device.Attributes.RecordsPresence() {
		problem(w, Failure{Status: http.StatusUnprocessableEntity, Code: waymark.FailedPrecondition})
		return
	}
	said, err := waymark.ParsePresence(m.Payload)
	if err != nil {
		problem(w, Failure{Status: http.StatusBadRequest, Code: waymark.Invalid})
		return
	}
	g.down.presences = append(g.down.presences, device.ID+" "+string(said.State))
	_ = json.NewEncoder(w).Encode(map[string]any{"transaction": map[string]any{"tx_id": someTx, "block_number": 3, "status": "VALID"},
		"result": waymark.DevicePresence{Device: device.ID, State: said.State, Session: said.Session, At: time.Unix(said.At, 0).UTC()}})
}

// Happen makes an event of a device happen.
func (g *Gateway) Happen(name, device string, payload any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.happen(name, device, payload)
}

func (g *Gateway) happen(name, device string, payload any) {
	data, err := json.Marshal(payload)
	if err != nil {
		panic(err)
	}
	g.down.events = append(g.down.events, client.Event{SpecVersion: "1.0", ID: fmt.Sprintf("%d:0:0", len(g.down.events)+1), Source: "/channels/waymark",
		Type: "waymark." + name, Subject: device, Time: time.Now().UTC(), Data: data, TxID: someTx})
	close(g.down.grown)
	g.down.grown = make(chan struct{})
}

// Command opens a command.
func (g *Gateway) Command(device, id string, expires time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := waymark.Command{ID: id, Device: device, Name: "wake", Arguments: "{}", ExpiresAt: expires.UTC(), State: waymark.CommandRequested,
		Requested: waymark.Stamp{TxID: someTx}}
	g.down.commands = append(g.down.commands, c)
	g.happen(waymark.EventCommandRequested, device, eventOf(c))
}

// Cancel ends a command.
func (g *Gateway) Cancel(device, id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c := g.find(device, id); c != nil {
		c.State = waymark.CommandCancelled
		g.happen(waymark.EventCommandCancelled, device, eventOf(*c))
	}
}

// CommandState is that of a command, empty if there is none.
func (g *Gateway) CommandState(device, id string) waymark.CommandState {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c := g.find(device, id); c != nil {
		return c.State
	}
	return ""
}

// MessagesAsked is how often it was asked where a message is.
func (g *Gateway) MessagesAsked() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.down.asked
}

// Streams is how many streams of events are followed now.
func (g *Gateway) Streams() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.down.streams
}

func (g *Gateway) count(change int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.down.streams += change
}

func (g *Gateway) find(device, id string) *waymark.Command {
	at := slices.IndexFunc(g.down.commands, func(c waymark.Command) bool { return c.Device == device && c.ID == id })
	if at < 0 {
		return nil
	}
	return &g.down.commands[at]
}

func eventOf(c waymark.Command) waymark.CommandEvent {
	return waymark.CommandEvent{Device: c.Device, ID: c.ID, Name: c.Name, Arguments: c.Arguments, ExpiresAt: c.ExpiresAt}
}

// away answers with the failure that a test wants, if it does.
func (g *Gateway) away(w http.ResponseWriter) bool {
	if g.failing == nil {
		return false
	}
	f := g.failing(nil)
	if f != nil {
		problem(w, *f)
	}
	return f != nil
}

func (g *Gateway) follow(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	if g.away(w) {
		g.mu.Unlock()
		return
	}
	last, kind := len(g.down.events), r.URL.Query().Get("kind")
	g.mu.Unlock()
	if r.Header.Get("Accept") != "text/event-stream" {
		_ = json.NewEncoder(w).Encode(client.EventList{Events: []client.Event{}, Next: fmt.Sprintf("%d:0:0", last)})
		return
	}
	if after, _, named := strings.Cut(r.URL.Query().Get("after"), ":"); named {
		last, _ = strconv.Atoi(after)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	g.count(1)
	defer g.count(-1)
	for {
		events, grown := g.after(last)
		for _, e := range events {
			if last++; strings.HasPrefix(e.Type, "waymark."+kind+".") {
				data, _ := json.Marshal(e)
				_, _ = fmt.Fprintf(w, "id: %s\nevent: %s\ndata: %s\n\n", e.ID, e.Type, data)
			}
		}
		w.(http.Flusher).Flush() //nolint:forcetypeassert // of net/http
		select {
		case <-grown:
		case <-r.Context().Done():
			return
		}
	}
}

func (g *Gateway) after(n int) ([]client.Event, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.down.events[min(n, len(g.down.events)):]), g.down.grown
}

func (g *Gateway) openCommands(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.away(w) {
		return
	}
	device := r.PathValue("id")
	if _, known := g.devices[device]; !known {
		problem(w, Failure{Status: http.StatusNotFound, Code: waymark.NotFound})
		return
	}
	open := waymark.OpenCommands{Device: device, Commands: []waymark.Command{}}
	for _, c := range g.down.commands {
		if c.Device == device && c.Open(time.Now()) {
			open.Commands = append(open.Commands, c)
		}
	}
	_ = json.NewEncoder(w).Encode(open)
}

func (g *Gateway) closeCommand(w http.ResponseWriter, r *http.Request) {
	var request waymark.CloseCommandRequest
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		problem(w, Failure{Status: http.StatusBadRequest, Code: waymark.Invalid})
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.away(w) {
		return
	}
	m, receipt, err := g.readReceipt(request.Receipt)
	if err != nil {
		code := waymark.CodeOf(err)
		problem(w, Failure{Status: code.HTTPStatus(), Code: code})
		return
	}
	c := g.find(m.Device, receipt.Command)
	if c == nil {
		problem(w, Failure{Status: http.StatusNotFound, Code: waymark.NotFound})
		return
	}
	digest, _ := m.Digest()
	if c.State == waymark.CommandClosed && string(c.Execution.Digest) != string(digest[:]) {
		problem(w, Failure{Status: http.StatusConflict, Code: waymark.AlreadyExists})
		return
	}
	if c.State != waymark.CommandClosed {
		c.State, c.Execution = waymark.CommandClosed, &waymark.Execution{Result: receipt.Result, Key: m.KeyID, Digest: digest[:]}
		g.happen(waymark.EventCommandClosed, m.Device, eventOf(*c))
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"transaction": map[string]any{"tx_id": someTx, "block_number": 3, "status": "VALID"}, "result": c})
}

func (g *Gateway) readReceipt(text string) (*attest.Message, waymark.CommandReceipt, error) {
	var receipt waymark.CommandReceipt
	m, err := attest.Parse(text)
	if err != nil {
		return nil, receipt, err
	}
	key, found := g.devices[m.Device].Key(m.KeyID)
	if !found {
		return nil, receipt, waymark.Errorf(waymark.NotFound, "there is no device %s", m.Device)
	}
	if _, err := m.Verify(key.JWK); err != nil {
		return nil, receipt, err
	}
	receipt, err = waymark.ParseCommandReceipt(m.Payload)
	return m, receipt, err
}

func (g *Gateway) message(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.down.asked++
	if g.away(w) {
		return
	}
	device := r.PathValue("id")
	sequence, _ := strconv.ParseUint(r.PathValue("sequence"), 10, 64)
	digest, found := g.digests[device][sequence]
	if !found {
		problem(w, Failure{Status: http.StatusNotFound, Code: waymark.NotFound})
		return
	}
	_ = json.NewEncoder(w).Encode(waymark.RecordedMessage{Device: device, Sequence: sequence, Key: "k1",
		Digest: hex.EncodeToString(digest[:waymark.DigestPrefix]), TxID: someTx, BlockNumber: 7, Recorded: time.Now().UTC()})
}
