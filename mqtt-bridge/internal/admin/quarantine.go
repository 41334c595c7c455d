package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

// page is one answer of the list. Next is what to ask for after, 0 at the end.
type page struct {
	Messages []spool.Quarantined `json:"messages"`
	Next     uint64              `json:"next,omitempty"`
}

// devices is the answer on what each device has.
type devices struct {
	Devices []spool.Account `json:"devices"`
}

const defaultPage = 100

func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	after, err := number(r.URL.Query().Get("after"), 0)
	limit, limitErr := number(r.URL.Query().Get("limit"), defaultPage)
	if err != nil || limitErr != nil || limit < 1 || limit > spool.MaxListed {
		fail(w, waymark.Errorf(waymark.Invalid, "after is a number, limit is 1 to %d", spool.MaxListed))
		return
	}
	messages, err := s.quarantine.List(after, int(limit))
	if err != nil {
		fail(w, err)
		return
	}
	p := page{Messages: messages}
	if len(messages) == int(limit) {
		p.Next = messages[len(messages)-1].Number
	}
	reply(w, http.StatusOK, p)
}

func (s *Server) devices(w http.ResponseWriter, _ *http.Request) {
	accounts, err := s.quarantine.Devices()
	if err != nil {
		fail(w, err)
		return
	}
	reply(w, http.StatusOK, devices{Devices: accounts})
}

func (s *Server) withdraw(w http.ResponseWriter, r *http.Request) {
	s.withNumber(w, r, func(n uint64) (any, error) {
		return map[string]uint64{"withdrawn": n}, s.quarantine.Withdraw(n)
	})
}

func (s *Server) show(w http.ResponseWriter, r *http.Request) {
	s.withNumber(w, r, func(n uint64) (any, error) { return s.quarantine.Quarantined(n) })
}

func (s *Server) replay(w http.ResponseWriter, r *http.Request) {
	s.withNumber(w, r, func(n uint64) (any, error) {
		return map[string]uint64{"replayed": n}, s.quarantine.Replay(n)
	})
}

func (s *Server) drop(w http.ResponseWriter, r *http.Request) {
	s.withNumber(w, r, func(n uint64) (any, error) {
		return map[string]uint64{"dropped": n}, s.quarantine.Drop(n)
	})
}

func (s *Server) withNumber(w http.ResponseWriter, r *http.Request, act func(uint64) (any, error)) {
	n, err := number(r.PathValue("number"), 0)
	if err != nil {
		fail(w, waymark.Errorf(waymark.Invalid, "a message is named by its number"))
		return
	}
	answer, err := act(n)
	if err != nil {
		fail(w, err)
		return
	}
	reply(w, http.StatusOK, answer)
}

func number(text string, absent uint64) (uint64, error) {
	if text == "" {
		return absent, nil
	}
	return strconv.ParseUint(text, 10, 63)
}

// fail answers with a problem document (RFC 9457).
func fail(w http.ResponseWriter, err error) {
	e := problemOf(err)
	status := e.Code.HTTPStatus()
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	body := map[string]any{"title": http.StatusText(status), "status": status, "code": e.Code, "detail": e.Message}
	_ = json.NewEncoder(w).Encode(body) // the caller is gone if this fails
}

func problemOf(err error) *waymark.Error {
	for known, code := range map[error]waymark.Code{
		spool.ErrNoSuchMessage:  waymark.NotFound,
		spool.ErrNotReplayable:  waymark.FailedPrecondition,
		spool.ErrFull:           waymark.ResourceExhausted,
		spool.ErrQuarantineFull: waymark.ResourceExhausted,
	} {
		if errors.Is(err, known) {
			return waymark.Errorf(code, "%s", known)
		}
	}
	return waymark.AsError(err)
}
