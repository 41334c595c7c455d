package followers

import (
	"bufio"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestFollowersNoteEventsAlone(t *testing.T) {
	f := &follower{}
	f.read(bufio.NewScanner(strings.NewReader("id: 6:999999999:0\n\nid: 7:0:0\nevent: waymark.goods.x\ndata: {}\n\nid: 7:1:0\nevent: waymark.goods.x\ndata: {}\n\nid: 8:0:0\n\n")))
	if len(f.came) != 2 || f.came[0].block != 7 || f.came[1].block != 7 || f.err == nil {
		t.Errorf("%+v", f)
	}
}

func TestLatencyIsFromTheBlock(t *testing.T) {
	at := time.Now()
	c := &Crowd{all: []*follower{{came: []arrival{{7, at.Add(30 * time.Millisecond)}, {8, at}}}}}
	b := &Blocks{seen: map[uint64]time.Time{7: at, 8: at.Add(time.Millisecond)}}
	got, err := c.Latencies(b)
	if err != nil || len(got) != 2 || got[0] != 30*time.Millisecond || got[1] != 0 {
		t.Errorf("%v, %v", got, err)
	}
	delete(b.seen, 8)
	if _, err := c.Latencies(b); err == nil {
		t.Error("an event of a block that nobody saw")
	}
}

func TestProductsAreValidAndDiffer(t *testing.T) {
	seen := map[string]bool{}
	for serial := 1; serial < 200; serial++ {
		p := waymark.RegisterProductRequest{GTIN: gtin(serial), Name: "vaccine"}
		if err := p.Validate(); err != nil || seen[p.GTIN] {
			t.Errorf("%d is %s: %v", serial, p.GTIN, err)
		}
		seen[p.GTIN] = true
	}
}
