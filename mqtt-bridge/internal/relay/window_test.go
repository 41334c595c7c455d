package relay

import (
	"testing"
	"time"
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
		{"slow", func(w *window) { w.passed(500, slow+1) }, window{size: 250, threshold: 250, held: true}},
		{"slow alone: it cannot be less", func(w *window) { w.passed(1, slow+1) }, window{size: 1, threshold: 1, held: true}},
		{"an outage says little of how many", func(w *window) { w.cut(500); w.cut(250); w.cut(125) }, window{size: 62, threshold: 250, held: true}},
		{"a bad message says nothing of it", func(w *window) { w.split(500); w.passed(250, quick) }, window{size: 500, threshold: 500}},
		{"few say nothing of many", func(w *window) { w.cut(500); w.passed(249, quick) }, window{size: 250, threshold: 250}},
		{"doubles up to the threshold", func(w *window) {
			w.cut(400)
			w.cut(200)
			w.cut(100)
			w.passed(50, quick)
			w.passed(100, quick)
			w.passed(200, quick)
		},
			window{size: 225, threshold: 200}},
		{"then grows in steps", func(w *window) { w.cut(400); w.passed(200, quick); w.passed(225, quick) }, window{size: 250, threshold: 200}},
		{"fails again", func(w *window) { w.cut(400); w.passed(200, quick); w.cut(225) }, window{size: 112, threshold: 112, held: true}},
		{"up to the most", func(w *window) { w.cut(980); w.passed(490, quick) }, window{size: 500, threshold: 490}},
		{"one at a time still grows", func(w *window) { w.cut(1); w.passed(1, quick) }, window{size: 2, threshold: 1}},
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
