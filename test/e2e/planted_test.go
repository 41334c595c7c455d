//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/test/internal/audit"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// The measurements of the devices of these tests: the owner made the first three private.
var privateNames = []string{"note", "pressure", "temperature"}

const privateClass waymark.DataClass = "goods"

// secret is a message with sealed readings, and what they stand for.
type secret struct {
	device  *device.Device
	message device.Message
	sealed  []senml.Reading
}

// planted collects what must be nowhere but at its holders, and what must be everywhere.
type planted struct {
	hidden, open []audit.Needle
}

// text and number return values that are nowhere else, as readings of now.
func text(kind, name string) senml.Reading {
	return senml.Reading{Name: name, Kind: senml.Text, Body: fmt.Sprintf("%s-%016x", kind, rand.Uint64()), Time: now()}
}

// A number has 13 digits, and so 6 bytes.
func number(name string) senml.Reading {
	return senml.Reading{Name: name, Unit: "Pa", Value: (2e11+rand.Int64N(7e11))*10 + 1 + rand.Int64N(9), Time: now()}
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// readings are three private ones and two in the open.
func (p *planted) readings(t *testing.T) (all, private []senml.Reading) {
	t.Helper()
	private = []senml.Reading{text("planted", "note"), number("pressure"), temperatures(412)[0]}
	open := []senml.Reading{text("open", "remark"), number("altitude")}
	p.hidden = append(p.hidden, append(needles(t, private[0]), needles(t, private[1])...)...)
	p.open = append(p.open, append(needles(t, open[0]), needles(t, open[1])...)...)
	return []senml.Reading{open[0], private[0], private[1], open[1], private[2]}, private
}

// secret signs the next message of a device.
func (p *planted) secret(t *testing.T, d *device.Device, format attest.Format) secret {
	t.Helper()
	all, private := p.readings(t)
	m, err := d.Seal(format, all, privateNames...)
	if err != nil {
		t.Fatal(err)
	}
	_, disclosures, err := attest.Split(m.Text())
	if err != nil || len(disclosures) != len(private) {
		t.Fatalf("%d disclosures: %v", len(disclosures), err)
	}
	for _, disclosure := range disclosures {
		p.hide(t, "a disclosure", disclosure)
		p.hide(t, "a salt", saltOf(t, disclosure))
	}
	return secret{d, m, private}
}

// exposing signs a message that says in the open what its owner made private.
func (p *planted) exposing(t *testing.T, d *device.Device, format attest.Format) device.Message {
	t.Helper()
	private := []senml.Reading{text("planted", "note"), number("pressure")}
	p.hidden = append(p.hidden, append(needles(t, private[0]), needles(t, private[1])...)...)
	m, err := d.Sign(format, private)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (p *planted) hide(t *testing.T, what string, value []byte) {
	t.Helper()
	n, err := audit.NewNeedle(fmt.Sprintf("%s %.60q", what, value), value)
	if err != nil {
		t.Fatal(err)
	}
	p.hidden = append(p.hidden, n)
}

// needles are the forms of a reading's value: the text, or a number as decimal, as
// integer, and as the bytes of that.
func needles(t *testing.T, r senml.Reading) []audit.Needle {
	t.Helper()
	forms := [][]byte{[]byte(r.Body)}
	if r.Kind == senml.Number {
		big, little := binary.BigEndian.AppendUint64(nil, uint64(r.Value)), binary.LittleEndian.AppendUint64(nil, uint64(r.Value))
		forms = [][]byte{[]byte(r.Decimal()), strconv.AppendInt(nil, r.Value, 10), bytes.TrimLeft(big, "\x00"), bytes.TrimRight(little, "\x00")}
	}
	var all []audit.Needle
	for _, form := range forms {
		n, err := audit.NewNeedle(fmt.Sprintf("%s %q", r.Name, form), form)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
	}
	return all
}

func saltOf(t *testing.T, disclosure []byte) []byte {
	t.Helper()
	if text, isJSON := strings.CutPrefix(string(disclosure), `["`); isJSON {
		written, _, _ := strings.Cut(text, `"`)
		salt, err := base64.RawURLEncoding.DecodeString(written)
		if err != nil {
			t.Fatal(err)
		}
		return salt
	}
	return disclosure[2 : 2+senml.MinSaltBytes] // after the heads of the array and of the salt
}

// nowhereInBlocks searches every block of every peer, in which all events are, and checks
// that what was reported in the open is found by the same search.
func (p *planted) nowhereInBlocks(ctx context.Context, t *testing.T) {
	t.Helper()
	hidden, open := audit.NewSearcher(p.hidden), audit.NewSearcher(p.open)
	for member := range local.at.Members {
		peer, err := audit.Connect(local.at, member)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		blocks := 0
		err = peer.RawBlocks(ctx, func(number uint64, raw []byte) error {
			blocks++
			for _, name := range hidden.Find(raw) {
				t.Errorf("block %d of %s has %s", number, member, name)
			}
			for _, name := range open.Find(raw) {
				found[name] = true
			}
			return nil
		})
		_ = peer.Close()
		if err != nil {
			t.Fatal(err)
		}
		p.allOpen(t, "the blocks of "+member, found)
		t.Logf("%s: searched %d blocks for %d planted values", member, blocks, len(p.hidden))
	}
}

// allOpen checks that the search finds each value that was reported in the open, in one
// form at least: what it does not find is not there for it either.
func (p *planted) allOpen(t *testing.T, where string, found map[string]bool) {
	t.Helper()
	values := map[string]bool{}
	for i := 0; i < len(p.open); {
		n := 1
		if strings.HasPrefix(p.open[i].Name, "altitude") {
			n = 4 // the forms of a number
		}
		for _, form := range p.open[i : i+n] {
			values[p.open[i].Name] = values[p.open[i].Name] || found[form.Name]
		}
		i += n
	}
	for name, there := range values {
		if !there {
			t.Errorf("%s: the search does not find %s, which is in the open", where, name)
		}
	}
}

// nowhereInFiles searches all that the network keeps on disk, logs and everything, except
// where the holders and the bridge keep what they may have. It checks that the search
// finds what those have.
func (p *planted) nowhereInFiles(t *testing.T, holders ...string) {
	t.Helper()
	dir := local.Dir()
	keeps := func(path string) bool { // who may have it
		if path == "bridge" {
			return true
		}
		return slices.ContainsFunc(holders, func(member string) bool { return path == filepath.Join("members", member, "peer") })
	}
	found, searched, err := audit.NewSearcher(p.hidden).FindInFiles(dir, keeps)
	if err != nil {
		t.Fatal(err)
	}
	for path, names := range found {
		t.Errorf("%s has %q", path, names)
	}
	logs, err := filepath.Glob(filepath.Join(dir, "logs", "*.log"))
	if err != nil || len(logs) < 4 {
		t.Errorf("only %d logs: %v", len(logs), err)
	}
	t.Logf("searched %d files, %d of them logs, for %d planted values", searched, len(logs), len(p.hidden))
	for member := range local.at.Members {
		p.ledgerFiles(t, filepath.Join(dir, "members", member, "peer"), slices.Contains(holders, member))
	}
}

// ledgerFiles checks that the files of a peer have what is in the open and, if it is a
// holder's, what is not.
func (p *planted) ledgerFiles(t *testing.T, dir string, holder bool) {
	t.Helper()
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	open, hidden := map[string]bool{}, 0
	found, searched, err := audit.NewSearcher(slices.Concat(p.open, p.hidden)).FindInFiles(dir, func(string) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	for path, names := range found {
		for _, name := range names {
			switch {
			case slices.ContainsFunc(p.open, func(n audit.Needle) bool { return n.Name == name }):
				open[name] = true
			case holder:
				hidden++
			default:
				t.Errorf("%s has %s", filepath.Join(dir, path), name)
			}
		}
	}
	p.allOpen(t, dir, open)
	if holder && hidden == 0 {
		t.Errorf("of %d files in %s none has what its member holds: the search looks in the wrong place", searched, dir)
	}
}
