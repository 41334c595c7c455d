package anchored

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
)

// Bodies is the store of bundles.
type Bodies interface {
	// Body returns the body of a hash, and nothing else. What is wrong with it is a bodies.Fault; any other error
	// is of the store.
	Body(ctx context.Context, hash bodies.Hash) ([]byte, error)
}

// NotOurs is the fault of a body that is what its name says, and from which the window was not made.
const NotOurs bodies.Fault = "not-ours"

// Opened is the messages of an anchored window.
type Opened struct {
	Messages []*attest.Message // by number
	Texts    []string          // the same, as they were sent
	Lines    []anchor.Line     // what they come to
}

// Opener opens windows. The body that it opened last it keeps, since windows of one transaction share one: it is not
// safe for concurrent use.
type Opener struct {
	bodies  Bodies
	channel string

	hash   string // of what is kept
	bundle anchor.Bundle
	failed error
}

// NewOpener returns an opener of windows on a channel.
func NewOpener(b Bodies, channel string) *Opener { return &Opener{bodies: b, channel: channel} }

// Open returns the messages of a window with a body, from which its root and its digests follow. Whether the device signed
// them it does not check. It fails with a bodies.Fault, which may be NotOurs, or as the store does.
func (o *Opener) Open(ctx context.Context, w waymark.Window) (Opened, error) {
	bundle, err := o.body(ctx, w.Body)
	if err != nil {
		return Opened{}, err
	}
	if bundle.Consortium != o.channel {
		return Opened{}, fmt.Errorf("%w: it is of consortium %s", NotOurs, bundle.Consortium)
	}
	var all Opened
	for n := w.First; n <= w.Last; n++ {
		text, found := bundle.Message(w.Device, n)
		if !found {
			return Opened{}, fmt.Errorf("%w: it has no message %d of the device", NotOurs, n)
		}
		if err := all.add(w, n, text); err != nil {
			return Opened{}, fmt.Errorf("%w: message %d: %w", NotOurs, n, err)
		}
	}
	if !bytes.Equal(anchor.Root(w.Device, w.First, all.Lines), w.Root) {
		return Opened{}, fmt.Errorf("%w: the messages do not come to the root of the window", NotOurs)
	}
	return all, nil
}

// body is the bundle with a hash.
func (o *Opener) body(ctx context.Context, hash string) (anchor.Bundle, error) {
	if o.hash == hash {
		return o.bundle, o.failed
	}
	raw, err := hex.DecodeString(hash)
	if err != nil || len(raw) != len(bodies.Hash{}) {
		return anchor.Bundle{}, fmt.Errorf("%w: %q is not the name of a body", NotOurs, hash)
	}
	encoded, err := o.bodies.Body(ctx, bodies.Hash(raw))
	var bundle anchor.Bundle
	if err == nil {
		if bundle, err = anchor.DecodeBundle(encoded); err != nil {
			err = fmt.Errorf("%w: %w", NotOurs, err)
		}
	}
	var fault bodies.Fault
	if err != nil && !errors.As(err, &fault) { // of the store, which may answer the next time
		return bundle, err
	}
	o.hash, o.bundle, o.failed = hash, bundle, err
	return bundle, err
}

// add adds a message that must be number n of the window.
func (o *Opened) add(w waymark.Window, n uint64, text string) error {
	m, err := attest.Parse(text)
	if err != nil {
		return err
	}
	if m.Device != w.Device || m.Sequence != n || m.KeyID != w.Key {
		return fmt.Errorf("it is message %d of %s by key %s", m.Sequence, m.Device, m.KeyID)
	}
	digest, err := m.Digest()
	if err != nil {
		return err
	}
	if at := int(n-w.First) * waymark.DigestPrefix; len(w.Digests) < at+waymark.DigestPrefix || !bytes.Equal(w.Digests[at:at+waymark.DigestPrefix], digest[:waymark.DigestPrefix]) { //nolint:gosec // of at most 100
		return errors.New("the window has another digest of it")
	}
	readings, err := senml.Parse(m)
	if err != nil {
		return err
	}
	line, err := anchor.LineOf(m, digest, readings)
	if err != nil {
		return err
	}
	o.Messages, o.Texts, o.Lines = append(o.Messages, m), append(o.Texts, text), append(o.Lines, line)
	return nil
}

// Signed checks that the device's key signed every message. It fails with NotOurs.
func (o Opened) Signed(key waymark.JWK) error {
	for _, m := range o.Messages {
		if _, err := m.Verify(key); err != nil {
			return fmt.Errorf("%w: message %d: %w", NotOurs, m.Sequence, err)
		}
	}
	return nil
}
