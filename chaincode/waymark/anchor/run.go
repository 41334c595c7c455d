package anchor

import (
	"encoding/base64"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Bounds of a run. It takes the place of a message in a request, and is no longer than one.
const (
	MaxRunMessages = waymark.MaxWindowMessages
	MaxRunBytes    = waymark.MaxMessageBytes / 4 * 3
)

// Run stands for consecutive messages of one device, signed with one key, that are in a bundle. Its
// encoding is an array of six, version 1 first.
type Run struct {
	_        struct{} `cbor:",toarray"`
	Version  uint64   // 1
	Device   string
	Key      string // id of the device's key that signed the messages
	First    uint64 // number of the first message
	Previous []byte // the digest that the first message names; empty if it is message 1
	Lines    []Line // one for each message, 1 to MaxRunMessages
}

// NewRun returns the run of messages from number first on.
func NewRun(device, key string, first uint64, previous []byte, lines []Line) Run {
	return Run{Version: version, Device: device, Key: key, First: first, Previous: previous, Lines: lines}
}

// Last is the number of the last message. The run must be valid.
func (r Run) Last() uint64 { return r.First + uint64(len(r.Lines)) - 1 }

// Root is the root of the window that records the run.
func (r Run) Root() []byte { return Root(r.Device, r.First, r.Lines) }

// IsRun reports whether the text of an entry can only be a run: an array of six whose first member is a
// small number. A message begins with tag 18, or as a JWS with "ey".
func IsRun(text string) bool { return strings.HasPrefix(text, "hg") }

// Encode returns the run in deterministic CBOR.
func (r Run) Encode() []byte { return encode(r) }

// Text returns the run as it travels among the messages of a request: base64url without padding.
func (r Run) Text() string { return base64.RawURLEncoding.EncodeToString(r.Encode()) }

// ParseRun reads a run from its text form, as DecodeRun.
func ParseRun(text string) (Run, error) {
	if len(text) > waymark.MaxMessageBytes || strings.ContainsAny(text, "\r\n") { // Go's base64 passes over line breaks
		return Run{}, waymark.Errorf(waymark.Invalid, "the run is longer than %d bytes, or has a line break in it", waymark.MaxMessageBytes)
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return Run{}, waymark.Errorf(waymark.Invalid, "the run is not base64url without padding")
	}
	return DecodeRun(raw)
}

// DecodeRun reads a run. It returns Invalid for anything that is not exactly one, within its bounds, whose
// lines can be those of some messages. That they are those of its own nothing here tells.
func DecodeRun(raw []byte) (Run, error) {
	if len(raw) > MaxRunBytes {
		return Run{}, waymark.Errorf(waymark.Invalid, "the run is longer than %d bytes", MaxRunBytes)
	}
	var r Run
	if err := decode(raw, &r, "a run"); err != nil {
		return Run{}, err
	}
	return r, r.Validate()
}

// Validate checks everything about a run that can be known without ledger and messages. It returns
// Invalid.
func (r Run) Validate() error {
	if r.Version != version {
		return waymark.Errorf(waymark.Invalid, "the run is of version %d, which is not known", r.Version)
	}
	if err := waymark.ValidateID("/device", r.Device); err != nil {
		return err
	}
	if err := waymark.ValidateID("/key", r.Key); err != nil {
		return err
	}
	if err := validateNumbers(r.First, len(r.Lines)); err != nil {
		return err
	}
	if wanted := min(r.First-1, 1) * attest.DigestSize; uint64(len(r.Previous)) != wanted {
		return waymark.Errorf(waymark.Invalid, "a run names the digest of the message before, %d bytes, unless it begins with message 1", attest.DigestSize)
	}
	for _, l := range r.Lines {
		if err := l.validate(); err != nil {
			return err
		}
	}
	return nil
}

// validateNumbers checks how many messages a run has, and their numbers.
func validateNumbers(first uint64, messages int) error {
	if messages < 1 || messages > MaxRunMessages {
		return waymark.Errorf(waymark.Invalid, "a run has 1 to %d messages", MaxRunMessages)
	}
	if first < 1 || first > waymark.MaxSequence-uint64(messages)+1 {
		return waymark.Errorf(waymark.Invalid, "the messages of a run have numbers 1 to %d", uint64(waymark.MaxSequence))
	}
	return nil
}
