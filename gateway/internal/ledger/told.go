package ledger

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/waymark-ledger/waymark/chaincode/rules/backing"
)

// CheckTold fails for an event that no chaincode tells that follows the rules: one that its transaction, which must be Valid, does not back by what it
// wrote, or whose payload not all read alike. Whoever can have some transaction endorsed alone can tell anything with it; nothing may come of that.
func (tx BlockTransaction) CheckTold() error {
	if err := sound(tx.Event.Payload); err != nil {
		return fmt.Errorf("event %s: %w", tx.Event.Name, err)
	}
	if err := tx.backed(); err != nil {
		return fmt.Errorf("event %s: %w", tx.Event.Name, err)
	}
	return nil
}

// ErrTold says that no event tells so much, or so.
var ErrTold = errors.New("no event tells so much, or so")

// backed fails for an event of something that its transaction did not write.
func (tx BlockTransaction) backed() error {
	w := backing.Writes{Private: map[string]map[[sha256.Size]byte]bool{}}
	for _, put := range tx.Writes {
		if put.Value != nil {
			w.Public = append(w.Public, put.Key)
		}
	}
	slices.Sort(w.Public)
	for _, p := range tx.Private {
		if w.Private[p.Member] == nil {
			w.Private[p.Member] = map[[sha256.Size]byte]bool{}
		}
		w.Private[p.Member][p.Key] = true
	}
	return backing.Check(backing.Told{Name: tx.Event.Name, Payload: tx.Event.Payload, TxID: tx.TxID, Member: tx.Member}, w)
}

// MaxToldParts bounds the things that a transaction tells of.
const MaxToldParts = 10_000

// Bounds of what a transaction tells, of which the rules tell less by far: whoever can write some record alone can tell anything
// with it, and what is told is held for all who follow.
const (
	maxTold  = 1 << 20 // bytes, in all
	maxDepth = 8       // of arrays and objects in each other
)

// sound fails for what is no JSON that all callers read alike (RFC 7493): texts in UTF-8, no member twice, also not in capitals, not too deep and not too much.
func sound(payload []byte) error {
	if len(payload) > maxTold {
		return ErrTold
	}
	d := jsontext.NewDecoder(bytes.NewReader(payload))
	for {
		token, err := d.ReadToken()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case d.StackDepth() > maxDepth, crowded(d), oddlyNamed(d, token):
			return ErrTold
		}
	}
}

// crowded reports whether a list of the payload has more than any event tells of.
func crowded(d *jsontext.Decoder) bool {
	const list = 2 // what is in the object that a payload is
	if d.StackDepth() < list {
		return false
	}
	_, length := d.StackIndex(list)
	return length > MaxToldParts
}

// oddlyNamed reports whether what was read is the name of a member that no payload has: some take capitals for the same.
func oddlyNamed(d *jsontext.Decoder, token jsontext.Token) bool {
	kind, length := d.StackIndex(d.StackDepth())
	if kind != '{' || length%2 == 0 || token.Kind() != '"' {
		return false
	}
	return strings.Trim(token.String(), "abcdefghijklmnopqrstuvwxyz0123456789_") != ""
}
