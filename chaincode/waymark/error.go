package waymark

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Code classifies an error so that a program can decide what to do. The set is
// closed; clients may switch over it.
type Code string

// The codes, and what a caller should do about each.
const (
	Invalid            Code = "invalid"             // the request is malformed: correct it, do not retry
	Unauthenticated    Code = "unauthenticated"     // no or bad credential: present a valid one
	Forbidden          Code = "forbidden"           // a policy denies it: Reasons names the rules
	NotFound           Code = "not_found"           // there is no such record
	AlreadyExists      Code = "already_exists"      // another record has this id
	FailedPrecondition Code = "failed_precondition" // the state does not allow it now: Reasons names the rules
	Conflict           Code = "conflict"            // a concurrent transaction won: read again, then retry
	ResourceExhausted  Code = "resource_exhausted"  // a limit was met: wait, then retry
	Unavailable        Code = "unavailable"         // a part is down: retry with backoff
	Internal           Code = "internal"            // a defect: report it with the transaction id
)

// Codes returns every code, in the order of the list above.
func Codes() []Code {
	return []Code{Invalid, Unauthenticated, Forbidden, NotFound, AlreadyExists,
		FailedPrecondition, Conflict, ResourceExhausted, Unavailable, Internal}
}

// HTTPStatus returns the HTTP status code (RFC 9110, clause 15) that answers with
// this code: the one map from code to status.
func (c Code) HTTPStatus() int {
	switch c {
	case Invalid:
		return 400
	case Unauthenticated:
		return 401
	case Forbidden:
		return 403
	case NotFound:
		return 404
	case AlreadyExists, Conflict:
		return 409
	case FailedPrecondition:
		return 422
	case ResourceExhausted:
		return 429
	case Unavailable:
		return 503
	default:
		return 500
	}
}

// Error is the one error type that crosses a boundary of Waymark.
type Error struct {
	Code Code `json:"code"`
	// Message says what is wrong and what to do, for a person.
	Message string `json:"message"`
	// Field is the JSON pointer (RFC 6901) to the faulty member of the request, or empty.
	Field string `json:"field,omitempty"`
	// Reasons are the ids of the rules that decided, sorted.
	Reasons []string `json:"reasons,omitempty"`
	// Rows say what is wrong with which rows of a request that holds many: the first
	// MaxErrorRows of them.
	Rows []RowError `json:"rows,omitempty" form:"rows"`
}

// Error returns the message with its code in front.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Errorf makes an Error with a formatted message.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// InvalidField makes an Invalid error that points at a member of the request.
func InvalidField(pointer, format string, args ...any) *Error {
	return &Error{Code: Invalid, Message: fmt.Sprintf(format, args...), Field: pointer}
}

// Because returns a copy of e that names the rules that decided, sorted.
func (e *Error) Because(reasons ...string) *Error {
	c := *e
	c.Reasons = slices.Clone(reasons)
	slices.Sort(c.Reasons)
	return &c
}

// AsError returns the Error inside err. A nil err gives nil; any other error
// gives an Internal one whose message does not repeat the cause, since the
// cause may hold what the caller must not see.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Errorf(Internal, "internal error")
}

// CodeOf returns the code of err: empty for nil, Internal for a foreign error.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	return AsError(err).Code
}

// wireMarker starts an Error inside Fabric's error text. Fabric carries only
// text and puts its own words around it, so the error travels as marker + JSON.
const wireMarker = "waymark-error:"

// MarshalWire renders e as the text that travels through Fabric.
func (e *Error) MarshalWire() string {
	b, err := json.Marshal(e)
	if err != nil { // strings and string slices always marshal
		panic("waymark: marshal error: " + err.Error())
	}
	return wireMarker + string(b)
}

// maxWireBytes bounds an Error in Fabric's text: a peer of any member may have written it.
// A denial by all policies that an owner can have fits.
const maxWireBytes = 64 << 10

// ParseWire finds an Error in a text that came through Fabric. It reports false
// if there is none with a known code, in 64 KiB.
func ParseWire(text string) (*Error, bool) {
	_, rest, found := strings.Cut(text, wireMarker)
	if !found {
		return nil, false
	}
	var e Error
	known := json.NewDecoder(io.LimitReader(strings.NewReader(rest), maxWireBytes)).Decode(&e) == nil && slices.Contains(Codes(), e.Code)
	if !known {
		return nil, false
	}
	return &e, true
}
