package anchor

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Bounds of a bundle.
const (
	MaxBundleRuns = waymark.MaxBatchMessages
	// MaxBundleBytes is what the messages of a request may be, and room for what a bundle says of them.
	MaxBundleBytes = waymark.MaxBatchBytes + 1<<20
)

// Bundle is the body of what one transaction anchors: the messages of its runs, as the devices signed
// them.
type Bundle struct {
	Consortium string      // the channel
	Runs       []SignedRun // 1 to MaxBundleRuns, in the order of the request
}

// SignedRun is the messages that a run stands for.
type SignedRun struct {
	Device   string
	First    uint64   // number of the first message
	Messages []string // in the form of attest.Parse, by number, 1 to MaxRunMessages
}

// storedBundle is the form of a bundle: an array of three, version 1 first.
type storedBundle struct {
	_          struct{} `cbor:",toarray"`
	Version    uint64
	Consortium string
	Runs       []storedRun
}

// storedRun has each message as its device published it: bytes, that is a COSE_Sign1, or the text of a
// JWS.
type storedRun struct {
	_        struct{} `cbor:",toarray"`
	Device   string
	First    uint64
	Messages []any
}

// BodyOf returns the hash that names a bundle: SHA-256 of its encoding.
func BodyOf(encoded []byte) Hash { return sha256.Sum256(encoded) }

// Message returns a message of the bundle, in the form of attest.Parse.
func (b Bundle) Message(device string, number uint64) (text string, found bool) {
	for _, r := range b.Runs {
		if r.Device == device && r.First <= number && number-r.First < uint64(len(r.Messages)) {
			return r.Messages[number-r.First], true
		}
	}
	return "", false
}

// Encode returns the bundle in deterministic CBOR: the same messages always make the same bytes. It
// returns Invalid for one out of its bounds, and for a message that has not the form of one.
func (b Bundle) Encode() ([]byte, error) {
	s := storedBundle{Version: version, Consortium: b.Consortium, Runs: make([]storedRun, len(b.Runs))}
	for i, r := range b.Runs {
		stored := storedRun{Device: r.Device, First: r.First, Messages: make([]any, len(r.Messages))}
		for n, text := range r.Messages {
			message, err := storedMessage(text)
			if err != nil {
				return nil, err
			}
			stored.Messages[n] = message
		}
		s.Runs[i] = stored
	}
	if err := s.validate(); err != nil {
		return nil, err
	}
	encoded := encode(s)
	if len(encoded) > MaxBundleBytes {
		return nil, waymark.Errorf(waymark.Invalid, "the bundle is longer than %d bytes", MaxBundleBytes)
	}
	return encoded, nil
}

// DecodeBundle reads a bundle. It returns Invalid for anything that is not exactly one within its bounds. Of
// its messages it checks no more than that they can be some: attest.Parse says more.
func DecodeBundle(encoded []byte) (Bundle, error) {
	if len(encoded) > MaxBundleBytes {
		return Bundle{}, waymark.Errorf(waymark.Invalid, "the bundle is longer than %d bytes", MaxBundleBytes)
	}
	var s storedBundle
	if err := decode(encoded, &s, "a bundle"); err != nil {
		return Bundle{}, err
	}
	if err := s.validate(); err != nil {
		return Bundle{}, err
	}
	b := Bundle{Consortium: s.Consortium, Runs: make([]SignedRun, len(s.Runs))}
	for i, r := range s.Runs {
		b.Runs[i] = SignedRun{Device: r.Device, First: r.First, Messages: make([]string, len(r.Messages))}
		for n, message := range r.Messages {
			text, err := textOf(message)
			if err != nil {
				return Bundle{}, err
			}
			b.Runs[i].Messages[n] = text
		}
	}
	return b, nil
}

func (s storedBundle) validate() error {
	if s.Version != version {
		return waymark.Errorf(waymark.Invalid, "the bundle is of version %d, which is not known", s.Version)
	}
	if err := waymark.ValidateID("/consortium", s.Consortium); err != nil {
		return err
	}
	if len(s.Runs) < 1 || len(s.Runs) > MaxBundleRuns {
		return waymark.Errorf(waymark.Invalid, "a bundle has 1 to %d runs", MaxBundleRuns)
	}
	for _, r := range s.Runs {
		if err := r.validate(); err != nil {
			return err
		}
	}
	return nil
}

func (r storedRun) validate() error {
	if err := waymark.ValidateID("/device", r.Device); err != nil {
		return err
	}
	return validateNumbers(r.First, len(r.Messages))
}

// storedMessage is a message as a bundle has it.
func storedMessage(text string) (any, error) {
	if err := checkText(text); err != nil || isJWS(text) {
		return text, err
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) == 0 || isJWS(string(raw)) {
		return nil, badMessage()
	}
	return raw, nil
}

// textOf is the opposite of storedMessage.
func textOf(message any) (string, error) {
	switch m := message.(type) {
	case string:
		if isJWS(m) {
			return m, checkText(m)
		}
	case []byte:
		if len(m) > 0 && !isJWS(string(m)) {
			text := base64.RawURLEncoding.EncodeToString(m)
			return text, checkText(text)
		}
	}
	return "", badMessage()
}

// isJWS reports whether a text is taken for a JWS by attest.Parse.
func isJWS(text string) bool { return strings.HasPrefix(text, "ey") && strings.Contains(text, ".") }

func checkText(text string) error {
	if len(text) > waymark.MaxMessageBytes || strings.ContainsAny(text, "~\r\n") {
		return waymark.Errorf(waymark.Invalid, "a message of a bundle is longer than %d bytes, or has disclosures after it or a line break in it", waymark.MaxMessageBytes)
	}
	return nil
}

func badMessage() error {
	return waymark.Errorf(waymark.Invalid, "a message of a bundle is neither the text of a JWS in compact form nor the bytes of a COSE_Sign1")
}
