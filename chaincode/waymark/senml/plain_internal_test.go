package senml

import (
	"math"
	"math/big"
	"reflect"
	"slices"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"pgregory.net/rapid"
)

// fractions are fractions made in big numbers alone, which numbers are to be the same as.
func fraction10(mantissa, exponent int64) *big.Rat {
	power := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(max(exponent, -exponent)), nil))
	r := new(big.Rat).SetInt64(mantissa)
	if exponent < 0 {
		return r.Quo(r, power)
	}
	return r.Mul(r, power)
}

// drawn is a number, and the same in big numbers.
func drawn(t *rapid.T) (number, *big.Rat) {
	mantissa := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-20000, 20000), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, 5, -5, 15, 25})).Draw(t, "mantissa")
	switch rapid.IntRange(0, 3).Draw(t, "form") {
	case 0:
		return whole(mantissa), new(big.Rat).SetInt64(mantissa)
	case 1:
		f := rapid.OneOf(rapid.Float64Range(-1e300, 1e300), rapid.SampledFrom([]float64{0, 0.5, 1 << 53, -1 << 53, 1<<53 - 1, math.SmallestNonzeroFloat64})).Draw(t, "float")
		return float(f), new(big.Rat).SetFloat64(f)
	}
	exponent := rapid.OneOf(rapid.Int64Range(-maxExponent, maxExponent), rapid.Int64Range(-4, 4)).Draw(t, "exponent")
	return decimal(mantissa, exponent), fraction10(mantissa, exponent)
}

// TestNumbers: integers come to the same as fractions of big numbers.
func TestNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, wantA := drawn(t)
		b, wantB := drawn(t)
		sum, wantSum := a.plus(b), new(big.Rat).Add(wantA, wantB)
		if a.exact().Cmp(wantA) != 0 || sum.exact().Cmp(wantSum) != 0 {
			t.Fatalf("%s and %s make %s", a.exact(), b.exact(), sum.exact())
		}
		if zero := (number{}).plus(a); zero.exact().Cmp(wantA) != 0 {
			t.Fatalf("nothing and %s make %s", wantA, zero.exact())
		}
		against := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{0, supportedVersion, relativeTimeLimit, maxTime})).Draw(t, "against")
		if got, want := sum.compare(against), wantSum.Cmp(new(big.Rat).SetInt64(against)); got != want {
			t.Fatalf("%s against %d: %d, want %d", wantSum, against, got, want)
		}
		if sum.isWhole() != wantSum.IsInt() {
			t.Fatalf("%s is whole: %v", wantSum, sum.isWhole())
		}
		scale := rapid.IntRange(0, 7).Draw(t, "scale")
		got, err := sum.scaled(scale)
		want, wantErr := waymark.ScaleRat(wantSum, scale)
		if got != want || !reflect.DeepEqual(err, wantErr) {
			t.Fatalf("%s at %d decimals: %d, %v, want %d, %v", wantSum, scale, got, err, want, wantErr)
		}
	})
}

// TestWritten: a number of JSON is what waymark.Decimal makes of it.
func TestWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := waymark.Decimal(rapid.StringMatching(`-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?|[-0-9.e]{1,5}`).Draw(t, "number"))
		want, wantErr := text.Rat()
		got, err := written(text)
		if !reflect.DeepEqual(err, wantErr) {
			t.Fatalf("%s: %v, want %v", text, err, wantErr)
		}
		if err == nil && got.(number).exact().Cmp(want) != 0 {
			t.Fatalf("%s: %s", text, got.(number).exact())
		}
	})
}

// member draws a label, and a value that it may or may not have.
func member(t *rapid.T) (label, value any) {
	label = rapid.OneOf(rapid.Int64Range(-6, 8), rapid.Int64Range(-7, 9)).Draw(t, "label")
	if rapid.IntRange(0, 30).Draw(t, "as text") == 0 {
		label = rapid.SampledFrom([]string{"n", "v", "bver", "x", "x_"}).Draw(t, "name")
	}
	text := rapid.SampledFrom([]any{"temperature", "", "Cel", "\xff"}).Draw(t, "text")
	numeric := rapid.SampledFrom([]any{int64(10), int64(5), int64(-1), uint64(math.MaxUint64), 21.5, float32(0.1), math.NaN(), math.Inf(1), int64(1 << 30),
		cbor.Tag{Number: 4, Content: []any{-2, 2150}}, cbor.Tag{Number: 4, Content: []any{41, 1}}, cbor.Tag{Number: 4, Content: []any{1}},
		cbor.Tag{Number: 4, Content: []any{-2, uint64(math.MaxUint64)}}, cbor.Tag{Number: 5, Content: []any{1, 2}}}).Draw(t, "number")
	fitting := map[any]any{int64(-2): text, int64(0): text, int64(-4): text, int64(1): text, int64(3): text, int64(4): true, int64(8): []byte("data")}[label]
	if fitting == nil {
		fitting = numeric
	}
	return label, rapid.SampledFrom([]any{fitting, fitting, fitting, fitting, fitting, fitting, numeric, text, false, nil, []byte{1}, []any{}, map[any]any{}}).Draw(t, "value")
}

