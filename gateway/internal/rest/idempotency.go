package rest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
)

// The headers of a write (draft-ietf-httpapi-idempotency-key-header, RFC 7240).
const (
	HeaderKey      = "Idempotency-Key"
	HeaderReplayed = "Idempotency-Replayed"
	HeaderPrefer   = "Prefer"
	HeaderApplied  = "Preference-Applied"
)

// MaxKey bounds an Idempotency-Key, in characters without its quotes.
const MaxKey = 255

// keyOf returns the caller's key, or empty for none. It is written as a structured field's
// string, in quotes, or bare, which is the same key.
func keyOf(h http.Header) (string, error) {
	values := h.Values(HeaderKey)
	if len(values) == 0 {
		return "", nil
	}
	key, ok := unquote(values[0])
	if !ok || len(values) > 1 || key == "" || len(key) > MaxKey || strings.ContainsFunc(key, invisible) {
		return "", waymark.Errorf(waymark.Invalid, "the header %s must be 1 to %d visible ASCII characters, once", HeaderKey, MaxKey)
	}
	return key, nil
}

func invisible(c rune) bool { return c <= ' ' || c > '~' }

// unquote reads a string of RFC 8941, clause 3.3.3, or what is not in quotes as it is.
func unquote(text string) (string, bool) {
	quoted, ok := strings.CutPrefix(text, `"`)
	if !ok {
		return text, true
	}
	var b strings.Builder
	for i := 0; i < len(quoted); i++ {
		switch c := quoted[i]; c {
		case '"':
			return b.String(), i == len(quoted)-1
		case '\\':
			if i++; i == len(quoted) || quoted[i] != '"' && quoted[i] != '\\' {
				return "", false
			}
			b.WriteByte(quoted[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// wishOf reads how the caller would like to be answered, and what of it is applied. What is
// not understood is ignored, as RFC 7240 says.
func wishOf(h http.Header) (w requests.Wish, applied string) {
	var all []string
	for _, preference := range strings.Split(strings.Join(h.Values(HeaderPrefer), ","), ",") {
		preference, _, _ = strings.Cut(preference, ";")
		name, value, _ := strings.Cut(preference, "=")
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "respond-async":
			if !w.Async {
				w.Async = true
				all = append(all, "respond-async")
			}
		case "wait":
			seconds, err := strconv.ParseUint(value, 10, 31)
			if err == nil && w.Wait == 0 && seconds > 0 {
				w.Wait = time.Duration(seconds) * time.Second
				all = append(all, "wait="+strconv.FormatUint(seconds, 10))
			}
		}
	}
	return w, strings.Join(all, ", ")
}

// digestOf is a hash of what is asked for. Space between the tokens of the JSON is none of it.
func digestOf(r *http.Request, body []byte) (requests.Digest, error) {
	compact := jsontext.Value(bytes.Clone(body))
	if err := compact.Compact(); err != nil {
		return requests.Digest{}, invalidJSON(err)
	}
	h := sha256.New()
	for _, part := range [][]byte{[]byte(r.Method), []byte(r.URL.EscapedPath()), []byte(r.URL.RawQuery), compact} {
		var length [8]byte // so that no two lists of parts look alike
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write(part)
	}
	return requests.Digest(h.Sum(nil)), nil
}
