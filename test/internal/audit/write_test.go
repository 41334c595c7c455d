package audit

import (
	"reflect"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"google.golang.org/protobuf/proto"
)

func encode(t *testing.T, m proto.Message) []byte {
	t.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWritesTo(t *testing.T) {
	set := &kvrwset.KVRWSet{
		Writes: []*kvrwset.KVWrite{{Key: "a", Value: []byte("1")}, {Key: "b", IsDelete: true}},
		MetadataWrites: []*kvrwset.KVMetadataWrite{{Key: "a", Entries: []*kvrwset.KVMetadataEntry{
			{Name: "VALIDATION_PARAMETER", Value: []byte{7}}, {Name: "other", Value: []byte{8}}}}},
	}
	effects := encode(t, &rwset.TxReadWriteSet{NsRwset: []*rwset.NsReadWriteSet{
		{Namespace: "_lifecycle", Rwset: encode(t, &kvrwset.KVRWSet{Writes: []*kvrwset.KVWrite{{Key: "x", Value: []byte("y")}}})},
		{Namespace: "waymark", Rwset: encode(t, set)},
	}})
	want := []Write{{Key: "a", Value: []byte("1")}, {Key: "b", Deleted: true}, {Key: "a", Policy: []byte{7}}}
	got, err := (&transaction{valid: true, effects: effects}).writesTo("waymark")
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if got, err := (&transaction{effects: effects}).writesTo("waymark"); err != nil || len(got) != 0 {
		t.Errorf("an invalid transaction wrote %+v, %v", got, err)
	}
	if _, err := (&transaction{valid: true, effects: []byte{255}}).writesTo("waymark"); err == nil {
		t.Error("garbage passes")
	}
}
