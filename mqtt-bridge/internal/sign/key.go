package sign

import (
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Key signs for one bridge. It is safe for concurrent use.
type Key struct {
	bridge, consortium string
	id                 string
	private            crypto.Signer
	public             waymark.JWK
}

// Public is what a device is given of a bridge's key.
type Public struct {
	Bridge string      `json:"iss"` // the bridge's id
	ID     string      `json:"kid"`
	JWK    waymark.JWK `json:"jwk"`
}

// idLength is in hexadecimal digits.
const idLength = 16

func newKey(private crypto.Signer, bridge, consortium string) (*Key, error) {
	public, err := attest.PublicJWK(private)
	if err != nil {
		return nil, err //nolint:wrapcheck // it says all
	}
	// RFC 7638, clause 3: the members that the key needs, sorted, without spaces.
	canonical, err := json.Marshal(struct {
		Curve   string `json:"crv"`
		KeyType string `json:"kty"`
		X       string `json:"x"`
	}{public.Curve, public.KeyType, public.X})
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	thumbprint := sha256.Sum256(canonical)
	return &Key{bridge: bridge, consortium: consortium, private: private, public: public,
		id: hex.EncodeToString(thumbprint[:])[:idLength]}, nil
}

// Public returns what a device is given.
func (k *Key) Public() Public { return Public{Bridge: k.bridge, ID: k.id, JWK: k.public} }

// Sign returns a statement for a device as the message that is published, in which the bridge names itself.
func (k *Key) Sign(format attest.Format, kind attest.Kind, statement waymark.Validator) ([]byte, error) {
	if err := statement.Validate(); err != nil {
		return nil, fmt.Errorf("sign %s: %w", kind, err)
	}
	payload, err := json.Marshal(statement)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", kind, err)
	}
	signed, err := attest.Sign(format, k.private, attest.Header{Device: k.bridge, Consortium: k.consortium, KeyID: k.id, Kind: kind}, payload)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", kind, err)
	}
	return signed.Raw, nil
}
