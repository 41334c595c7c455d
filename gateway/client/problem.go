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

// Problem is the body of every error (RFC 9457).
type Problem struct {
	// Type names the kind of problem: "urn:waymark:problem:" and the code.
	Type string `json:"type"`
	// Title says the same in words.
	Title string `json:"title"`
	// Status is the HTTP status.
	Status int `json:"status"`
	// Detail says what is wrong with this request and what to do.
	Detail string `json:"detail"`
	// Code is the stable code for programs.
	Code waymark.Code `json:"code"`
	// Field is the JSON pointer (RFC 6901) to the faulty member of the body.
	Field string `json:"field,omitempty"`
	// Reasons are the ids of the rules that decided, sorted.
	Reasons []string `json:"reasons,omitempty"`
	// Rows say what is wrong with which rows of a request that holds many: the first
	// 20 of them; Detail counts all.
	Rows []waymark.RowError `json:"rows,omitempty" form:"rows"`
	// Parts say which parts of this gateway work; only where its readiness was asked for.
	Parts []Part `json:"parts,omitempty"`
	// TxID is the transaction concerned. With code unavailable its fate may be
	// unknown: ask for it before sending the request again.
	TxID string `json:"tx_id,omitempty" form:"transaction"`
	// RequestID finds the request in the gateway's log.
	RequestID string `json:"request_id"`
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

// Unwrap returns a *waymark.Error, so that waymark.CodeOf and errors.As work, or nil if the answer is not
// the gateway's own.
func (p *Problem) Unwrap() error {
	if p.Code == "" {
		return nil
	}
	return &waymark.Error{Code: p.Code, Message: p.Detail, Field: p.Field, Reasons: p.Reasons, Rows: p.Rows}
}

// AsProblem returns the Problem inside err, or false. It is what the gateway answered; or a fault of a
// request that was found before it was sent, as the gateway would tell it, without a RequestID; or,
// with a Status and no Code, what something between them answered.
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
