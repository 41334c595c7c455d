package waymark

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
)

// Bounds of attestations.
const (
	// MaxAttestations bounds those of one acceptance: one of each device that can
	// witness a shipment, and one of a device that does not.
	MaxAttestations = MaxWitnesses + 1
	// MaxSeals bounds the seals of a shipment, those that were broken on the way
	// included, and what one attestation says of seals.
	MaxSeals = 64
)

// SealState is what became of a seal.
type SealState string

// The states.
const (
	SealIntact  SealState = "intact"
	SealBroken  SealState = "broken"
	SealMissing SealState = "missing"
	SealApplied SealState = "applied" // a new one, put on at this handoff: said by a device, never kept
)

// SealStates returns every state of a seal.
func SealStates() []SealState {
	return []SealState{SealIntact, SealBroken, SealMissing, SealApplied}
}

// Seal is one seal (ISO 17712) and what became of it.
type Seal struct {
	ID    string    `json:"id" form:"id"` // as it is marked
	State SealState `json:"state"`
}

// Attestation is what a device says at a handoff. It travels as the payload of a
// signed message of kind attest.Attestation.
type Attestation struct {
	Shipment string `json:"shipment"`
	Handoff  uint64 `json:"handoff"`         // its number
	Nonce    string `json:"nonce"`           // of that handoff: whoever says it has seen the offer
	Last     uint64 `json:"last"`            // number of the last message that the device has signed, 0 for none
	Seals    []Seal `json:"seals,omitempty"` // that it has looked at, each once; may be left out
	At       int64  `json:"at"`              // seconds since 1970
}

// Validate checks the form of the attestation.
func (a Attestation) Validate() error {
	if a.Last > MaxSequence {
		return InvalidField("/last", "must be a sequence number, or 0 for no message")
	}
	return first(validateSeconds("/at", a.At), ValidateID("/shipment", a.Shipment), ValidateSequence("/handoff", a.Handoff), validateNonce("/nonce", a.Nonce), validateFound(a.Seals))
}

var noncePattern = regexp.MustCompile(`^[0-9a-f]{32}$`)

func validateNonce(pointer, nonce string) error {
	if noncePattern.MatchString(nonce) {
		return nil
	}
	return InvalidField(pointer, "must be the handoff's nonce: 32 lower-case hexadecimal digits")
}

// validateFound checks what a device found of seals.
func validateFound(seals []Seal) error {
	if len(seals) > MaxSeals {
		return InvalidField("/seals", "must hold at most %d seals, has %d", MaxSeals, len(seals))
	}
	for i, s := range seals {
		at := "/seals/" + strconv.Itoa(i)
		if err := ValidateID(at+"/id", s.ID); err != nil {
			return err
		}
		if !slices.Contains(SealStates(), s.State) {
			return InvalidField(at+"/state", "must be one of %v", SealStates())
		}
		if slices.ContainsFunc(seals[:i], func(o Seal) bool { return o.ID == s.ID }) {
			return InvalidField(at, "is in the list twice")
		}
	}
	return nil
}

// ParseAttestation reads the payload of an attestation: one JSON object with the members
// of Attestation, letter for letter, each once, and none that is null; seals may be left
// out. It returns Invalid.
func ParseAttestation(payload []byte) (Attestation, error) {
	var none Attestation
	if err := checkObject(string(payload)); err != nil {
		return none, Errorf(Invalid, "the attestation's payload %s", err)
	}
	malformed := Errorf(Invalid, `the attestation's payload must be {"shipment":id,"handoff":number,"nonce":hex,"last":number,"seals":[{"id":id,"state":text}],"at":seconds}`)
	var p struct {
		Attestation
		Last  *uint64           `json:"last"`
		Seals []json.RawMessage `json:"seals"`
	}
	if !hasOnly(payload, "shipment", "handoff", "nonce", "last", "seals", "at") {
		return none, malformed
	}
	if err := json.Unmarshal(payload, &p); err != nil || p.Last == nil {
		return none, malformed
	}
	a := p.Attestation
	a.Last, a.Seals = *p.Last, make([]Seal, len(p.Seals))
	for i, text := range p.Seals {
		if !hasOnly(text, "id", "state") || json.Unmarshal(text, &a.Seals[i]) != nil {
			return none, malformed
		}
	}
	return a, a.Validate()
}
