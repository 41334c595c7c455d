package attest

import "slices"

// Kind is what a message's payload is. It is signed, so that a statement of one
// kind can never pass for another. Its text is the JWS "cty" value (RFC 7515,
// clause 4.1.10, media type without "application/"); COSE carries the CoAP
// Content-Format number where there is one and the full media type otherwise.
type Kind string

// The kinds.
const (
	PackJSON     Kind = "senml+json"                    // a pack in SenML JSON (RFC 8428, clause 5)
	PackCBOR     Kind = "senml+cbor"                    // a pack in SenML CBOR (RFC 8428, clause 6)
	Registration Kind = "vnd.waymark.registration+json" // a waymark.Registration, signed by the key it names
	Rotation     Kind = "vnd.waymark.rotation"          // a signed Registration of the next key, signed by the key in force
	Connect      Kind = "vnd.waymark.connect+json"      // a Login: the password of a device at its broker
	Receipt      Kind = "vnd.waymark.receipt+json"      // a waymark.CommandReceipt: what became of a command
	Attestation  Kind = "vnd.waymark.attestation+json"  // a waymark.Attestation: what a device says at a handoff
	Inquiry      Kind = "vnd.waymark.inquiry+json"      // a waymark.Inquiry: a device asks what became of a message
	Presence     Kind = "vnd.waymark.presence+json"     // a waymark.Presence: a device says that it has come, or gone

	// What a bridge signs, under its own id and key, for one device.
	Commit  Kind = "vnd.waymark.commit+json"  // a waymark.CommitReceipt: the answer to an inquiry
	Command Kind = "vnd.waymark.command+json" // a waymark.DeliveredCommand
)

// mediaTypePrefix completes a Kind to a media type.
const mediaTypePrefix = "application/"

// CoAP Content-Formats (RFC 8428, clause 12.3.2).
const (
	contentFormatJSON int64 = 110
	contentFormatCBOR int64 = 112
)

// Sequenced reports whether messages of the kind belong to the device's stream
// and so carry a sequence number and the digest of the message before.
func (k Kind) Sequenced() bool { return k == PackJSON || k == PackCBOR }

// kinds returns every kind.
func kinds() []Kind {
	return []Kind{PackJSON, PackCBOR, Registration, Rotation, Connect, Receipt, Attestation, Inquiry, Presence, Commit, Command}
}

func (k Kind) known() bool { return slices.Contains(kinds(), k) }

// cose returns the value of the COSE content type header.
func (k Kind) cose() any {
	switch k {
	case PackJSON:
		return contentFormatJSON
	case PackCBOR:
		return contentFormatCBOR
	default:
		return mediaTypePrefix + string(k)
	}
}

// kindFromCOSE is the inverse of cose; false for any other value.
func kindFromCOSE(v any) (Kind, bool) {
	for _, k := range kinds() {
		if k.cose() == v {
			return k, true
		}
	}
	return "", false
}
