package anchor_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// vectorFile is test/vectors/anchored.json; its README says what the members mean.
type vectorFile struct {
	Runs       []runVector
	BadRuns    []badBytes `json:"bad_runs"`
	BadPaths   []badPath  `json:"bad_paths"`
	Bundles    []bundleVector
	BadBundles []badBytes `json:"bad_bundles"`
	Picks      []struct {
		Name, Block, Tx, Device string
		First, Last             uint64
		Picks                   []uint64
	}
	Checked []struct {
		Name    string
		Windows []struct {
			First, Block uint64
			Hash, Digest string
		}
	}
}

type runVector struct {
	Name, Device, Key, Previous, Hex, Text, Root string
	First                                        uint64
	Lines                                        []lineVector
}

type lineVector struct {
	Message, Digest, Root, Leaf string
	Readings, From, Span        int64
	Series                      []struct {
		Name, Unit                   string
		Count, Min, Max, Sum, Latest int64
	}
	Path []string
}

type badBytes struct {
	Name, Hex string
	Code      waymark.Code
}

type badPath struct {
	Name, Device, Root  string
	First, Last, Number uint64
	Line                lineVector
	Code                waymark.Code
}

type bundleVector struct {
	Name, Consortium, Hex, Body string
	Runs                        []anchor.SignedRun
}

func readVectors(t testing.TB) vectorFile {
	t.Helper()
	var file vectorFile
	readJSON(t, "anchored.json", &file)
	for name, n := range map[string]int{"runs": len(file.Runs) - 4, "bad runs": len(file.BadRuns) - 40, "bad paths": len(file.BadPaths) - 10,
		"bundles": len(file.Bundles) - 4, "bad bundles": len(file.BadBundles) - 18, "picks": len(file.Picks) - 20, "digests": len(file.Checked) - 5} {
		if n < 0 {
			t.Fatalf("too few %s", name)
		}
	}
	return file
}

