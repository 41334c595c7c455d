package attest

import (
	"cmp"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Check is a message and the key that is to have signed it.
type Check struct {
	Message *Message
	Key     waymark.JWK
}

// Verified is what came of a Check: what Message.Verify returns.
type Verified struct {
	Digest Digest
	Err    error
}

// VerifyAll verifies many messages and returns what came of each, the same as if each were
// verified alone. Ed25519 signatures are checked together, which costs less than half.
func VerifyAll(checks []Check) []Verified {
	results := make([]Verified, len(checks))
	keys := keyring{}
	var signed []signedBy
	for i, c := range checks {
		key, err := keys.of(c.Key)
		if err != nil {
			results[i].Err = err
			continue
		}
		content, e, err := c.Message.alone(key.publicKey)
		if err != nil {
			results[i].Err = c.Message.notSigned()
			continue
		}
		if results[i].Digest = digestOf(content); e != nil {
			signed = append(signed, signedBy{*e, key.number, i})
		}
	}
	for _, i := range forged(signed) {
		results[i] = Verified{Err: checks[i].Message.notSigned()}
	}
	return results
}

// alone returns what a message signs, having checked all of its signature that is to be checked
// alone: there is an equation left if the key is one of Ed25519.
func (m *Message) alone(key publicKey) (content []byte, e *equation, err error) {
	content, signature, err := m.envelope.opened(key)
	if err != nil {
		return nil, nil, err
	}
	edwards, is := key.key.(*edwardsKey)
	if !is {
		return content, nil, key.check(content, signature)
	}
	found, ok := equationOf(edwards, content, signature)
	if !ok {
		return nil, nil, errSignature
	}
	return content, &found, nil
}

// signedBy is the equation of a check, and the number of its key.
type signedBy struct {
	equation
	key, check int
}

// forged returns the checks whose equations do not hold.
func forged(signed []signedBy) []int {
	slices.SortStableFunc(signed, func(a, b signedBy) int { return cmp.Compare(a.key, b.key) })
	equations := make([]equation, len(signed))
	for i, s := range signed {
		equations[i] = s.equation
	}
	var found []int
	for i, held := range hold(equations) {
		if !held {
			found = append(found, signed[i].check)
		}
	}
	return found
}

// keyring has the keys of many checks, each read once.
type keyring map[waymark.JWK]numberedKey

// numberedKey is a key, and which it is of those of the checks.
type numberedKey struct {
	publicKey
	number int
}

func (r keyring) of(jwk waymark.JWK) (numberedKey, error) {
	if known, found := r[jwk]; found {
		return known, nil
	}
	key, err := parseJWK(jwk)
	if err != nil {
		return numberedKey{}, err
	}
	r[jwk] = numberedKey{key, len(r)}
	return r[jwk], nil
}
