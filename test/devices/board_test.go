//go:build devices

package devices_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// board is the program of test/devices/c, which signs a line at a time.
type board struct {
	in  io.Writer
	out *bufio.Scanner
}

// build compiles the device for this machine, as strictly as a compiler can be told to look.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "board")
	compile := exec.CommandContext(t.Context(), "cc", "-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-Os", "-fsanitize=undefined,address",
		"-o", program, "c/board.c", "c/waymark.c", "-lcrypto")
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	return program
}

func start(t *testing.T, program string, key jwk, h header) *board {
	t.Helper()
	seed, err := base64.RawURLEncoding.DecodeString(key.D)
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(context.WithoutCancel(t.Context()), program, hex.EncodeToString(seed), h.Device, h.Consortium, h.KeyID)
	run.Stderr = os.Stderr
	in, err := run.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := run.Wait(); err != nil {
			t.Errorf("board: %v", err)
		}
	})
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	return &board{in: in, out: lines}
}

func (b *board) ask(t *testing.T, format string, args ...any) string {
	t.Helper()
	if _, err := fmt.Fprintf(b.in, format+"\n", args...); err != nil || !b.out.Scan() {
		t.Fatalf("the board is silent: %v", err)
	}
	return b.out.Text()
}

// pack signs message number sequence; previous is empty for the first.
func (b *board) pack(t *testing.T, sequence uint64, previous, readings string) string {
	t.Helper()
	if previous == "" {
		previous = "-"
	}
	return b.ask(t, "pack %d %s %s", sequence, previous, readings)
}

type jwk struct {
	D string `json:"d"`
	X string `json:"x"`
}

type header struct {
	Device     string `json:"device"`
	Consortium string `json:"consortium"`
	KeyID      string `json:"key_id"`
	Kind       string `json:"kind"`
	Sequence   uint64 `json:"sequence"`
	Previous   string `json:"previous"`
}

type vector struct {
	Name    string `json:"name"`
	Key     string `json:"key"`
	Text    string `json:"text"`
	Raw     string `json:"raw"`
	Digest  string `json:"digest"`
	Stage   string `json:"stage"`
	Payload string `json:"payload"`
	Header  header `json:"header"`
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "vectors", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func messages(t *testing.T) (map[string]jwk, []vector) {
	t.Helper()
	var file struct {
		Keys    map[string]jwk `json:"keys"`
		Vectors []vector       `json:"vectors"`
	}
	read(t, "messages.json", &file)
	return file.Keys, file.Vectors
}

// readings are those of the vectors' packs in CBOR: what the line says, and what is kept of it.
const readings = "1772352000 temperature Cel 425 -2 humidity %RH 61 0"

// The board signs what the vectors say byte by byte: packs, and every statement that is signed with its key.
func TestBoardSignsTheVectors(t *testing.T) {
	keys, vectors := messages(t)
	program := build(t)
	packed, stated := 0, 0
	for _, v := range vectors {
		if v.Key != "ed25519" || v.Stage != "" || strings.Contains(v.Text, ".") || strings.Contains(v.Name, "rfc9864") || v.Header.Kind == "senml+json" {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			b := start(t, program, keys[v.Key], v.Header)
			if v.Header.Kind == "senml+cbor" {
				packed++
				if got, want := b.pack(t, v.Header.Sequence, v.Header.Previous, readings), v.Raw+" "+v.Digest; got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			}
			if v.Header.Sequence == 0 && v.Payload != "" {
				stated++
				if got := b.ask(t, "statement %s %s", v.Header.Kind, v.Payload); got != v.Text {
					t.Errorf("got  %s\nwant %s", got, v.Text)
				}
			}
		})
	}
	if packed < 2 || stated < 3 {
		t.Errorf("%d packs and %d statements were signed", packed, stated)
	}
}

// What the board signs is understood, whatever it measures, and each message chains to the one before.
func TestBoardIsUnderstood(t *testing.T) {
	keys, vectors := messages(t)
	key := keys["ed25519"]
	b := start(t, build(t), key, vectors[0].Header)
	random := rand.New(rand.NewPCG(1, 2))
	previous := ""
	for n := uint64(1); n <= 300; n++ {
		var line strings.Builder
		fmt.Fprint(&line, 1.7e9+random.IntN(1e8))
		count := 1 + random.IntN(8)
		for i := range count {
			fmt.Fprintf(&line, " sensor-%d Cel %d %d", i, random.Int64N(2e4)-1e4, -random.IntN(3))
		}
		raw, digest, _ := strings.Cut(b.pack(t, n, previous, line.String()), " ")
		bytes, err := hex.DecodeString(raw)
		if err != nil {
			t.Fatalf("%s: %v", line.String(), err)
		}
		m, err := attest.Parse(attest.Text(bytes))
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.Verify(waymark.JWK{KeyType: "OKP", Curve: "Ed25519", X: key.X})
		if err != nil || hex.EncodeToString(got[:]) != digest || m.Sequence != n || hex.EncodeToString(m.Previous) != previous {
			t.Fatalf("message %d: digest %x, the board says %s: %v", n, got, digest, err)
		}
		pack, err := senml.ParseCBOR(m.Payload)
		if err != nil || len(pack) != count {
			t.Fatalf("%s: %d readings: %v", line.String(), len(pack), err)
		}
		previous = digest
	}
}

