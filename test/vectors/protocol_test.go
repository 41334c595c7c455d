package vectors_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// example is a block of the protocol's document that repeats a vector.
var example = regexp.MustCompile("(?s)<!-- vector (\\S+) (\\S+) -->\n```[a-z]*\n(.*?)\n```")

func messages(t *testing.T) map[string]map[string]any {
	t.Helper()
	data, err := os.ReadFile("messages.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []map[string]any }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	byName := map[string]map[string]any{}
	for _, v := range file.Vectors {
		name, _ := v["name"].(string)
		if byName[name] != nil {
			t.Errorf("two vectors are named %s", name)
		}
		byName[name] = v
	}
	return byName
}

// member returns what a block is to show of a vector.
func member(t *testing.T, v map[string]any, name string) string {
	t.Helper()
	if name != "header" {
		text, _ := v[name].(string)
		return text
	}
	text, _ := v["text"].(string)
	head, _, _ := strings.Cut(text, ".")
	raw, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestExamplesOfTheProtocolAreVectors(t *testing.T) {
	page, err := os.ReadFile("../../docs/device-protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := example.FindAllStringSubmatch(string(page), -1)
	if marks := strings.Count(string(page), "<!-- vector "); len(blocks) != marks || marks < 15 {
		t.Fatalf("%d blocks for %d marks", len(blocks), marks)
	}
	known := messages(t)
	for _, b := range blocks {
		want := member(t, known[b[1]], b[2])
		if got := strings.ReplaceAll(b[3], "\n", ""); want == "" || got != want {
			t.Errorf("%s of %s is %s, the vector has %s", b[2], b[1], got, want)
		}
	}
}

// proof is a block of the document that repeats a vector of windows.json.
var proof = regexp.MustCompile("(?s)<!-- window (\\S+) (\\S+) -->\n```text\n(.*?)\n```")

// trees maps each name that a block may have to what the vectors have there.
func trees(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("windows.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Windows []struct {
			Name, Root string
			Leaves     []struct {
				Hex, Hash string
				Path      []string
			}
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for _, w := range file.Windows {
		known[w.Name+" root"] = w.Root
		for i, l := range w.Leaves {
			leaf := fmt.Sprintf("%s leaf%d.", w.Name, i)
			known[leaf+"hex"], known[leaf+"hash"], known[leaf+"path"] = l.Hex, l.Hash, strings.Join(l.Path, "")
		}
	}
	return known
}

func TestProofsOfTheProtocolAreVectors(t *testing.T) {
	page, err := os.ReadFile("../../docs/device-protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := proof.FindAllStringSubmatch(string(page), -1)
	if marks := strings.Count(string(page), "<!-- window "); len(blocks) != marks || marks < 4 {
		t.Fatalf("%d blocks for %d marks", len(blocks), marks)
	}
	known := trees(t)
	for _, b := range blocks {
		want := known[b[1]+" "+b[2]]
		if got := strings.ReplaceAll(b[3], "\n", ""); want == "" || got != want {
			t.Errorf("%s of %s is %s, the vector has %s", b[2], b[1], got, want)
		}
	}
}

// sealing is a block of the document that repeats a message of disclosures.json.
var sealing = regexp.MustCompile("(?s)<!-- disclosure (\\S+) (\\S+) -->\n```[a-z]*\n(.*?)\n```")

// sealed maps each name that such a block may have to what the vectors have there.
func sealed(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("disclosures.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Messages []struct {
			Name, Text, Payload string
			PayloadHex          string `json:"payload_hex"`
			Disclosures         []struct{ JSON, Hex, Seal string }
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for _, m := range file.Messages {
		known[m.Name+" text"], known[m.Name+" payload"], known[m.Name+" payload_hex"] = m.Text, m.Payload, m.PayloadHex
		for i, d := range m.Disclosures {
			known[fmt.Sprintf("%s disclosure%d", m.Name, i)] = d.JSON + d.Hex
			known[fmt.Sprintf("%s seal%d", m.Name, i)] = d.Seal
		}
	}
	return known
}

func TestDisclosuresOfTheProtocolAreVectors(t *testing.T) {
	page, err := os.ReadFile("../../docs/device-protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := sealing.FindAllStringSubmatch(string(page), -1)
	if marks := strings.Count(string(page), "<!-- disclosure "); len(blocks) != marks || marks < 8 {
		t.Fatalf("%d blocks for %d marks", len(blocks), marks)
	}
	known := sealed(t)
	for _, b := range blocks {
		want := known[b[1]+" "+b[2]]
		if got := strings.ReplaceAll(b[3], "\n", ""); want == "" || got != want {
			t.Errorf("%s of %s is %s, the vector has %s", b[2], b[1], got, want)
		}
	}
}

func TestCommittedVectorsAreWhatGenerateWrites(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "run", "./generate", dir)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, name := range []string{
		"messages.json", "senml.json", "windows.json", "receipts.json", "disclosures.json",
		"attestations.json", "kinetic.json", "geofence.json", "statements.json",
		"anchored.json", "signatures.json",
	} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs: run go generate", name)
		}
	}
}
