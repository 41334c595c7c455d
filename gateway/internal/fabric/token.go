//go:build !pkcs11

package fabric

import (
	"errors"

	"github.com/hyperledger/fabric-gateway/pkg/identity"
)

// tokens would hold keys in PKCS#11 tokens, in a gateway that is built for them.
type tokens struct{}

func (*tokens) signer(Token) (identity.Sign, error) {
	return nil, errors.New("this gateway is built without PKCS#11: build it with -tags pkcs11")
}

func (*tokens) close() error { return nil }
