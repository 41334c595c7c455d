//go:build pkcs11

package fabric

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/hyperledger/fabric-gateway/pkg/identity"
)

// tokens holds the keys in PKCS#11 tokens that are in use. A library is initialised once in a
// process, and a key is logged in to once: a certificate that is renewed for the same key
// goes on with it.
type tokens struct {
	mu        sync.Mutex
	libraries map[string]*identity.HSMSignerFactory
	signers   map[Token]identity.Sign
	closers   []func() error
}

// signer returns what signs with the key in a token.
func (t *tokens) signer(token Token) (identity.Sign, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if sign, ok := t.signers[token]; ok {
		return sign, nil
	}
	pin, err := os.ReadFile(token.PINFile)
	if err != nil {
		return nil, fmt.Errorf("read PIN: %w", err)
	}
	id, err := hex.DecodeString(token.KeyID)
	if err != nil {
		return nil, fmt.Errorf("key id of token %s: %w", token.Label, err)
	}
	library, err := t.library(token.Library)
	if err != nil {
		return nil, err
	}
	sign, closer, err := library.NewHSMSigner(identity.HSMSignerOptions{
		Label: token.Label, Pin: strings.TrimRight(string(pin), "\r\n"), Identifier: string(id),
	})
	if err != nil {
		return nil, fmt.Errorf("token %s: %w", token.Label, err)
	}
	if t.signers == nil {
		t.signers = make(map[Token]identity.Sign)
	}
	t.signers[token] = sign
	t.closers = append(t.closers, closer)
	return sign, nil
}

func (t *tokens) library(path string) (*identity.HSMSignerFactory, error) {
	if library, ok := t.libraries[path]; ok {
		return library, nil
	}
	library, err := identity.NewHSMSignerFactory(path)
	if err != nil {
		return nil, fmt.Errorf("PKCS#11 library %s: %w", path, err)
	}
	if t.libraries == nil {
		t.libraries = make(map[string]*identity.HSMSignerFactory)
	}
	t.libraries[path] = library
	return library, nil
}

// close logs out of all tokens.
func (t *tokens) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var errs []error
	for _, closer := range t.closers {
		errs = append(errs, closer())
	}
	for _, library := range t.libraries {
		library.Dispose()
	}
	return errors.Join(errs...)
}
