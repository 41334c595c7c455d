package gatewaytest

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/gateway/client"
)

const token = "relay-token"

// Failure is an answer that is no success.
type Failure struct {
	Status     int
	Code       waymark.Code
	RetryAfter string // seconds
}

// Gateway is the fake.
type Gateway struct {
	URL       string
	CAFile    string
	TokenFile string

	mu       sync.Mutex
	devices  map[string]waymark.Device
	recorded map[string]map[uint64]bool
	order    map[string][]uint64
	// disclosed holds, by device, the disclosures that were taken; refusing the reason for
	// which the device's messages are rejected; withheld whose disclosures are not taken.
	disclosed map[string][]string
	refusing  map[string]refusal
	withheld  map[string]bool
	batches   [][]string
	failing   func(texts []string) *Failure
	asked     int
	held      *held // set while batches are held, and after
	delayed   map[string]*delay
	digests   map[string]map[uint64]attest.Digest
	down      down
	// trusted are the device CAs by id; revoked the serial numbers under them.
	trusted map[string]*Authority
	revoked map[string]bool
}

// New starts a fake that ends with the test.
func New(t testing.TB) *Gateway {
	t.Helper()
	certFile, keyFile := Certificate(t)
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	check(t, err)
	g := &Gateway{CAFile: certFile, TokenFile: filepath.Join(t.TempDir(), "token"),
		devices: map[string]waymark.Device{}, recorded: map[string]map[uint64]bool{}, order: map[string][]uint64{},
		disclosed: map[string][]string{}, refusing: map[string]refusal{}, withheld: map[string]bool{},
		digests: map[string]map[uint64]attest.Digest{}, trusted: map[string]*Authority{}, revoked: map[string]bool{},
		delayed: map[string]*delay{}}
	check(t, os.WriteFile(g.TokenFile, []byte(token+"\n"), 0o600))
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/messages", g.messages)
	mux.HandleFunc("GET /v1/devices/{id}", g.device)
	mux.HandleFunc("GET /v1/transactions/{tx_id}", g.transaction)
	g.serveDown(mux)
	(&leases{rows: map[string]client.Lease{}}).serve(mux)
	mux.HandleFunc("GET /v1/members/{id}/device-authorities/{authority}", g.authority)
	mux.HandleFunc("GET /v1/members/{id}/device-authorities/{authority}/certificates/{serial}", g.certificate)
	server := httptest.NewUnstartedServer(authenticated(mux))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	g.URL = server.URL
	return g
}

// Register puts a device into the registry, or replaces it.
func (g *Gateway) Register(d waymark.Device) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.devices[d.ID] = d
}

// Fail makes batches fail for which f returns a Failure. A nil f ends it. A
// Failure with status 0 drops the connection.
func (g *Gateway) Fail(f func(texts []string) *Failure) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failing = f
}

// Order returns the sequence numbers of a device in the order of recording.
func (g *Gateway) Order(device string) []uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.order[device])
}

// Withhold makes the disclosures of a device's messages not be taken, as if a holder were
// away, until it is told otherwise.
func (g *Gateway) Withhold(device string, withheld bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.withheld[device] = withheld
}

// Disclosed returns the disclosures that were taken of a device's messages, in their order.
func (g *Gateway) Disclosed(device string) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.disclosed[device])
}

// refusal is why a message is rejected.
type refusal struct {
	code    waymark.Code // empty: it is not
	reasons []string
}

// Reject makes each message of a device be rejected as invalid for a reason, or no more if that
// is empty.
func (g *Gateway) Reject(device, reason string) {
	if reason == "" {
		g.RejectAs(device, "")
		return
	}
	g.RejectAs(device, waymark.Invalid, reason)
}

// RejectAs makes each message of a device be rejected with a code, or no more if that is empty.
func (g *Gateway) RejectAs(device string, code waymark.Code, reasons ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refusing[device] = refusal{code, reasons}
}

// Batches returns the batches that were answered with results.
func (g *Gateway) Batches() [][]string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.batches)
}

// Asked returns how often batches were submitted, failures included.
func (g *Gateway) Asked() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked
}

func authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			problem(w, Failure{Status: http.StatusUnauthorized, Code: waymark.Unauthenticated})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (g *Gateway) device(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failing != nil {
		if f := g.failing(nil); f != nil {
			problem(w, *f)
			return
		}
	}
	id := r.PathValue("id")
	device, found := g.devices[id]
	if late := g.delayed[id]; late != nil {
		delete(g.delayed, id)
		g.mu.Unlock()
		close(late.asked)
		<-late.released
		g.mu.Lock()
	}
	if !found {
		problem(w, Failure{Status: http.StatusNotFound, Code: waymark.NotFound})
		return
	}
	_ = json.NewEncoder(w).Encode(device)
}

func (g *Gateway) messages(w http.ResponseWriter, r *http.Request) {
	var request waymark.RecordRequest
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		problem(w, Failure{Status: http.StatusBadRequest, Code: waymark.Invalid})
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked++
	if g.failing != nil {
		if f := g.failing(request.Messages); f != nil {
			problem(w, *f)
			return
		}
	}
	if g.held != nil && g.held.end == "" {
		g.hold(w, request.Messages)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"transaction": map[string]any{"id": "tx"}, "result": g.take(request.Messages)})
}

// take records a batch.
func (g *Gateway) take(texts []string) waymark.RecordResult {
	g.batches = append(g.batches, texts)
	result := waymark.RecordResult{Results: []waymark.MessageResult{}}
	for _, text := range texts {
		result.Results = append(result.Results, g.record(text))
	}
	return result
}

func (g *Gateway) record(text string) waymark.MessageResult {
	m, disclosures, err := parse(text)
	if err != nil {
		return waymark.MessageResult{Outcome: waymark.Rejected, Code: waymark.Invalid, Detail: "unreadable"}
	}
	if r := g.refusing[m.Device]; r.code != "" {
		return waymark.MessageResult{Device: m.Device, Sequence: m.Sequence, Outcome: waymark.Rejected, Code: r.code, Detail: "refused", Reasons: r.reasons}
	}
	result := waymark.MessageResult{Device: m.Device, Sequence: m.Sequence, Outcome: waymark.Recorded, TxID: "tx"}
	device, known := g.devices[m.Device]
	switch {
	case known && device.State != waymark.DeviceActive:
		result.Outcome, result.TxID, result.Code, result.Reasons = waymark.Rejected, "", waymark.FailedPrecondition, []string{"device_active"}
		return result
	case g.recorded[m.Device][m.Sequence]:
		result.Outcome = waymark.Duplicate
	default:
		g.note(m)
	}
	if len(disclosures) > 0 && g.withheld[m.Device] {
		result.Code, result.Reasons, result.Detail = waymark.Unavailable, []string{waymark.ReasonUndisclosed}, "carrier"
		return result
	}
	for _, d := range disclosures {
		g.disclosed[m.Device] = append(g.disclosed[m.Device], string(d))
	}
	return result
}

func (g *Gateway) note(m *attest.Message) {
	if g.recorded[m.Device] == nil {
		g.recorded[m.Device], g.digests[m.Device] = map[uint64]bool{}, map[uint64]attest.Digest{}
	}
	g.recorded[m.Device][m.Sequence] = true
	g.digests[m.Device][m.Sequence], _ = m.Digest()
	g.order[m.Device] = append(g.order[m.Device], m.Sequence)
}

// parse reads a message that may have disclosures after it.
func parse(text string) (*attest.Message, [][]byte, error) {
	message, disclosures, err := attest.Split(text)
	if err != nil {
		return nil, nil, err
	}
	m, err := attest.Parse(message)
	return m, disclosures, err
}

// problem answers with a problem document, or drops the connection.
func problem(w http.ResponseWriter, f Failure) {
	if f.Status == 0 {
		panic(http.ErrAbortHandler)
	}
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(f.Status)
	_, _ = w.Write([]byte(`{"status":` + strconv.Itoa(f.Status) + `,"code":` + strconv.Quote(string(f.Code)) + `,"detail":"as told"}`))
}
