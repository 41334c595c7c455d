package main

import (
	"encoding/hex"
	"math/big"
)

// signatures is the content of signatures.json.
type signatures struct {
	About      string            `json:"about"`
	Signatures []signatureVector `json:"signatures"`
	Keys       []keyVector       `json:"keys"`
}

// signatureVector is a signature, and whether it holds.
type signatureVector struct {
	Name       string `json:"name"`
	About      string `json:"about"`
	Key        string `json:"key"`       // hex
	Content    string `json:"content"`   // hex
	Signature  string `json:"signature"` // hex of R and S
	Holds      bool   `json:"holds"`
	Cofactored bool   `json:"cofactored,omitempty"` // it holds by the equation with the cofactor alone
}

// keyVector is a key that can be registered or not.
type keyVector struct {
	Name  string `json:"name"`
	About string `json:"about"`
	Key   string `json:"key"` // hex
	Code  string `json:"code,omitempty"`
}

// signing makes the vectors of one key.
type signing struct {
	edwards
	file    *signatures
	secret  *big.Int
	prefix  []byte
	key     point
	content []byte
	torsion point // of order 8
}

func signatureFile() (*signatures, error) {
	seed, err := decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
	if err != nil {
		return nil, err
	}
	s := signing{edwards: newEdwards(), content: []byte("waymark"),
		file: &signatures{About: "Ed25519 signatures by the equation with the cofactor; README.md says how to read this file. The keys are public: never use them."}}
	s.secret, s.prefix = secret(seed)
	s.key, s.torsion = s.times(s.secret, s.base), s.order8()
	s.plain()
	s.twisted()
	s.badR()
	s.badS()
	s.smallKeys()
	s.keys()
	return s.file, nil
}

// answer is the S that makes the equation hold for the part of R and key that is a multiple of the base.
func (s signing) answer(r, key []byte, nonce *big.Int) *big.Int {
	k := s.hashed(r, key, s.content)
	k.Mul(k, s.secret).Add(k, nonce)
	return k.Mod(k, s.order)
}

func (s signing) nonce() *big.Int { return s.hashed(s.prefix, s.content) }

// judge adds a signature whose parts are well formed, and works out whether it holds.
func (s signing) judge(name, about string, key, r point, answer *big.Int) {
	k := s.hashed(r.encode(), key.encode(), s.content)
	left, right := s.times(answer, s.base), s.add(r, s.times(k, key))
	eight := big.NewInt(8)
	holds := s.times(eight, left).is(s.times(eight, right))
	s.put(signatureVector{Name: name, About: about, Holds: holds, Cofactored: holds && !left.is(right)}, key.encode(), r.encode(), littleEndian(answer))
}

// refuse adds a signature that is refused for how it is written.
func (s signing) refuse(name, about string, key, r, answer []byte) {
	s.put(signatureVector{Name: name, About: about}, key, r, answer)
}

func (s signing) put(v signatureVector, key, r, answer []byte) {
	v.Key, v.Content = hex.EncodeToString(key), hex.EncodeToString(s.content)
	v.Signature = hex.EncodeToString(r) + hex.EncodeToString(answer)
	s.file.Signatures = append(s.file.Signatures, v)
}
