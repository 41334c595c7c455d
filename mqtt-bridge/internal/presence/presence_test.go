package presence

import (
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

// disk is a Store.
type disk struct {
	records map[string][]byte
	broken  bool
	most    int // changes of one transaction
	writes  int
}

func newDisk() *disk { return &disk{records: map[string][]byte{}} }

func (d *disk) Write(changes []spool.Change) error {
	if d.broken {
		return errors.New("no space left on device")
	}
	d.most = max(d.most, len(changes))
	d.writes++
	for _, c := range changes {
		if c.Value == nil {
			delete(d.records, c.Key)
			continue
		}
		d.records[c.Key] = c.Value
	}
	return nil
}

func (d *disk) Each(_ spool.Shelf, visit func(string, []byte) error) (int, error) {
	for key, value := range maps.Clone(d.records) {
		if err := visit(key, value); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

func open(t *testing.T, d *disk) *Register {
	t.Helper()
	r, err := Open(d, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func the(t *testing.T, r *Register, device string) Record {
	t.Helper()
	for _, record := range r.List("", MaxDevices) {
		if record.Device == device {
			return record
		}
	}
	t.Fatalf("there is no %s", device)
	return Record{}
}

func at(second int) time.Time { return time.Unix(int64(1772352000+second), 0).UTC() }

func TestConnectionsOfADevice(t *testing.T) {
	d := newDisk()
	r := open(t, d)
	r.Connected("logger-1", 1, at(0))
	r.Seen("logger-1", attest.COSE, at(5))
	r.Connected("logger-1", 2, at(10))
	r.Disconnected("logger-1", 1, at(11), Takeover) // told late
	if got := the(t, r, "logger-1"); !got.Connected || got.Takeovers != 1 || got.Connections != 2 || got.FirstSeen != at(0) || got.Since != at(10) || got.Ended != nil {
		t.Errorf("taken over: %+v", got)
	}
	r.Disconnected("logger-1", 2, at(20), Silent)
	if got := the(t, r, "logger-1"); got.Connected || *got.Ended != (End{At: at(20), Why: Silent}) {
		t.Errorf("ended: %+v", got)
	}
	r.Connected("logger-1", 3, at(30))
	r.Flush()
	again := the(t, open(t, d), "logger-1")
	if again.Connected || again.Ended.Why != Shutdown || again.Connections != 3 || again.LastSeen != at(30) || again.Envelope != attest.COSE {
		t.Errorf("after a restart: %+v", again)
	}
}

// A clock that was ahead and is put right hides nothing that is seen then.
func TestSeenByAClockThatWasAhead(t *testing.T) {
	d := newDisk()
	r := open(t, d)
	r.Seen("logger-1", attest.COSE, at(0).Add(20*time.Minute))
	r.Flush()
	for _, r := range []*Register{r, open(t, d)} {
		r.Seen("logger-1", attest.COSE, at(1))
		r.Flush()
		if got := the(t, open(t, d), "logger-1").LastSeen; got != at(1) {
			t.Errorf("last seen %s, want %s", got, at(1))
		}
	}
}

func TestWhatADeviceSays(t *testing.T) {
	r := open(t, newDisk())
	online := waymark.Presence{State: waymark.PresenceOnline, At: at(10).Unix(), Session: "s-2"}
	gone := waymark.Presence{State: waymark.PresenceGone, At: at(10).Unix(), Session: "s-2"}
	older := waymark.Presence{State: waymark.PresenceGone, At: at(1).Unix(), Session: "s-1"}
	future := waymark.Presence{State: waymark.PresenceOnline, At: at(31).Add(attest.MaxClockSkew).Unix(), Session: "s-3"}
	for _, step := range []struct{ said, want waymark.Presence }{{online, online}, {older, online}, {gone, gone}, {online, gone}, {future, gone}} {
		r.Said("logger-1", step.said, at(30))
		if got := the(t, r, "logger-1").Said; *got != step.want {
			t.Errorf("after %+v: %+v, want %+v", step.said, *got, step.want)
		}
	}
}

func TestDevicesAreBoundedAndTheOldestIsForgotten(t *testing.T) {
	d := newDisk()
	r := open(t, d)
	r.limit = 1000
	for n := range 1001 {
		r.Seen(fmt.Sprintf("logger-%04d", n), attest.JWS, at(n))
		if n == 999 {
			r.Flush()
		}
	}
	r.Flush()
	known, _ := r.Counts()
	if got := r.List("", 1); known != 500 || got[0].Device != "logger-0501" || len(d.records) != 500 {
		t.Errorf("%d known, the first %s, %d on the disk", known, got[0].Device, len(d.records))
	}
}

// Who is connected is not forgotten, however long ago it said anything, unless nobody else is there.
func TestConnectedDevicesAreNotForgotten(t *testing.T) {
	r := open(t, newDisk())
	r.limit = 1000
	for n := range 900 {
		r.Connected(fmt.Sprintf("logger-%04d", n), uint64(n+1), at(n))
	}
	for n := range 101 {
		r.Seen(fmt.Sprintf("other-%04d", n), attest.JWS, at(1000+n))
	}
	known, connected := r.Counts()
	if got := r.List("other", 1); known != 901 || connected != 900 || got[0].Device != "other-0100" {
		t.Errorf("%d known, %d connected, %+v", known, connected, got)
	}
	for n := range 100 {
		r.Connected(fmt.Sprintf("third-%04d", n), uint64(n+1001), at(2000+n))
	}
	if known, connected := r.Counts(); known != 1000 || connected != 1000 {
		t.Errorf("%d known, %d connected", known, connected)
	}
	r.Connected("one-more", 2000, at(3000))
	if known, _ := r.Counts(); known != 1000 || !the(t, r, "one-more").Connected {
		t.Errorf("%d known", known)
	}
}

// TestThatADeviceIsThere is so with each message, and is not written with each: once a minute, with whatever else there is to
// write, and at the end.
func TestThatADeviceIsThere(t *testing.T) {
	d := newDisk()
	r := open(t, d)
	said := waymark.Presence{State: waymark.PresenceOnline, At: at(0).Unix(), Session: "s-1"}
	seen := func(second int) func() { return func() { r.Seen("logger-1", attest.COSE, at(second)) } }
	for _, step := range []struct {
		name   string
		do     func()
		writes int
	}{
		{"the first time", seen(0), 1},
		{"again", seen(30), 0},
		{"and again", seen(59), 0},
		{"a minute later", seen(60), 1},
		{"again", seen(119), 0},
		{"in another envelope", func() { r.Seen("logger-1", attest.JWS, at(119)) }, 1},
		{"it says so", func() { r.Said("logger-1", said, at(119)) }, 1},
		{"it says so again", func() { r.Said("logger-1", said, at(119)) }, 0},
		{"it connects", func() { r.Connected("logger-1", 1, at(119)) }, 1},
		{"it goes", func() { r.Disconnected("logger-1", 1, at(119), Closed) }, 1},
		{"and is there", func() { r.Seen("logger-1", attest.JWS, at(125)) }, 0},
	} {
		d.writes = 0
		step.do()
		if r.flush(); d.writes != step.writes {
			t.Errorf("%s: %d transactions, want %d", step.name, d.writes, step.writes)
		}
	}
	r.Flush()
	if got := the(t, open(t, d), "logger-1").LastSeen; got != at(125) {
		t.Errorf("after the end it was seen at %v", got)
	}
}

// TestHowManyAreConnected is counted as it changes.
func TestHowManyAreConnected(t *testing.T) {
	r := open(t, newDisk())
	r.limit = 3
	connected := func(step string, want int) {
		t.Helper()
		if known, got := r.Counts(); got != want || known > r.limit {
			t.Errorf("%s: %d of %d are connected, want %d", step, got, known, want)
		}
	}
	for n := range 3 {
		r.Connected(fmt.Sprint("logger-", n), 1, at(n))
	}
	connected("three come", 3)
	r.Connected("logger-0", 2, at(3))
	connected("one connects once more", 3)
	r.Disconnected("logger-0", 1, at(3), Takeover)
	connected("its old connection ends", 3)
	r.Disconnected("logger-0", 2, at(4), Closed)
	r.Disconnected("logger-0", 2, at(4), Closed)
	connected("it goes", 2)
	r.Connected("logger-3", 1, at(5))
	connected("who is not connected is forgotten", 3)
	r.Connected("logger-4", 1, at(6))
	connected("who was seen longest ago is forgotten", 3)
	r.Disconnected("logger-1", 1, at(7), Closed)
	connected("one that is forgotten goes", 3)
}

func TestWhatCannotBeWrittenIsWrittenLater(t *testing.T) {
	d := newDisk()
	r := open(t, d)
	d.broken = true
	for n := range 5000 {
		r.Seen(fmt.Sprintf("logger-%04d", n), attest.JWS, at(n))
	}
	r.Flush()
	d.broken = false
	r.Flush()
	if len(d.records) != 5000 || d.most > maxFlushed {
		t.Errorf("%d on the disk, up to %d in one transaction", len(d.records), d.most)
	}
}

// With as many devices connected as may be the others are forgotten some hundred at once, and not one with each message.
func TestOthersAreForgottenTogether(t *testing.T) {
	r := open(t, newDisk())
	for n := range MaxDevices {
		r.Connected(fmt.Sprintf("logger-%05d", n), uint64(n+1), at(n))
	}
	for n := range spare + 1 {
		r.Seen(fmt.Sprintf("other-%04d", n), attest.JWS, at(MaxDevices+n))
		if known, connected := r.Counts(); n < spare && known != MaxDevices+n+1 || connected != MaxDevices {
			t.Fatalf("%d known, %d connected, after %d others", known, connected, n+1)
		}
	}
	if known, _ := r.Counts(); known != MaxDevices+1 || !r.Knows(fmt.Sprintf("other-%04d", spare)) {
		t.Errorf("%d known at last", known)
	}
}
