package anchor

import (
	"bytes"

	"github.com/fxamacker/cbor/v2"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// version is the first member of a run and of a bundle.
const version = 1

// The one encoding, deterministic CBOR (RFC 8949, clause 4.2.1), and its reader, whose bounds are those of
// the longer of runs and bundles.
var (
	deterministic = must(encoding().EncMode())
	strict        = must(cbor.DecOptions{
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		MaxArrayElements: MaxBundleRuns,
		MaxMapPairs:      16, // the least that can be set: there is no map
		MaxNestedLevels:  5,
	}.DecMode())
)

// encoding has no null: what is empty has one form.
func encoding() cbor.EncOptions {
	options := cbor.CoreDetEncOptions()
	options.NilContainers = cbor.NilContainerAsEmpty
	return options
}

func must[M any](mode M, err error) M {
	if err != nil { // the options are constant
		panic("anchor: " + err.Error())
	}
	return mode
}

func encode(v any) []byte {
	encoded, err := deterministic.Marshal(v)
	if err != nil { // texts, bytes and integers always marshal
		panic("anchor: encode: " + err.Error())
	}
	return encoded
}

// decode reads what encode writes, and nothing else: what decodes encodes to the same bytes. It
// returns Invalid, with what the bytes should have been.
func decode(data []byte, into any, what string) error {
	if err := strict.Unmarshal(data, into); err != nil || !bytes.Equal(encode(into), data) {
		return waymark.Errorf(waymark.Invalid, "it is not %s in deterministic CBOR", what)
	}
	return nil
}