func readJSON(t testing.TB, name string, into any) {
	t.Helper()
	data, err := os.ReadFile("../../../test/vectors/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// deviceKey is the key that signed the messages.
func deviceKey(t testing.TB) waymark.JWK {
	t.Helper()
	var file struct{ Keys map[string]waymark.JWK }
	readJSON(t, "messages.json", &file)
	return file.Keys["ed25519"]
}

func TestRunVectors(t *testing.T) {
	key := deviceKey(t)
	for _, v := range readVectors(t).Runs {
		var lines []anchor.Line
		for i, l := range v.Lines {
			lines = append(lines, l.line(t))
			if got := hex.EncodeToString(anchor.Leaf(v.Device, v.First+uint64(i), lines[i])); got != l.Leaf {
				t.Errorf("%s: leaf %d is %s, want %s", v.Name, i, got, l.Leaf)
			}
			if made := lineOfMessage(t, l.Message, key); l.Message != "" && !reflect.DeepEqual(made, lines[i]) {
				t.Errorf("%s: message %d comes to %+v, want %+v", v.Name, i, made, lines[i])
			}
		}
		run := anchor.NewRun(v.Device, v.Key, v.First, unhex(t, v.Previous), lines)
		if got := hex.EncodeToString(run.Encode()); got != v.Hex || run.Text() != v.Text || !anchor.IsRun(v.Text) {
			t.Errorf("%s: %s, want %s", v.Name, got, v.Hex)
		}
		if back, err := anchor.ParseRun(v.Text); err != nil || !reflect.DeepEqual(back, run) {
			t.Errorf("%s is read as %+v, %v", v.Name, back, err)
		}
		if got := hex.EncodeToString(run.Root()); got != v.Root {
			t.Errorf("%s: root %s, want %s", v.Name, got, v.Root)
		}
		v.checkPaths(t, run)
	}
}

// checkPaths makes the path of each message and follows it.
func (v runVector) checkPaths(t *testing.T, run anchor.Run) {
	t.Helper()
	for i, l := range v.Lines {
		number := v.First + uint64(i)
		path, err := anchor.Path(v.Device, v.First, run.Lines, number)
		if err != nil || !slices.EqualFunc(path, l.Path, func(step []byte, want string) bool { return hex.EncodeToString(step) == want }) {
			t.Errorf("%s: the path of message %d is %x (%v), want %s", v.Name, number, path, err, l.Path)
		}
		if err := anchor.VerifyPath(unhex(t, v.Root), v.Device, v.First, run.Last(), number, l.line(t), l.path(t)); err != nil {
			t.Errorf("%s: message %d: %v", v.Name, number, err)
		}
	}
}

// lineOfMessage verifies a message and makes its line anew; that of none is none.
func lineOfMessage(t *testing.T, text string, key waymark.JWK) anchor.Line {
	t.Helper()
	if text == "" {
		return anchor.Line{}
	}
	m, err := attest.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := m.Verify(key)
	if err != nil {
		t.Fatal(err)
	}
	readings, err := senml.Parse(m)
	if err != nil {
		t.Fatal(err)
	}
	line, err := anchor.LineOf(m, digest, readings)
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func TestBadRunVectors(t *testing.T) {
	for _, v := range readVectors(t).BadRuns {
		raw := unhex(t, v.Hex)
		_, err := anchor.DecodeRun(raw)
		if _, parsed := anchor.ParseRun(base64.RawURLEncoding.EncodeToString(raw)); waymark.CodeOf(err) != v.Code || waymark.CodeOf(parsed) != v.Code {
			t.Errorf("%s: %v, and as a text %v; want %s", v.Name, err, parsed, v.Code)
		}
	}
}

func TestBadPathVectors(t *testing.T) {
	for _, v := range readVectors(t).BadPaths {
		err := anchor.VerifyPath(unhex(t, v.Root), v.Device, v.First, v.Last, v.Number, v.Line.line(t), v.Line.path(t))
		if waymark.CodeOf(err) != v.Code {
			t.Errorf("%s: %v, want %s", v.Name, err, v.Code)
		}
	}
}

func TestBundleVectors(t *testing.T) {
	file := readVectors(t)
	for _, v := range file.Bundles {
		want := anchor.Bundle{Consortium: v.Consortium, Runs: v.Runs}
		encoded, err := want.Encode()
		body := anchor.BodyOf(encoded)
		if err != nil || hex.EncodeToString(encoded) != v.Hex || hex.EncodeToString(body[:]) != v.Body {
			t.Errorf("%s: %x with body %x (%v), want %s", v.Name, encoded, body, err, v.Hex)
		}
		if got, err := anchor.DecodeBundle(unhex(t, v.Hex)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is read as %+v, %v", v.Name, got, err)
		}
	}
	for _, v := range file.BadBundles {
		if _, err := anchor.DecodeBundle(unhex(t, v.Hex)); waymark.CodeOf(err) != v.Code {
			t.Errorf("%s: %v, want %s", v.Name, err, v.Code)
		}
	}
}

func TestSampleVectors(t *testing.T) {
	file := readVectors(t)
	for _, v := range file.Picks {
		if got := anchor.Picks(unhex(t, v.Block), v.Tx, v.Device, v.First, v.Last); !slices.Equal(got, v.Picks) {
			t.Errorf("%s: %v, want %v", v.Name, got, v.Picks)
		}
	}
	for _, v := range file.Checked {
		var digest []byte
		for i, w := range v.Windows {
			if digest = anchor.Checked(digest, w.First, w.Block, unhex(t, w.Hash)); hex.EncodeToString(digest) != w.Digest {
				t.Errorf("%s: after window %d %x, want %s", v.Name, i, digest, w.Digest)
			}
		}
	}
}

func (v lineVector) line(t testing.TB) anchor.Line {
	t.Helper()
	l := anchor.Line{Digest: attest.Digest(unhex(t, v.Digest)), Readings: v.Readings, Root: anchor.Hash(unhex(t, v.Root)), From: v.From, Span: v.Span}
	for _, s := range v.Series {
		l.Series = append(l.Series, anchor.Series{Name: s.Name, Unit: s.Unit, Count: s.Count, Min: s.Min, Max: s.Max, Sum: s.Sum, Latest: s.Latest})
	}
	return l
}

func (v lineVector) path(t testing.TB) [][]byte {
	t.Helper()
	path := make([][]byte, len(v.Path))
	for i, step := range v.Path {
		path[i] = unhex(t, step)
	}
	return path
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
