package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// maxRetryAfter bounds what a gateway may ask us to wait.
const maxRetryAfter = time.Minute

// Problem is an answer that is no success: the gateway's problem document (RFC 9457), or a
// fault of a request that was found before it was sent, as the gateway would tell it. It wraps
// a *waymark.Error, so that waymark.CodeOf and errors.As work.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"` // of HTTP
	Detail string `json:"detail"` // for a person
	// Code is empty if the answer is not the gateway's own, but that of something in between.
	Code      waymark.Code       `json:"code"`
	Field     string             `json:"field"`   // JSON pointer to the fault in the body
	Reasons   []string           `json:"reasons"` // ids of the rules that decided
	Rows      []waymark.RowError `json:"rows"`
	Parts     []Part             `json:"parts"`      // of a gateway that is not ready
	TxID      string             `json:"tx_id"`      // of the transaction concerned, if any
	RequestID string             `json:"request_id"` // finds the request in the gateway's log; empty if it was not sent
	// RetryAfter is how long the gateway asks to wait, at most a minute; 0 if it does not say.
	RetryAfter time.Duration `json:"-"`

	unsent bool
}

// Error returns the status, code, detail and reasons.
func (p *Problem) Error() string {
	text := fmt.Sprintf("gateway answered %d %s: %s", p.Status, p.Code, p.Detail)
	if p.unsent {
		text = strings.TrimSuffix(fmt.Sprintf("not sent: %s: %s", p.Code, p.Field), ": ") + ": " + p.Detail
	}
	if len(p.Reasons) > 0 {
		text += fmt.Sprintf(" %v", p.Reasons)
	}
	return text
}

// Unwrap returns the *waymark.Error, or nil if the answer is not the gateway's own.
func (p *Problem) Unwrap() error {
	if p.Code == "" {
		return nil
	}
	return &waymark.Error{Code: p.Code, Message: p.Detail, Field: p.Field, Reasons: p.Reasons, Rows: p.Rows}
}

// AsProblem returns the Problem inside err, or false.
func AsProblem(err error) (*Problem, bool) {
	var p *Problem
	return p, errors.As(err, &p)
}

func problemOf(a Answer, now time.Time) *Problem {
	p := new(Problem)
	if err := json.Unmarshal(a.Body, p); err != nil {
		*p = Problem{Detail: http.StatusText(a.Status)}
	}
	p.Status, p.RetryAfter = a.Status, retryAfter(a.Header.Get("Retry-After"), now)
	return p
}

// retryAfter reads delay seconds or a date (RFC 9110, clause 10.2.3).
func retryAfter(text string, now time.Time) time.Duration {
	wait := time.Duration(0)
	if seconds, err := strconv.Atoi(text); err == nil {
		wait = time.Duration(min(max(seconds, 0), 3600)) * time.Second
	} else if date, err := http.ParseTime(text); err == nil {
		wait = max(0, date.Sub(now))
	}
	return min(wait, maxRetryAfter)
}
