package relay

import (
	"bytes"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

func TestWindow(t *testing.T) {
	const quick = time.Second
	for _, test := range []struct {
		name string
		do   func(w *window)
		want window
	}{
		{"begins at the most", func(*window) {}, window{size: 500, threshold: 500}},
		{"too many", func(w *window) { w.cut(500) }, window{size: 250, threshold: 250, held: true}},
		{"slow", func(w *window) { w.passed(500, true, slow+1) }, window{size: 250, threshold: 250, held: true}},
		{"slow, though there was no more: that says nothing", func(w *window) { w.passed(1, false, slow+1) }, window{size: 500, threshold: 500}},
		{"slow and full of bytes", func(w *window) { w.passed(100, true, slow+1) }, window{size: 50, threshold: 50, held: true}},
		{"slow alone: it cannot be less", func(w *window) { w.passed(1, true, slow+1) }, window{size: 1, threshold: 1, held: true}},
		{"an outage says little of how many", func(w *window) { w.cut(500); w.cut(250); w.cut(125) }, window{size: 62, threshold: 250, held: true}},
		{"a bad message says nothing of it", func(w *window) { w.split(500); w.passed(250, true, quick) }, window{size: 500, threshold: 500}},
		{"few say nothing of many", func(w *window) { w.cut(500); w.passed(249, false, quick) }, window{size: 250, threshold: 250}},
		{"doubles up to the threshold", func(w *window) {
			w.cut(400)
			w.cut(200)
			w.cut(100)
			w.passed(50, true, quick)
			w.passed(100, true, quick)
			w.passed(200, true, quick)
		},
			window{size: 225, threshold: 200}},
		{"then grows in steps", func(w *window) { w.cut(400); w.passed(200, true, quick); w.passed(225, true, quick) }, window{size: 253, threshold: 200}},
		{"fails again", func(w *window) { w.cut(400); w.passed(200, true, quick); w.cut(225) }, window{size: 112, threshold: 112, held: true}},
		{"up to the most", func(w *window) { w.cut(980); w.passed(490, true, quick) }, window{size: 500, threshold: 490}},
		{"one at a time still grows", func(w *window) { w.cut(1); w.passed(1, true, quick) }, window{size: 2, threshold: 1}},
		{"from one on", func(w *window) {
			w.cut(2)
			for range 50 {
				w.passed(w.size, true, quick)
			}
		}, window{size: 500, threshold: 1}},
		{"never none", func(w *window) { w.split(1); w.cut(1) }, window{size: 1, threshold: 1, held: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWindow(500)
			test.want.most = 500
			if test.do(&w); w != test.want {
				t.Errorf("%+v, want %+v", w, test.want)
			}
		})
	}
}

func TestFit(t *testing.T) {
	const limit = 64 << 10
	s := &shard{Relay: &Relay{options: Options{BatchBytes: limit}}, window: newWindow(4)}
	of := func(sizes ...int) (entries []spool.Entry) {
		for _, n := range sizes {
			entries = append(entries, spool.Entry{Payload: bytes.Repeat([]byte{0xd2}, n)})
		}
		return entries
	}
	for _, test := range []struct {
		name    string
		entries []spool.Entry
		want    int
		full    bool
	}{
		{"none", nil, 0, false},
		{"few and small", of(100, 100, 100), 3, false},
		{"as many as may be", of(100, 100, 100, 100), 4, true},
		{"few and large", of(limit/4, limit/4), 2, true},
		{"too large together", of(limit/2, limit/2), 1, true},
		{"too large alone", of(limit+1, 1), 1, true},
	} {
		if w := s.fit(test.entries); len(w.entries) != test.want || w.full != test.full {
			t.Errorf("%s: %d, full %t; want %d, %t", test.name, len(w.entries), w.full, test.want, test.full)
		}
	}
}
