package stub

import (
	"crypto/sha256"
	"errors"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Stub is what a chaincode sees of one transaction. Of the shim's interface it
// has what Waymark uses; any other method panics.
type Stub struct {
	shim.ChaincodeStubInterface
	peer *Peer
	tx   Transaction

	Writes    map[string][]byte // nil deletes
	EventName string
	Event     []byte
	policies  map[string][]byte
	reads     []string // keys, ranges and histories, in the order in which they were read
}

// GetArgs implements shim.ChaincodeStubInterface.
func (s *Stub) GetArgs() [][]byte { return s.tx.Args }

// GetFunctionAndParameters implements shim.ChaincodeStubInterface.
func (s *Stub) GetFunctionAndParameters() (string, []string) {
	texts := make([]string, 0, len(s.tx.Args))
	for _, a := range s.tx.Args {
		texts = append(texts, string(a))
	}
	if len(texts) == 0 {
		return "", []string{}
	}
	return texts[0], texts[1:]
}

// GetTxID implements shim.ChaincodeStubInterface.
func (s *Stub) GetTxID() string { return s.tx.ID }

// GetChannelID implements shim.ChaincodeStubInterface.
func (s *Stub) GetChannelID() string { return s.peer.Channel }

// GetCreator implements shim.ChaincodeStubInterface.
func (s *Stub) GetCreator() ([]byte, error) { return s.tx.Creator, s.peer.Failures["GetCreator"] }

// GetTxTimestamp implements shim.ChaincodeStubInterface.
func (s *Stub) GetTxTimestamp() (*timestamppb.Timestamp, error) {
	return timestamppb.New(s.tx.Time), s.peer.Failures["GetTxTimestamp"]
}

// GetState implements shim.ChaincodeStubInterface.
func (s *Stub) GetState(key string) ([]byte, error) {
	s.reads = append(s.reads, key)
	return slices.Clone(s.peer.state[key]), s.peer.Failures["GetState"]
}

// GetMultipleStates implements shim.ChaincodeStubInterface.
func (s *Stub) GetMultipleStates(keys ...string) ([][]byte, error) {
	values := make([][]byte, 0, len(keys))
	for _, key := range keys {
		s.reads = append(s.reads, key)
		values = append(values, slices.Clone(s.peer.state[key]))
	}
	return values, s.peer.Failures["GetMultipleStates"]
}

// StartWriteBatch implements shim.ChaincodeStubInterface, of a peer that takes one write
// after another.
func (s *Stub) StartWriteBatch() {}

// FinishWriteBatch implements shim.ChaincodeStubInterface.
func (s *Stub) FinishWriteBatch() error { return s.peer.Failures["FinishWriteBatch"] }

// PutState implements shim.ChaincodeStubInterface. As the shim does with such a
// key, it panics on one that is not UTF-8.
func (s *Stub) PutState(key string, value []byte) error {
	switch {
	case !utf8.ValidString(key):
		panic("stub: a key that is not UTF-8")
	case key == "":
		return errors.New("key must not be an empty string")
	}
	s.Writes[key] = slices.Clone(value)
	return s.peer.Failures["PutState"]
}

// private is the key under which the state has one of a private collection.
func private(collection, key string) string { return collection + "/" + key }

// GetTransient implements shim.ChaincodeStubInterface.
func (s *Stub) GetTransient() (map[string][]byte, error) {
	return s.tx.Transient, s.peer.Failures["GetTransient"]
}

// GetPrivateData implements shim.ChaincodeStubInterface, on a peer that has the collection.
func (s *Stub) GetPrivateData(collection, key string) ([]byte, error) {
	key = private(collection, key)
	s.reads = append(s.reads, key)
	return slices.Clone(s.peer.state[key]), s.peer.Failures["GetPrivateData"]
}

// GetPrivateDataHash implements shim.ChaincodeStubInterface.
func (s *Stub) GetPrivateDataHash(collection, key string) ([]byte, error) {
	key = private(collection, key)
	s.reads = append(s.reads, key)
	value, there := s.peer.state[key]
	if !there {
		return nil, s.peer.Failures["GetPrivateDataHash"]
	}
	hash := sha256.Sum256(value)
	return hash[:], s.peer.Failures["GetPrivateDataHash"]
}

// PutPrivateData implements shim.ChaincodeStubInterface.
func (s *Stub) PutPrivateData(collection, key string, value []byte) error {
	s.Writes[private(collection, key)] = slices.Clone(value)
	return s.peer.Failures["PutPrivateData"]
}

// PurgePrivateData implements shim.ChaincodeStubInterface.
func (s *Stub) PurgePrivateData(collection, key string) error {
	s.Writes[private(collection, key)] = nil
	return s.peer.Failures["PurgePrivateData"]
}

// DelState implements shim.ChaincodeStubInterface.
func (s *Stub) DelState(key string) error {
	s.Writes[key] = nil
	return s.peer.Failures["DelState"]
}

// SetStateValidationParameter implements shim.ChaincodeStubInterface.
func (s *Stub) SetStateValidationParameter(key string, policy []byte) error {
	s.policies[key] = policy
	return s.peer.Failures["SetStateValidationParameter"]
}

// SetEvent implements shim.ChaincodeStubInterface.
func (s *Stub) SetEvent(name string, payload []byte) error {
	if name == "" {
		return errors.New("event name can not be empty string")
	}
	s.EventName, s.Event = name, payload
	return s.peer.Failures["SetEvent"]
}

// GetStateByRange implements shim.ChaincodeStubInterface.
func (s *Stub) GetStateByRange(from, to string) (shim.StateQueryIteratorInterface, error) {
	s.reads = append(s.reads, from+" to "+to)
	i := &states{iterator[*queryresult.KV]{peer: s.peer}}
	for _, key := range slices.Sorted(maps.Keys(s.peer.state)) {
		if from <= key && key < to {
			i.rest = append(i.rest, &queryresult.KV{Key: key, Value: s.peer.state[key]})
		}
	}
	return i, s.peer.Failures["GetStateByRange"]
}

// GetHistoryForKey implements shim.ChaincodeStubInterface: newest first.
func (s *Stub) GetHistoryForKey(key string) (shim.HistoryQueryIteratorInterface, error) {
	s.reads = append(s.reads, "history of "+key)
	i := &modifications{iterator[*queryresult.KeyModification]{peer: s.peer, rest: slices.Clone(s.peer.history[key])}}
	slices.Reverse(i.rest)
	return i, s.peer.Failures["GetHistoryForKey"]
}

// iterator walks over what a query found.
type iterator[T any] struct {
	peer *Peer
	rest []T
}

// HasNext implements shim.CommonIteratorInterface.
func (i *iterator[T]) HasNext() bool { return len(i.rest) > 0 }

// Close implements shim.CommonIteratorInterface.
func (i *iterator[T]) Close() error { return i.peer.Failures["Close"] }

// Next returns the next result.
func (i *iterator[T]) Next() (T, error) {
	next := i.rest[0]
	i.rest = i.rest[1:]
	return next, i.peer.Failures["Next"]
}

type (
	states        struct{ iterator[*queryresult.KV] }
	modifications struct {
		iterator[*queryresult.KeyModification]
	}
)
