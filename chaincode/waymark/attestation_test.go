package waymark_test

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// attestationVectors reads test/vectors/attestations.json; its README says what the members mean.
func attestationVectors(t testing.TB) []attestationVector {
	t.Helper()
	data, err := os.ReadFile("../../test/vectors/attestations.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Attestations []attestationVector }
	if err := json.Unmarshal(data, &file); err != nil || len(file.Attestations) < 50 {
		t.Fatalf("%d attestations, %v", len(file.Attestations), err)
	}
	return file.Attestations
}

type attestationVector struct {
	Name, Payload string
	Attestation   waymark.Attestation
	Code          waymark.Code
}

func TestAttestationVectors(t *testing.T) {
	for _, v := range attestationVectors(t) {
		got, err := waymark.ParseAttestation([]byte(v.Payload))
		switch {
		case waymark.CodeOf(err) != v.Code:
			t.Errorf("%s: %v, want code %q", v.Name, err, v.Code)
		case err == nil && !reflect.DeepEqual(got, v.Attestation):
			t.Errorf("%s: read %+v, want %+v", v.Name, got, v.Attestation)
		}
	}
}

func FuzzParseAttestation(f *testing.F) {
	for _, v := range attestationVectors(f) {
		f.Add([]byte(v.Payload))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		a, err := waymark.ParseAttestation(payload)
		if err != nil {
			if waymark.CodeOf(err) != waymark.Invalid {
				t.Fatalf("%v is not invalid", err)
			}
			return
		}
		again, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := waymark.ParseAttestation(again); err != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("%s reads as %+v (%v), want %+v", again, b, err, a)
		}
	})
}
