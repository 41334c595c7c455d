package admin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/presence"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

const (
	readTimeout  = 5 * time.Second
	writeTimeout = 30 * time.Second
	stopTimeout  = 3 * time.Second
	maxHeader    = 16 << 10
)

// Quarantine is where the messages are that were not recorded, with their reasons.
type Quarantine interface {
	Reader
	Mover
}

// Reader shows the quarantine.
type Reader interface {
	// List returns messages above a number, lowest first.
	List(after uint64, limit int) ([]spool.Quarantined, error)
	// Quarantined returns one message, or spool.ErrNoSuchMessage.
	Quarantined(number uint64) (spool.Quarantined, error)
	// Devices returns what each device has in quarantine.
	Devices() ([]spool.Account, error)
}

// Mover moves messages. All its methods return spool.ErrNoSuchMessage if there is
// no such message.
type Mover interface {
	// Withdraw moves a waiting one into quarantine.
	Withdraw(number uint64) error
	// Replay moves one to the end of its device's queue.
	Replay(number uint64) error
	// Drop deletes one.
	Drop(number uint64) error
}

// Presences are what the bridge sees of devices.
type Presences interface {
	// List returns records by device, those after a device id, at most limit.
	List(after string, limit int) []presence.Record
}

// Check is one condition of readiness: nil if it holds, or what is wrong.
type Check struct {
	Name string
	// Required makes the bridge not ready while the condition does not hold.
	Required bool
	Holds    func() error
}

// Server is the endpoint.
type Server struct {
	quarantine Quarantine
	presences  Presences
	checks     []Check
	token      [sha256.Size]byte
	log        *zap.Logger
	http       *http.Server
	listener   net.Listener
}

// Parts are what a server shows.
type Parts struct {
	Quarantine Quarantine
	Presences  Presences
	Metrics    http.Handler
	Checks     []Check
}

// New makes a server that listens on address from now on. Run serves. Without a quarantine it
// has health and metrics alone, and needs no token.
func New(address, token string, parts Parts, log *zap.Logger) (*Server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("admin endpoint cannot listen: %w", err)
	}
	s := &Server{quarantine: parts.Quarantine, presences: parts.Presences, checks: parts.Checks, token: sha256.Sum256([]byte(token)), log: log, listener: listener}
	s.http = &http.Server{Handler: s.routes(parts.Metrics), ReadTimeout: readTimeout, ReadHeaderTimeout: readTimeout,
		WriteTimeout: writeTimeout, MaxHeaderBytes: maxHeader}
	return s, nil
}

// Address is where it listens, host:port.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Run serves until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	stopped := make(chan struct{})
	defer context.AfterFunc(ctx, func() {
		defer close(stopped)
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		if err := s.http.Shutdown(grace); err != nil {
			s.log.Warn("admin endpoint closed with requests open", zap.Error(err))
		}
	})()
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve admin endpoint: %w", err)
	}
	<-stopped
	return nil
}

func (s *Server) routes(metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", metrics)
	if s.quarantine == nil {
		return mux
	}
	mux.HandleFunc("GET /v1/devices", s.authenticated(s.listPresences))
	mux.HandleFunc("GET /v1/quarantine", s.authenticated(s.list))
	mux.HandleFunc("GET /v1/quarantine/devices", s.authenticated(s.devices))
	mux.HandleFunc("POST /v1/spool/{number}/withdraw", s.authenticated(s.withdraw))
	mux.HandleFunc("GET /v1/quarantine/{number}", s.authenticated(s.show))
	mux.HandleFunc("POST /v1/quarantine/{number}/replay", s.authenticated(s.replay))
	mux.HandleFunc("DELETE /v1/quarantine/{number}", s.authenticated(s.drop))
	return mux
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	status, conditions := http.StatusOK, map[string]string{}
	for _, check := range s.checks {
		conditions[check.Name] = "ok"
		if err := check.Holds(); err != nil {
			conditions[check.Name] = err.Error()
			if check.Required {
				status = http.StatusServiceUnavailable
			}
		}
	}
	reply(w, status, map[string]any{"ready": status == http.StatusOK, "checks": conditions})
}

func (s *Server) authenticated(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		given := sha256.Sum256([]byte(token))
		if subtle.ConstantTimeCompare(given[:], s.token[:]) != 1 {
			fail(w, waymark.Errorf(waymark.Unauthenticated, "present the admin token as a bearer token"))
			return
		}
		next(w, r)
	}
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller is gone if this fails
}
