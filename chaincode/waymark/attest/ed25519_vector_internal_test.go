package attest

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// signatureVectors is test/vectors/signatures.json; its README says what the members mean.
type signatureVectors struct {
	Signatures []struct {
		Name, Key, Content, Signature string
		Holds, Cofactored             bool
	}
	Keys []struct {
		Name, Key string
		Code      waymark.Code
	}
}

func readSignatureVectors(t *testing.T) signatureVectors {
	t.Helper()
	data, err := os.ReadFile("../../../test/vectors/signatures.json")
	if err != nil {
		t.Fatal(err)
	}
	var file signatureVectors
	if err := json.Unmarshal(data, &file); err != nil || len(file.Signatures) < 50 || len(file.Keys) < 20 {
		t.Fatalf("%d signatures, %d keys, %v", len(file.Signatures), len(file.Keys), err)
	}
	return file
}

// TestSignatureVectors: each holds or not alone, beside one that holds, and with all others together.
func TestSignatureVectors(t *testing.T) {
	file := readSignatureVectors(t)
	texts := make([]signedText, len(file.Signatures))
	for i, v := range file.Signatures {
		texts[i] = signedText{unhex(t, v.Key), unhex(t, v.Content), unhex(t, v.Signature)}
	}
	together := holding(texts)
	for i, v := range file.Signatures {
		alone := holding(texts[i : i+1])[0]
		beside := holding([]signedText{signs(signer(1), "beside"), texts[i]})
		if alone != v.Holds || !beside[0] || beside[1] != v.Holds || together[i] != v.Holds {
			t.Errorf("%s: alone %v, beside another %v, with all %v; want %v", v.Name, alone, beside, together[i], v.Holds)
		}
		if standard := ed25519.Verify(texts[i].key, texts[i].content, texts[i].signature); standard != (v.Holds && !v.Cofactored) {
			t.Errorf("%s: without the cofactor %v", v.Name, standard)
		}
	}
}

func TestKeyVectors(t *testing.T) {
	for _, v := range readSignatureVectors(t).Keys {
		err := ValidateJWK(waymark.JWK{KeyType: "OKP", Curve: "Ed25519", X: base64.RawURLEncoding.EncodeToString(unhex(t, v.Key))})
		if waymark.CodeOf(err) != v.Code {
			t.Errorf("%s: %v, want %q", v.Name, err, v.Code)
		}
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
