package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Entry is a token as the tokens file holds it.
type Entry struct {
	ID     string       `json:"id"`     // names the token in logs; unique in the file
	Role   waymark.Role `json:"role"`   // what its bearer may act as
	SHA256 string       `json:"sha256"` // lower-case hexadecimal SHA-256 of the token's text
}

// tokenPrefix lets secret scanners recognise a token.
const tokenPrefix = "wmk_"

// tokenBytes is the entropy of a token. With 256 random bits a plain hash needs
// no salt and no stretching.
const tokenBytes = 32

// NewToken makes a token and its entry. The token is not kept anywhere.
func NewToken(id string, role waymark.Role) (string, Entry, error) {
	secret := make([]byte, tokenBytes)
	if _, err := rand.Read(secret); err != nil {
		return "", Entry{}, fmt.Errorf("random token: %w", err)
	}
	token := tokenPrefix + base64.RawURLEncoding.EncodeToString(secret)
	sum := sha256.Sum256([]byte(token))
	entry := Entry{ID: id, Role: role, SHA256: hex.EncodeToString(sum[:])}
	return token, entry, entry.Validate()
}

// Validate checks the form of the entry.
func (e Entry) Validate() error {
	if err := waymark.ValidateID("/id", e.ID); err != nil {
		return err
	}
	if !slices.Contains(waymark.Roles(), e.Role) {
		return waymark.InvalidField("/role", "must be one of %v", waymark.Roles())
	}
	if sum, err := hex.DecodeString(e.SHA256); err != nil || len(sum) != sha256.Size || hex.EncodeToString(sum) != e.SHA256 {
		return waymark.InvalidField("/sha256", "must be 64 lower-case hexadecimal digits")
	}
	return nil
}
