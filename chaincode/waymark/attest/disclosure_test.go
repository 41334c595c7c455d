package attest_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"pgregory.net/rapid"
)

// signed returns a message in each form, as a device has it.
func signed(t testing.TB) map[attest.Format]attest.Signed {
	t.Helper()
	key, err := attest.GenerateKey(attest.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	all := map[attest.Format]attest.Signed{}
	for _, format := range []attest.Format{attest.JWS, attest.COSE} {
		s, err := attest.Sign(format, key, attest.Header{Device: "logger-1", Consortium: "waymark", KeyID: "k1",
			Kind: attest.PackJSON, Sequence: 1}, []byte(`[{"n":"x","vs":"~","t":1772352000}]`))
		if err != nil {
			t.Fatal(err)
		}
		all[format] = s
	}
	return all
}

func TestSplitTakesApartWhatWithDisclosuresJoins(t *testing.T) {
	forms := signed(t)
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 1, 100), 0, 10).Draw(t, "disclosures")
		for format, s := range forms {
			text := attest.WithDisclosures(s.Text(), want)
			message, got, err := attest.Split(text)
			if err != nil || message != s.Text() || !slices.EqualFunc(got, want, slices.Equal[[]byte]) {
				t.Fatalf("%s: %q and %x, %v; want %x", format, message, got, err, want)
			}
			if len(want) == 0 {
				continue // a COSE_Sign1 alone is published as its bytes
			}
			if published := attest.Text([]byte(text)); published != text {
				t.Fatalf("%s: published as it is, %q has the text %q", format, text, published)
			}
		}
	})
}

// Each payload that a device may publish has one text.
func TestTextOfEachForm(t *testing.T) {
	for format, s := range signed(t) {
		text := s.Text()
		if message, list, err := attest.Split(text); err != nil || message != text || list != nil {
			t.Errorf("%s alone: %q, %x, %v", format, message, list, err)
		}
		with := attest.WithDisclosures(text, [][]byte{[]byte("[]"), {0xff}})
		if with != text+"~W10~_w~" {
			t.Errorf("%s: %q", format, with)
		}
		for name, payload := range map[string][]byte{"alone": s.Raw, "with disclosures": []byte(with)} {
			want := text
			if name != "alone" {
				want = with
			}
			if got := attest.Text(payload); got != want {
				t.Errorf("%s %s: %q, want %q", format, name, got, want)
			}
		}
		// The bytes of a COSE_Sign1 are no text that anything could follow.
		if format == attest.COSE {
			if got := attest.Text(append(slices.Clone(s.Raw), "~W10~"...)); got != base64.RawURLEncoding.EncodeToString(append(slices.Clone(s.Raw), "~W10~"...)) {
				t.Errorf("bytes and disclosures: %q", got)
			}
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	for name, rest := range map[string]string{
		"no end":             "~W10",
		"no disclosure":      "~",
		"an empty one":       "~~",
		"an empty one last":  "~W10~~",
		"no end of the last": "~W10~W10",
		"padding":            "~QQ==~",
		"unused bits":        "~QR~",
		"base64":             "~+/+/~",
		"a line break":       "~W1\n0~",
		"a return at an end": "~W10\r~",
		"a space":            "~W10 ~",
		"a line break last":  "~W10~\n",
	} {
		for format, s := range signed(t) {
			if message, list, err := attest.Split(s.Text() + rest); waymark.CodeOf(err) != waymark.Invalid || message != "" || list != nil {
				t.Errorf("%s after %s: %q, %x, %v", name, format, message, list, err)
			}
		}
	}
}

// A message with disclosures is none of its own: they come off before it is parsed.
func TestParseTakesNoDisclosures(t *testing.T) {
	for format, s := range signed(t) {
		if _, err := attest.Parse(attest.WithDisclosures(s.Text(), [][]byte{[]byte("[]")})); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, text := range []string{"", "~", "a~", "a~QQ~", "a~QQ~_w~", "a~QQ", "~QQ~", "a.b.c~QQ~", "a~Q\nQ~"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		message, list, err := attest.Split(text)
		if err != nil {
			if waymark.CodeOf(err) != waymark.Invalid {
				t.Fatalf("%v is not invalid", err)
			}
			return
		}
		if strings.Contains(message, "~") {
			t.Fatalf("the message is %q", message)
		}
		if again := attest.WithDisclosures(message, list); again != text {
			t.Fatalf("%q became %q", text, again)
		}
	})
}
