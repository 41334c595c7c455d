package share_test

import (
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/share"
)

// one is a request with so many bytes.
func one(bytes int64) share.Held { return share.Held{Requests: 1, Bytes: bytes} }

func TestRoom(t *testing.T) {
	type step struct {
		caller string
		take   share.Held
		give   bool // what is in take, which was taken before
		full   bool // it is refused
		must   bool // it is added, and not asked for
	}
	bytes := func(n int64) share.Held { return share.Held{Bytes: n} }
	tests := []struct {
		name  string
		steps []step
		want  share.Held // by all in the end
	}{
		{"half of the places", []step{{caller: "a", take: one(1)}, {caller: "a", take: one(1)}, {caller: "a", take: one(1), full: true}, {caller: "b", take: one(1)}}, share.Held{Requests: 3, Bytes: 3}},
		{"half of the bytes", []step{{caller: "a", take: one(25)}, {caller: "a", take: one(25)}, {caller: "b", take: one(50)}, {caller: "c", take: one(1), full: true}}, share.Held{Requests: 3, Bytes: 100}},
		{"one of any size that fits", []step{{caller: "a", take: one(100)}, {caller: "a", take: one(0), full: true}, {caller: "b", take: one(0)}}, share.Held{Requests: 2, Bytes: 100}},
		{"none that is larger", []step{{caller: "a", take: one(101), full: true}}, share.Held{}},
		{"more for one that has its place", []step{{caller: "a", take: one(1)}, {caller: "a", take: bytes(99)}, {caller: "a", take: bytes(1), full: true}}, share.Held{Requests: 1, Bytes: 100}},
		{"no more beside another", []step{{caller: "a", take: one(1)}, {caller: "a", take: one(1)}, {caller: "a", take: bytes(49), full: true}, {caller: "a", take: bytes(48)}}, share.Held{Requests: 2, Bytes: 50}},
		{"all places", []step{{caller: "a", take: one(0)}, {caller: "b", take: one(0)}, {caller: "c", take: one(0)}, {caller: "d", take: one(0)}, {caller: "e", take: one(0), full: true}}, share.Held{Requests: 4}},
		{"what must be held", []step{{caller: "a", take: one(90)}, {caller: "a", take: bytes(20), must: true}, {caller: "b", take: one(0), full: true}, {caller: "a", take: one(110), give: true}, {caller: "b", take: one(100)}}, share.Held{Requests: 1, Bytes: 100}},
		{"given back", []step{{caller: "a", take: one(100)}, {caller: "a", take: one(100), give: true}, {caller: "a", take: one(50)}, {caller: "b", take: one(50)}}, share.Held{Requests: 2, Bytes: 100}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			room := share.NewRoom(share.Limits{Requests: 4, Bytes: 100, CallerPercent: 50})
			for i, s := range tt.steps {
				if s.give {
					room.Give(s.caller, s.take)
					continue
				}
				if s.must {
					room.Add(s.caller, s.take)
					continue
				}
				if err := room.Take(s.caller, s.take); (waymark.CodeOf(err) == waymark.ResourceExhausted) != s.full || err != nil != s.full {
					t.Errorf("step %d: %v", i, err)
				}
			}
			if got := room.Held(); got != tt.want {
				t.Errorf("held %+v, want %+v", got, tt.want)
			}
		})
	}
}
