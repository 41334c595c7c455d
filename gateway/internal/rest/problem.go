package rest

import (
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

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
	Rows []waymark.RowError `json:"rows,omitempty"`
	// Parts say which parts of this gateway work; only where its readiness was asked for.
	Parts []client.Part `json:"parts,omitempty"`
	// TxID is the transaction concerned. With code unavailable its fate may be
	// unknown: ask for it before sending the request again.
	TxID string `json:"tx_id,omitempty"`
	// RequestID finds the request in the gateway's log.
	RequestID string `json:"request_id"`
}

const (
	problemType   = "urn:waymark:problem:"
	problemMedia  = "application/problem+json"
	jsonMedia     = "application/json"
	authChallenge = `Bearer realm="waymark"`
)

// titles says each code in words.
func titles() map[waymark.Code]string {
	return map[waymark.Code]string{
		waymark.Invalid:            "The request is malformed",
		waymark.Unauthenticated:    "A valid credential is required",
		waymark.Forbidden:          "A policy denies this",
		waymark.NotFound:           "There is no such thing",
		waymark.AlreadyExists:      "This id is taken",
		waymark.FailedPrecondition: "The present state does not allow this",
		waymark.Conflict:           "A concurrent transaction won",
		waymark.ResourceExhausted:  "A limit was met",
		waymark.Unavailable:        "A part of the system does not answer",
		waymark.Internal:           "Something is wrong on our side",
	}
}

// titleUnsigned is that of waymark.Unauthenticated where the caller's credential is good.
const titleUnsigned = "What a device signed does not hold"

// titleOf returns the title of a code; one that is not in the set is Internal's.
func titleOf(code waymark.Code) string {
	all := titles()
	if title, ok := all[code]; ok {
		return title
	}
	return all[waymark.Internal]
}

// httpError is an error whose HTTP status says more than its code does.
type httpError struct {
	status int
	err    *waymark.Error
}

func (e *httpError) Error() string { return e.err.Error() }

func (e *httpError) Unwrap() error { return e.err }

// fail answers with the problem that err is, and keeps err for the log.
func fail(c *gin.Context, err error) {
	c.Abort()
	ex := exchangeOf(c)
	ex.err = err
	e := waymark.AsError(err)
	p := Problem{
		Type:      problemType + string(e.Code),
		Title:     titleOf(e.Code),
		Status:    e.Code.HTTPStatus(),
		Detail:    e.Message,
		Code:      e.Code,
		Field:     e.Field,
		Reasons:   e.Reasons,
		Rows:      e.Rows,
		RequestID: ex.requestID,
	}
	if e.Code == waymark.Unauthenticated && ex.known() {
		p.Status, p.Title = http.StatusUnprocessableEntity, titleUnsigned
	}
	var special *httpError
	if errors.As(err, &special) {
		p.Status = special.status
	}
	if p.Status == http.StatusInternalServerError {
		p.Detail = "internal error: report it with the request id" // reveals nothing else
	}
	var unready *notReady
	if errors.As(err, &unready) {
		p.Parts = partsOf(unready.report)
	}
	var concerned *ledger.Failure
	if errors.As(err, &concerned) {
		p.TxID = concerned.TxID
		ex.txID = concerned.TxID
	}
	var after time.Duration
	var refused *limited
	if errors.As(err, &refused) {
		after = refused.after
	}
	writeProblem(c, p, after)
}

// writeProblem answers p. after is when there is a place again, if that is known.
func writeProblem(c *gin.Context, p Problem, after time.Duration) {
	switch p.Status {
	case http.StatusUnauthorized:
		c.Header("WWW-Authenticate", authChallenge)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		c.Header(headerRetryAfter, retryAfter(after))
	}
	body, err := json.Marshal(p)
	if err != nil { // only invalid UTF-8 in a message can do this
		body = []byte(`{"type":"about:blank","status":500,"code":"internal"}`)
		p.Status = http.StatusInternalServerError
	}
	c.Data(p.Status, problemMedia, body)
}
