package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Entry is a token as the tokens file holds it.
type Entry struct {
	Name     string    `json:"name"`       // of the token, in logs; unique in the file
	Identity string    `json:"identity"`   // the name of the identity that acts for its bearer
	SHA256   string    `json:"sha256"`     // lower-case hexadecimal SHA-256 of the token's text
	Created  time.Time `json:"created_at"` // UTC
	Expires  time.Time `json:"expires_at"` // UTC; the token is good until then
}

// tokenPrefix lets secret scanners recognise a token.
const tokenPrefix = "wmk_"

// tokenBytes is the entropy of a token. With 256 random bits a plain hash needs
// no salt and no stretching.
const tokenBytes = 32

// NewToken makes a token, good for that long, and its entry. The token is not kept anywhere.
func NewToken(name, identity string, now time.Time, good time.Duration) (string, Entry, error) {
	secret := make([]byte, tokenBytes)
	if _, err := rand.Read(secret); err != nil {
		return "", Entry{}, fmt.Errorf("random token: %w", err)
	}
	token := tokenPrefix + base64.RawURLEncoding.EncodeToString(secret)
	sum := sha256.Sum256([]byte(token))
	now = now.UTC().Truncate(time.Second)
	entry := Entry{Name: name, Identity: identity, SHA256: hex.EncodeToString(sum[:]), Created: now, Expires: now.Add(good)}
	return token, entry, entry.Validate()
}

// CallerID is what its bearer is known by. The beginning of the hash tells it from another token
// that had the name before, or will have it.
func (e Entry) CallerID() string { return "token:" + e.Name + ";" + e.SHA256[:16] }

// Validate checks the form of the entry.
func (e Entry) Validate() error {
	if err := waymark.ValidateID("/name", e.Name); err != nil {
		return err
	}
	if err := waymark.ValidateID("/identity", e.Identity); err != nil {
		return err
	}
	if sum, err := hex.DecodeString(e.SHA256); err != nil || len(sum) != sha256.Size || hex.EncodeToString(sum) != e.SHA256 {
		return waymark.InvalidField("/sha256", "must be 64 lower-case hexadecimal digits")
	}
	if !e.Expires.After(e.Created) {
		return waymark.InvalidField("/expires_at", "must be after created_at")
	}
	return nil
}