// pack draws a pack in CBOR, which may be spoilt.
func pack(t *rapid.T) []byte {
	var records []any
	for range rapid.IntRange(0, 4).Draw(t, "records") {
		record := map[any]any{}
		for range rapid.IntRange(0, 5).Draw(t, "members") {
			label, value := member(t)
			record[label] = value
		}
		records = append(records, record)
	}
	mode := deterministic()
	if rapid.Bool().Draw(t, "half floats") {
		var err error
		if mode, err = (cbor.EncOptions{ShortestFloat: cbor.ShortestFloat16}).EncMode(); err != nil {
			t.Fatal(err)
		}
	}
	encoded, err := mode.Marshal(records)
	if err != nil {
		t.Fatal(err)
	}
	if len(encoded) > 0 && rapid.IntRange(0, 3).Draw(t, "spoil") == 0 {
		at := rapid.IntRange(0, len(encoded)-1).Draw(t, "at")
		switch rapid.SampledFrom([]string{"byte", "cut", "more"}).Draw(t, "how") {
		case "byte":
			encoded[at] = rapid.Byte().Draw(t, "byte")
		case "cut":
			encoded = encoded[:at]
		case "more":
			encoded = append(encoded, 0)
		}
	}
	return encoded
}

// TestPlain: what plainCBOR takes anyCBOR takes, and reads as the same.
func TestPlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		encoded := pack(t)
		asPlain(t, encoded)
	})
}

// asPlain checks that a pack is read in one way.
func asPlain(t interface{ Fatalf(string, ...any) }, encoded []byte) {
	got, ok := plainCBOR(encoded)
	if !ok {
		return
	}
	want, err := anyCBOR(encoded)
	if err != nil || !slices.EqualFunc(got, want, sameRecord) {
		t.Fatalf("%x: %+v, want %+v, %v", encoded, got, want, err)
	}
}

// sameRecord compares records whose numbers may be held otherwise.
func sameRecord(a, b record) bool {
	numbers := func(r *record) []*number {
		return []*number{&r.baseValue, &r.value, &r.baseSum, &r.sum, &r.baseTime, &r.time, &r.version, &r.update}
	}
	for i, n := range numbers(&a) {
		m := numbers(&b)[i]
		if n.set != m.set || n.exact().Cmp(m.exact()) != 0 {
			return false
		}
		*n, *m = number{}, number{}
	}
	return reflect.DeepEqual(a, b)
}

// TestPlainTakesWhatSensorsSend: the packs that this package writes are read in the quick way.
func TestPlainTakesWhatSensorsSend(t *testing.T) {
	encoded, err := EncodeCBOR([]Reading{{Name: "temperature", Unit: "Cel", Value: 2150}, {Kind: Boolean, Name: "door", Unit: "/", Value: 1},
		{Kind: Text, Name: "note", Body: "x"}, {Kind: Data, Name: "raw", Body: "\x01"}, {Kind: Sum, Name: "energy", Unit: "J", Value: 7, Update: MaxUpdate}})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := plainCBOR(encoded); !ok {
		t.Errorf("%x is not plain", encoded)
	}
}

// FuzzPlainCBOR is TestPlain for any bytes.
func FuzzPlainCBOR(f *testing.F) {
	f.Add([]byte{0x81, 0xa3, 0x22, 0x1a, 0x60, 0, 0, 0, 0, 0x61, 't', 2, 0xc4, 0x82, 0x21, 0x18, 0x64})
	f.Add([]byte{0x81, 0xa1, 0x02, 0xfb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0x9f, 0xff})
	f.Fuzz(func(t *testing.T, encoded []byte) { asPlain(t, encoded) })
}
