package outbox_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
)

func TestWhatItKnowsOfBefore(t *testing.T) {
	dir, s := t.TempDir(), newSigner(t)
	box := open(t, dir, s)
	at := time.UnixMilli(1772352000123)
	for i := range waymark.MaxMeasured - 1 { // with t as many as are kept; n0 is the oldest
		add(t, box, outbox.Pack{Device: "a", Payload: []byte("0"), Latest: map[string]time.Time{fmt.Sprint("n", i): at.Add(time.Duration(i) * time.Second)}})
	}
	add(t, box, outbox.Pack{Device: "a", Payload: []byte("1"), Latest: map[string]time.Time{"t": at.Add(time.Hour)}},
		outbox.Pack{Device: "a", Payload: []byte("2"), Latest: map[string]time.Time{"t": at, "more": at.Add(time.Hour)}})
	closed(t, box)
	box, err := outbox.Open(dir, outbox.Limits{Bytes: 1 << 20}, []string{"ab"}, s) // a is not listed any more
	if err != nil {
		t.Fatal(err)
	}
	known := box.Latest("a")
	if len(known) != waymark.MaxMeasured || !known["n0"].IsZero() || !known["n1"].Equal(at.Add(time.Second)) || !known["t"].Equal(at.Add(time.Hour)) || known["more"].IsZero() {
		t.Errorf("of a: %v", known)
	}
	if len(box.Latest("ab")) != 0 || box.Usage().Unlisted != waymark.MaxMeasured+1 {
		t.Errorf("%v, %+v", box.Latest("ab"), box.Usage())
	}
	closed(t, box)
}

// Of what an earlier release knew by a bare name a series takes the place, however old it is.
func TestSeriesTakeThePlacesOfBareNames(t *testing.T) {
	dir, s := t.TempDir(), newSigner(t)
	box := open(t, dir, s)
	at, bare, series := time.UnixMilli(1772352000123), make(map[string]time.Time), make(map[string]time.Time)
	for i := range 20 {
		bare[fmt.Sprint("n", i)] = at.Add(time.Hour)
		series[fmt.Sprintf("n%d\x00Cel", i)] = at
	}
	add(t, box, outbox.Pack{Device: "a", Payload: []byte("0"), Latest: bare}, outbox.Pack{Device: "a", Payload: []byte("1"), Latest: series})
	closed(t, box)
	box = open(t, dir, s)
	known := box.Latest("a")
	for name := range series {
		if !known[name].Equal(at) {
			t.Errorf("%q is not known", name)
		}
	}
	if len(known) != waymark.MaxMeasured {
		t.Errorf("%d are known", len(known))
	}
	closed(t, box)
}
