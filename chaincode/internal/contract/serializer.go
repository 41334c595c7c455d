package contract

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"

	"github.com/hyperledger/fabric-contract-api-go/v2/metadata"
	"github.com/hyperledger/fabric-contract-api-go/v2/serializer"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/recording"
)

// strictJSON reads requests: one JSON object in UTF-8 with no unknown member, none twice,
// nothing lost in its texts, and nothing after it; of telemetry:Record also its form in CBOR. contractapi's own serializer would
// ignore unknown members and repeat the whole value in its error.
type strictJSON struct{}

var _ serializer.TransactionSerializer = strictJSON{}

// FromString implements serializer.TransactionSerializer.
func (strictJSON) FromString(text string, t reflect.Type, _ *metadata.ParameterMetadata, _ *metadata.ComponentMetadata) (reflect.Value, error) {
	if argument := []byte(text); t == reflect.TypeFor[waymark.RecordRequest]() && recording.IsCBOR(argument) {
		request, err := recording.Decode(argument)
		if err != nil {
			return reflect.Value{}, wire(err)
		}
		return reflect.ValueOf(request), nil
	}
	value := reflect.New(t)
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(value.Interface()); err != nil {
		return reflect.Value{}, wire(waymark.Errorf(waymark.Invalid, "the request is not a JSON object of the form that the transaction takes"))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return reflect.Value{}, wire(waymark.Errorf(waymark.Invalid, "there is text after the request"))
	}
	if err := checkTokens(text); err != nil {
		return reflect.Value{}, wire(err)
	}
	return value.Elem(), nil
}

// ToString implements serializer.TransactionSerializer.
func (strictJSON) ToString(value reflect.Value, _ reflect.Type, _ *metadata.ReturnMetadata, _ *metadata.ComponentMetadata) (string, error) {
	encoded, err := json.Marshal(value.Interface())
	if err != nil {
		return "", wire(err)
	}
	return string(encoded), nil
}
