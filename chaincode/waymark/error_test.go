package waymark_test

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestWireRoundTrip(t *testing.T) {
	for _, code := range waymark.Codes() {
		for _, want := range []*waymark.Error{
			{Code: code, Message: "plain"},
			{Code: code, Message: `quotes " and \ <html> & waymark-error:{"code":"invalid"} ` + "\u2028 é", Field: "/items/0"},
			waymark.Errorf(code, "because").Because("b", "a"),
		} {
			for _, around := range []string{"%s", "chaincode response 500, %s", "rpc error: code = Aborted desc = %s (peer: a)\n"} {
				got, ok := waymark.ParseWire(fmt.Sprintf(around, want.MarshalWire()))
				if !ok || !reflect.DeepEqual(got, want) {
					t.Errorf("in %q: got %+v, want %+v", around, got, want)
				}
			}
		}
	}
}

func TestParseWireRefuses(t *testing.T) {
	for _, text := range []string{"", "invalid: x", "waymark-error:", "waymark-error:{", "waymark-error:[]", "waymark-error:null",
		`waymark-error:{}`, `waymark-error:{"code":"strange","message":"x"}`, `waymark-error:{"code":5}`} {
		if e, ok := waymark.ParseWire(text); ok {
			t.Errorf("%q was read as %+v", text, e)
		}
	}
	for size, want := range map[int]bool{60 << 10: true, 1 << 20: false} { // a peer of any member may have written it
		if _, ok := waymark.ParseWire(waymark.Errorf(waymark.Forbidden, "%s", strings.Repeat("x", size)).MarshalWire()); ok != want {
			t.Errorf("of %d bytes: %v", size, ok)
		}
	}
}

func TestErrors(t *testing.T) {
	inner := waymark.InvalidField("/x", "is %d", 5)
	wrapped := fmt.Errorf("do: %w", inner)
	if waymark.AsError(wrapped) != inner || waymark.CodeOf(wrapped) != waymark.Invalid || inner.Error() != "invalid: is 5" {
		t.Errorf("wrapped: %v", waymark.AsError(wrapped))
	}
	if waymark.AsError(nil) != nil || waymark.CodeOf(nil) != "" {
		t.Error("no error became one")
	}
	foreign := waymark.AsError(fmt.Errorf("secret: %w", io.EOF))
	if foreign.Code != waymark.Internal || strings.Contains(foreign.Message, "secret") || waymark.CodeOf(errors.New("x")) != waymark.Internal {
		t.Errorf("foreign: %v", foreign)
	}
	reasons := []string{"b", "a"}
	because := inner.Because(reasons...)
	if !reflect.DeepEqual(because.Reasons, []string{"a", "b"}) || reasons[0] != "b" || inner.Reasons != nil {
		t.Errorf("because: %v, argument %v, original %v", because.Reasons, reasons, inner.Reasons)
	}
}

func FuzzParseWire(f *testing.F) {
	f.Add("invalid", "message", "/field", "reason", "around ", " it")
	f.Add("forbidden", "waymark-error:", "", "", "waymark-erro", "}")
	f.Fuzz(func(t *testing.T, code, message, field, reason, before, after string) {
		_, _ = waymark.ParseWire(before + message + after) // whatever comes, no panic
		want := &waymark.Error{Code: waymark.Code(code), Message: message, Field: field}
		if reason != "" {
			want = want.Because(reason)
		}
		if strings.Contains(before+"waymark-error", "waymark-error:") || !utf8.ValidString(message) || !utf8.ValidString(field) || !utf8.ValidString(reason) {
			return
		}
		got, ok := waymark.ParseWire(before + want.MarshalWire() + after)
		known := false
		for _, c := range waymark.Codes() {
			known = known || c == want.Code
		}
		if ok != known || ok && !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, %t; want %+v, %t", got, ok, want, known)
		}
	})
}
