package cursor_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/cursor"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
)

func TestSQLite(t *testing.T) { conform(t, databasetest.SQLite) }

// conform: what one gateway has sealed another opens, for the same reader of the same list alone.
func conform(t *testing.T, open databasetest.Opener) {
	again := open(t)
	one, other := cursor.New(again()), cursor.New(again())
	length := 0
	for _, text := range []string{"stock@s0", "stock@s1", "https://id.gs1.org/01/09506000134352/21/A1@stock/producer/producer", strings.Repeat("x", 128)} {
		sealed, err := one.Seal(t.Context(), "list reader", text)
		twice, _ := other.Seal(t.Context(), "list reader", text) // so that an answer is the same, and its ETag
		elsewhere, _ := one.Seal(t.Context(), "list other", text)
		raw, _ := base64.RawURLEncoding.DecodeString(sealed)
		if err != nil || sealed != twice || sealed == elsewhere || bytes.Contains(raw, []byte(text)) || length != 0 && len(sealed) != length {
			t.Errorf("%s is sealed as %s and %s, %v", text, sealed, twice, err)
		}
		length = len(sealed)
		if got, err := other.Open(t.Context(), "list reader", sealed); err != nil || got != text {
			t.Errorf("opened: %q, %v, want %q", got, err, text)
		}
		for about, bad := range map[string]string{
			"list other": sealed, "other reader": sealed, "list reader": "A" + sealed[1:] + "A",
		} {
			if got, err := one.Open(t.Context(), about, bad); waymark.CodeOf(err) != waymark.Invalid {
				t.Errorf("%s for %s: %q, %v", bad, about, got, err)
			}
		}
	}
	for _, bad := range []string{"s0", "x", "AAAA", "1:0:0", "=", strings.Repeat("A", 300)} {
		if got, err := one.Open(t.Context(), "list reader", bad); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s: %q, %v", bad, got, err)
		}
	}
	if sealed, err := one.Seal(t.Context(), "list reader", ""); err != nil || sealed != "" {
		t.Errorf("none: %q, %v", sealed, err)
	}
}