// What the board takes at the edge of its bounds the ledger takes, too.
func TestBoardSignsUpToItsBounds(t *testing.T) {
	keys, vectors := messages(t)
	program := build(t)
	for _, line := range []string{
		"pack 1 - 268435456 " + strings.Repeat("n", 64) + " " + strings.Repeat("u", 16) + " 1 0",
		"pack 9007199254740991 " + strings.Repeat("0", 64) + " 253402300799 a:./_-9 / 900000000000 0",
		"pack 1 - 1772352000 t lat 9000000000000000000 -7 t lat -90 10 t %RH 0 40 t m/s2 -9223372036854775808 -40 t /9 1 0",
	} {
		raw, err := hex.DecodeString(strings.Split(start(t, program, keys["ed25519"], vectors[0].Header).ask(t, "%s", line), " ")[0])
		if err != nil {
			t.Fatalf("%s: not signed", line)
		}
		m, err := attest.Parse(attest.Text(raw))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if _, err := senml.Parse(m); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// hears is what the board says to a message of the bridge of the vectors, about its message of a number and a digest.
func (b *board) hears(t *testing.T, bridge, keyID string, key jwk, number int, digest string, message []byte) string {
	t.Helper()
	public, err := base64.RawURLEncoding.DecodeString(key.X)
	if err != nil {
		t.Fatal(err)
	}
	return b.ask(t, "hear %s %s %x %d %s %x", bridge, keyID, public, number, digest, message)
}

// The board reads what a bridge signs as any reader does, whatever the order of its members, and refuses what is none.
func TestBoardHearsTheBridge(t *testing.T) {
	keys, vectors := messages(t)
	var file struct {
		Statements []struct{ Name, Kind, Payload, Code string }
	}
	read(t, "statements.json", &file)
	key := keys["ed25519-other"]
	seed, err := base64.RawURLEncoding.DecodeString(key.D)
	if err != nil {
		t.Fatal(err)
	}
	b := start(t, build(t), keys["ed25519"], vectors[0].Header)
	heard := map[string]int{}
	for _, v := range file.Statements {
		if v.Kind != string(attest.Commit) || v.Payload == "" {
			continue
		}
		signed, err := attest.Sign(attest.COSE, ed25519.NewKeyFromSeed(seed), attest.Header{Device: "bridge", Consortium: "waymark", KeyID: "b1", Kind: attest.Commit}, []byte(v.Payload))
		if err != nil {
			t.Fatal(err)
		}
		got := b.hears(t, "bridge", "b1", key, 1, strings.Repeat("0", 64), signed.Raw)
		if (got == "failed") != (v.Code != "") {
			t.Errorf("%s: %s", v.Name, got)
		}
		heard[got]++
	}
	if heard["free"] < 2 || heard["keep"] < 3 || heard["failed"] < 40 {
		t.Errorf("%v", heard)
	}
}

// It forgets a message only if the bridge of its operator has signed, for it, that it may.
func TestBoardFreesItsMessages(t *testing.T) {
	keys, vectors := messages(t)
	raw := map[string][]byte{}
	for _, v := range vectors {
		raw[v.Name], _ = hex.DecodeString(v.Raw)
	}
	key, own := keys["ed25519-other"], keys["ed25519"]
	flipped := bytes.Clone(raw["commit-cose"])
	flipped[len(flipped)-1] ^= 1
	const recorded, second = "390b085117faef18fd5812cc03b29f520b89d527ad23430427768f32c53e5dce", "5233292a85419cff51deaa5d6f43bb6b"
	other := strings.Repeat("0", 64)
	program := build(t)
	for _, test := range []struct {
		name, device, bridge, keyID string
		key                         jwk
		number                      int
		digest                      string
		message                     []byte
		want                        string
	}{
		{"recorded", "logger-1", "bridge", "b1", key, 1, recorded, raw["commit-cose"], "free"},
		{"another of its number is recorded", "logger-1", "bridge", "b1", key, 1, other, raw["commit-cose"], "free"},
		{"of another number", "logger-1", "bridge", "b1", key, 2, recorded, raw["commit-cose"], "keep"},
		{"in quarantine", "logger-1", "bridge", "b1", key, 2, second + second, raw["commit-quarantined-cose"], "free"},
		{"another is in quarantine", "logger-1", "bridge", "b1", key, 2, other, raw["commit-quarantined-cose"], "keep"},
		{"unknown", "logger-1", "bridge", "b1", key, 3, other, raw["commit-unknown-cose"], "keep"},
		{"other bytes cannot be read", "logger-1", "bridge", "b1", key, 4, other, raw["commit-unreadable-cose"], "keep"},
		{"another key", "logger-1", "bridge", "b1", own, 1, recorded, raw["commit-cose"], "failed"},
		{"another bridge", "logger-1", "bridge-2", "b1", key, 1, recorded, raw["commit-cose"], "failed"},
		{"another key id", "logger-1", "bridge", "b2", key, 1, recorded, raw["commit-cose"], "failed"},
		{"for another device", "logger-2", "bridge", "b1", key, 1, recorded, raw["commit-cose"], "failed"},
		{"a flipped bit", "logger-1", "bridge", "b1", key, 1, recorded, flipped, "failed"},
		{"cut", "logger-1", "bridge", "b1", key, 1, recorded, flipped[:len(flipped)-1], "failed"},
		{"cut in the payload", "logger-1", "bridge", "b1", key, 1, recorded, flipped[:70], "failed"},
		{"cut in the header", "logger-1", "bridge", "b1", key, 1, recorded, flipped[:9], "failed"},
		{"a command", "logger-1", "bridge", "b1", key, 1, recorded, raw["command-cose"], "failed"},
		{"its own word", "logger-1", "bridge", "b1", own, 1, recorded, raw["inquiry-cose"], "failed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := vectors[0].Header
			h.Device = test.device
			if len(test.message) == 0 {
				t.Fatal("there is no such vector")
			}
			if got := start(t, program, own, h).hears(t, test.bridge, test.keyID, test.key, test.number, test.digest, test.message); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// What it asks is the inquiry of the vectors.
func TestBoardAsks(t *testing.T) {
	keys, vectors := messages(t)
	b := start(t, build(t), keys["ed25519"], vectors[0].Header)
	for _, v := range vectors {
		if v.Name == "inquiry-cose" {
			if got := b.ask(t, "inquiry 1"); got != v.Text {
				t.Errorf("got  %s\nwant %s", got, v.Text)
			}
		}
	}
	m, err := attest.Parse(b.ask(t, "inquiry %d", uint64(1)<<53-1))
	if err != nil {
		t.Fatal(err)
	}
	if q, err := waymark.ParseInquiry(m.Payload); err != nil || q.Number != 1<<53-1 {
		t.Errorf("%+v, %v", q, err)
	}
}

// What the board cannot sign it does not sign.
func TestBoardRefuses(t *testing.T) {
	keys, vectors := messages(t)
	program := build(t)
	h := vectors[0].Header
	for _, test := range []struct {
		name, device, line string
	}{
		{"more than its memory holds", h.Device, "pack 1 - 1772352000" + strings.Repeat(" "+strings.Repeat("n", 64)+" Cel 1 0", 30)},
		{"a name with a character that none has", h.Device, "pack 1 - 1772352000 a*b Cel 1 0"},
		{"a name that begins with a point", h.Device, "pack 1 - 1772352000 .t Cel 1 0"},
		{"a name that is too long", h.Device, "pack 1 - 1772352000 " + strings.Repeat("n", 65) + " Cel 1 0"},
		{"a unit that is none", h.Device, "pack 1 - 1772352000 t C!l 1 0"},
		{"a unit that begins with a stroke", h.Device, "pack 1 - 1772352000 t /m 1 0"},
		{"the second of two is none", h.Device, "pack 1 - 1772352000 t Cel 1 0 t ? 1 0"},
		{"an exponent that is too large", h.Device, "pack 1 - 1772352000 t Cel 0 41"},
		{"an exponent that is too small", h.Device, "pack 1 - 1772352000 t Cel 0 -41"},
		{"a value that is too large", h.Device, "pack 1 - 1772352000 t Cel 9223372036854775807 0"},
		{"a value that is too large by its exponent", h.Device, "pack 1 - 1772352000 t Cel -10 11"},
		{"a time that is relative", h.Device, "pack 1 - 268435455 t Cel 1 0"},
		{"a time after the year 9999", h.Device, "pack 1 - 253402300800 t Cel 1 0"},
		{"a number that is past the last", h.Device, "pack 9007199254740992 " + strings.Repeat("0", 64) + " 1772352000 t Cel 1 0"},
		{"an inquiry about none", h.Device, "inquiry 0"},
		{"an inquiry past the last", h.Device, "inquiry 9007199254740992"},
		{"no readings", h.Device, "pack 1 - 1772352000"},
		{"an id that would need an escape", `log"ger`, "pack 1 - 1772352000 t Cel 1 0"},
		{"an id that is too long", strings.Repeat("a", 65), "pack 1 - 1772352000 t Cel 1 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h.Device = test.device
			if got := start(t, program, keys["ed25519"], h).ask(t, "%s", test.line); got != "failed" {
				t.Errorf("signed %s", got)
			}
		})
	}
}
