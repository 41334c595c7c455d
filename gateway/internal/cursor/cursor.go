// Package cursor seals the cursors of lists: a page can end at something that its reader may not know of, and a cursor
// that could be read, or made up, would tell of it.
package cursor

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// Sealer seals and opens cursors with the key of a database. It is safe for concurrent use.
type Sealer struct {
	db  *database.DB
	key atomic.Pointer[keys] // nil before the first use
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
	k, err := s.keys(ctx)
	if err != nil {
		return "", err
	}
	filled := []byte(cursor + strings.Repeat("\x00", block-1-(len(cursor)-1)%block))
	nonce := k.nonce(about, filled)
	return base64.RawURLEncoding.EncodeToString(k.aead.Seal(nonce, nonce, filled, []byte(about))), nil
}

// Open returns a cursor that was sealed about the same, empty for none. It returns Invalid for anything else.
func (s *Sealer) Open(ctx context.Context, about, sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	k, err := s.keys(ctx)
	if err != nil {
		return "", err
	}
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	size := k.aead.NonceSize()
	if err != nil || len(raw) < size {
		return "", errOther
	}
	filled, err := k.aead.Open(nil, raw[:size], raw[size:], []byte(about))
	if err != nil {
		return "", errOther
	}
	return strings.TrimRight(string(filled), "\x00"), nil
}

var errOther = waymark.InvalidField("/cursor", "is not the cursor of an answer to this question: begin anew")

// keys are made of the key in the database.
type keys struct {
	aead    cipher.AEAD
	nonceOf []byte
}

// nonce differs with what is sealed, and is the same for the same: so are answers, and their ETags.
func (k *keys) nonce(about string, filled []byte) []byte {
	h := hmac.New(sha256.New, k.nonceOf)
	fmt.Fprintf(h, "%d:%s", len(about), about)
	h.Write(filled)
	return h.Sum(nil)[:k.aead.NonceSize()]
}

// keys reads the key, which whoever comes first makes.
func (s *Sealer) keys(ctx context.Context) (*keys, error) {
	if known := s.key.Load(); known != nil {
		return known, nil
	}
	key, err := s.kept(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		key, err = s.made(ctx)
	}
	if err != nil {
		return nil, database.Away(fmt.Errorf("key of cursors: %w", err))
	}
	k, err := newKeys(key)
	if err != nil {
		return nil, fmt.Errorf("key of cursors: %w", err)
	}
	s.key.Store(k)
	return k, nil
}

func newKeys(key []byte) (*keys, error) {
	sealing, err := hkdf.Expand(sha256.New, key, "seal", 32)
	if err != nil {
		return nil, err
	}
	nonceOf, err := hkdf.Expand(sha256.New, key, "nonce", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(sealing)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &keys{aead, nonceOf}, err
}

const keyQuery = `SELECT key FROM cursor_key`

func (s *Sealer) kept(ctx context.Context) (key []byte, err error) {
	err = s.db.View(ctx, func(ctx context.Context, db database.Statements) error {
		return db.QueryRowContext(ctx, keyQuery).Scan(&key)
	})
	return key, err
}

func (s *Sealer) made(ctx context.Context) (key []byte, err error) {
	key = make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	err = s.db.Update(ctx, func(ctx context.Context, in database.Statements) error {
		if _, err := in.ExecContext(ctx, `INSERT INTO cursor_key (one, key) VALUES (1, $1) ON CONFLICT (one) DO NOTHING`, key); err != nil {
			return err
		}
		return in.QueryRowContext(ctx, keyQuery).Scan(&key)
	})
	return key, err
}
