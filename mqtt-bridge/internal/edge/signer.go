package edge

import (
	"crypto"
	"encoding/json"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/key"
)

// signer signs for devices with the edge's keys. It is safe for concurrent use.
type signer struct {
	consortium string
	keys       map[string]held // by device id; of the edge itself the first
}

// held is a key as a device has it.
type held struct {
	id      string
	private crypto.Signer
}

func newSigner(c config.Config) (*signer, error) {
	files := make(map[string]crypto.Signer)
	for _, k := range c.Keys {
		private, err := key.Load(k.File)
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", k.ID, err)
		}
		files[k.ID] = private
	}
	first := c.Keys[0].ID
	s := &signer{consortium: c.Consortium, keys: map[string]held{c.ID: {id: first, private: files[first]}}}
	for _, d := range c.Devices {
		k, id := c.KeyOf(d)
		s.keys[d.ID] = held{id: id, private: files[k.ID]}
	}
	return s, nil
}

// Sign signs a pack as a device's message of that number.
func (s *signer) Sign(device string, number uint64, previous, pack []byte) (attest.Signed, error) {
	h := s.header(device, attest.PackCBOR)
	h.Sequence, h.Previous = number, previous
	return attest.Sign(attest.COSE, s.keys[device].private, h, pack)
}

// Password signs what a device shows to the consortium's broker.
func (s *signer) Password(device string, now time.Time, lifetime time.Duration) (string, error) {
	signed, err := attest.Sign(attest.JWS, s.keys[device].private, s.header(device, attest.Connect), attest.NewLogin(now, lifetime))
	return signed.Text(), err
}

// Inquiry signs a device's question what became of a message.
func (s *signer) Inquiry(device string, number uint64) ([]byte, error) {
	payload, err := json.Marshal(waymark.Inquiry{Number: number})
	if err != nil {
		return nil, err
	}
	signed, err := attest.Sign(attest.COSE, s.keys[device].private, s.header(device, attest.Inquiry), payload)
	return signed.Raw, err
}

func (s *signer) header(device string, kind attest.Kind) attest.Header {
	return attest.Header{Device: device, Consortium: s.consortium, KeyID: s.keys[device].id, Kind: kind}
}
