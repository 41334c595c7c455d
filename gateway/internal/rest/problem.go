package rest

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// ProblemType is in front of the code in the type of a client.Problem.
const ProblemType = "urn:waymark:problem:"

const (
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

// TitleOf returns the title of a code; one that is not in the set is Internal's.
func TitleOf(code waymark.Code) string {
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
	p := client.Problem{
		Type:      ProblemType + string(e.Code),
		Title:     TitleOf(e.Code),
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
	var refused *limited
	if errors.As(err, &refused) {
		p.RetryAfter = refused.after
	}
	writeProblem(c, p)
}

// writeProblem answers p.
func writeProblem(c *gin.Context, p client.Problem) {
	switch p.Status {
	case http.StatusUnauthorized:
		c.Header("WWW-Authenticate", authChallenge)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		c.Header(HeaderRetryAfter, retryAfter(p.RetryAfter))
	}
	body, err := json.Marshal(p)
	if err != nil { // only invalid UTF-8 in a message can do this
		body = []byte(`{"type":"about:blank","status":500,"code":"internal"}`)
		p.Status = http.StatusInternalServerError
	}
	c.Data(p.Status, problemMedia, body)
}
