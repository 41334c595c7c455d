package attest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Bounds of a Login.
const (
	MaxLoginLifetime = 24 * time.Hour
	// MaxClockSkew is how far a device's clock may run ahead of ours.
	MaxClockSkew = 5 * time.Minute
)

// Login is the payload of a Connect message: the period in which it is good as
// the device's password at its broker (NumericDate of RFC 7519, clause 2).
type Login struct {
	IssuedAt  int64 `json:"iat"`
	ExpiresAt int64 `json:"exp"`
}

// NewLogin returns the payload of a Connect message good from now on.
func NewLogin(now time.Time, lifetime time.Duration) []byte {
	b, err := json.Marshal(Login{IssuedAt: now.Unix(), ExpiresAt: now.Add(lifetime).Unix()})
	if err != nil { // two integers always marshal
		panic("attest: marshal login: " + err.Error())
	}
	return b
}

// CheckLogin checks that m is a Connect message in force at now, and returns when
// it expires. It does not check the signature. It returns Invalid for another kind
// or a malformed payload, Unauthenticated outside its period.
func (m *Message) CheckLogin(now time.Time) (expires time.Time, err error) {
	if m.Kind != Connect {
		return expires, waymark.InvalidField("/cty", "must be %s in a password", Connect)
	}
	l, err := parseLogin(m.Payload)
	if err != nil {
		return expires, err
	}
	issued, expires := time.Unix(l.IssuedAt, 0), time.Unix(l.ExpiresAt, 0)
	switch {
	case expires.Sub(issued) > MaxLoginLifetime || !expires.After(issued):
		return expires, waymark.Errorf(waymark.Invalid, "the password must be good for more than 0 and at most %s", MaxLoginLifetime)
	case issued.After(now.Add(MaxClockSkew)):
		return expires, waymark.Errorf(waymark.Unauthenticated, "the password is from the future: set the device's clock")
	case !now.Before(expires):
		return expires, waymark.Errorf(waymark.Unauthenticated, "the password has expired: sign a new one")
	}
	return expires, nil
}

func parseLogin(payload []byte) (Login, error) {
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.DisallowUnknownFields()
	var l Login
	err := decoder.Decode(&l)
	if _, end := decoder.Token(); err != nil || !errors.Is(end, io.EOF) {
		return l, waymark.Errorf(waymark.Invalid, `the password's payload must be {"iat":seconds,"exp":seconds}`)
	}
	return l, nil
}
