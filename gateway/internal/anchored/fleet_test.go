package anchored_test

import (
	"context"
	"crypto"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

const (
	member  = "producer"
	channel = "waymark"
	perhaps = 1893456000 // a time, in seconds
)

// fleet is a member's devices, its store, and the blocks that record what they measure.
type fleet struct {
	t      *testing.T
	dir    string
	store  bodies.Store
	keys   map[string]crypto.Signer
	blocks []ledger.Block

	followed int // how often the peer was asked for blocks
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	dir := t.TempDir()
	store, err := bodies.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return &fleet{t: t, dir: dir, store: store, keys: map[string]crypto.Signer{}, blocks: []ledger.Block{{Hash: hashOf(0)}}}
}

func hashOf(block uint64) []byte { return slices.Repeat([]byte{byte(block + 1)}, 32) }

// Follow gives the blocks that there are.
func (f *fleet) Follow(ctx context.Context, from uint64, take func(ledger.Block) error) error {
	f.followed++
	for _, b := range f.blocks[from:] {
		if err := take(b); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

func (f *fleet) height() uint64 { return uint64(len(f.blocks)) }

func (f *fleet) key(device string) crypto.Signer {
	if f.keys[device] == nil {
		key, err := attest.GenerateKey(attest.Ed25519)
		if err != nil {
			f.t.Fatal(err)
		}
		f.keys[device] = key
	}
	return f.keys[device]
}

// Registered is the device of an id.
func (f *fleet) Registered(_ context.Context, device string) (*waymark.Device, error) {
	jwk, err := attest.PublicJWK(f.key(device))
	return &waymark.Device{ID: device, Owner: member, Keys: []waymark.DeviceKey{{ID: "k1", JWK: jwk}}}, err
}

// messages are messages first to last of a device.
func (f *fleet) messages(device string, first, last uint64) (run anchor.SignedRun, lines []anchor.Line) {
	f.t.Helper()
	run = anchor.SignedRun{Device: device, First: first}
	var previous []byte
	if first > 1 {
		previous = hashOf(first)
	}
	for n := first; n <= last; n++ {
		signed, err := attest.Sign(attest.COSE, f.key(device), attest.Header{Device: device, Consortium: channel, KeyID: "k1", Kind: attest.PackJSON, Sequence: n, Previous: previous},
			fmt.Appendf(nil, `[{"n":"temperature","u":"Cel","v":%d,"t":%d}]`, n%10, perhaps))
		if err != nil {
			f.t.Fatal(err)
		}
		previous = signed.Digest[:]
		m, err := attest.Parse(signed.Text())
		if err != nil {
			f.t.Fatal(err)
		}
		readings, err := senml.Parse(m)
		if err != nil {
			f.t.Fatal(err)
		}
		line, err := anchor.LineOf(m, signed.Digest, readings)
		if err != nil {
			f.t.Fatal(err)
		}
		run.Messages, lines = append(run.Messages, signed.Text()), append(lines, line)
	}
	return run, lines
}

// windowOf is the window of a run.
func windowOf(run anchor.SignedRun, lines []anchor.Line) waymark.Window {
	at := time.Unix(perhaps, 0).UTC()
	w := waymark.Window{Device: run.Device, Owner: member, Key: "k1", First: run.First, Last: run.First + uint64(len(lines)) - 1, Readings: len(lines),
		From: at, To: at, Root: anchor.Root(run.Device, run.First, lines), Series: []waymark.Series{}}
	for _, l := range lines {
		w.Digests = append(w.Digests, l.Digest[:waymark.DigestPrefix]...)
	}
	return w
}

// put puts a bundle in the store.
func (f *fleet) put(consortium string, runs ...anchor.SignedRun) (body string) {
	f.t.Helper()
	encoded, err := anchor.Bundle{Consortium: consortium, Runs: runs}.Encode()
	if err != nil {
		f.t.Fatal(err)
	}
	hash, err := f.store.Put(f.t.Context(), encoded)
	if err != nil {
		f.t.Fatal(err)
	}
	return hex.EncodeToString(hash[:])
}

// record makes a block of one transaction with these windows.
func (f *fleet) record(body string, windows ...waymark.Window) {
	number := f.height()
	tx := ledger.BlockTransaction{TxID: fmt.Sprintf("%064x", number), Status: ledger.Valid, Member: member}
	for _, w := range windows {
		w.Body, w.Recorded = body, waymark.Stamp{TxID: tx.TxID, Member: w.Owner, Time: w.To}
		tx.Writes = append(tx.Writes, ledger.Write{Key: fmt.Sprintf("window/%s/%020d", w.Device, w.First), Value: window.Encode(w)})
	}
	f.blocks = append(f.blocks, ledger.Block{Number: number, Hash: hashOf(number), Transactions: []ledger.BlockTransaction{tx}})
}

// anchors anchors messages first to last of a device.
func (f *fleet) anchors(device string, first, last uint64) (body string) {
	f.t.Helper()
	run, lines := f.messages(device, first, last)
	body = f.put(channel, run)
	f.record(body, windowOf(run, lines))
	return body
}

// file is where the store has a body.
func (f *fleet) file(body string) string { return filepath.Join(f.dir, body[:2], body[2:]) }

func (f *fleet) lose(body string) {
	f.t.Helper()
	if err := os.Remove(f.file(body)); err != nil {
		f.t.Fatal(err)
	}
}

func hashNamed(t *testing.T, body string) bodies.Hash {
	t.Helper()
	raw, err := hex.DecodeString(body)
	if err != nil {
		t.Fatal(err)
	}
	return bodies.Hash(raw)
}
