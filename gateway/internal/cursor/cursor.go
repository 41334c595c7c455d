// Package cursor seals the cursors of lists: a page can end at something that its reader may not know of, and a cursor
// that could be read, or made up, would tell of it.
package cursor

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// Sealer seals and opens cursors with the key of a database. It is safe for concurrent use.
type Sealer struct {
	db  *database.DB
	key atomic.Pointer[cipher.AEAD] // nil before the first use
}

// New returns a sealer. db is of the kind database.Requests: what another gateway sealed with it is opened, too.
func New(db *database.DB) *Sealer { return &Sealer{db: db} }

// block is how many bytes a cursor is filled up to a multiple of, since its length would tell something, too.
const block = 128

// Seal returns a cursor as its reader gets it. about is what it is opened for, alone: a list and a reader. Of an empty
// one, which is none, it is empty.
func (s *Sealer) Seal(ctx context.Context, about, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	key, err := s.aead(ctx)
	if err != nil {
		return "", err
	}
	filled := cursor + strings.Repeat("\x00", block-1-(len(cursor)-1)%block)
	return base64.RawURLEncoding.EncodeToString(key.Seal(nil, nil, []byte(filled), []byte(about))), nil //nolint:gosec // it takes a random nonce by itself
}

// Open returns a cursor that was sealed about the same, empty for none. It returns Invalid for anything else.
func (s *Sealer) Open(ctx context.Context, about, sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	key, err := s.aead(ctx)
	if err != nil {
		return "", err
	}
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err == nil {
		raw, err = key.Open(nil, nil, raw, []byte(about))
	}
	if err != nil {
		return "", waymark.InvalidField("/cursor", "is not the cursor of an answer to this question: begin anew")
	}
	return strings.TrimRight(string(raw), "\x00"), nil
}

// aead is made of the key, which whoever comes first makes.
func (s *Sealer) aead(ctx context.Context) (cipher.AEAD, error) {
	if known := s.key.Load(); known != nil {
		return *known, nil
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	err := s.db.Update(ctx, func(ctx context.Context, in database.Statements) error {
		if _, err := in.ExecContext(ctx, `INSERT INTO cursor_key (one, key) VALUES (1, $1) ON CONFLICT (one) DO NOTHING`, key); err != nil {
			return err
		}
		return in.QueryRowContext(ctx, `SELECT key FROM cursor_key`).Scan(&key)
	})
	if err != nil {
		return nil, fmt.Errorf("key of cursors: %w", err)
	}
	cipherOf, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("key of cursors: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(cipherOf)
	if err != nil {
		return nil, fmt.Errorf("key of cursors: %w", err)
	}
	s.key.Store(&aead)
	return aead, nil
}
