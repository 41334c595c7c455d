package faults_test

import (
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/test/faults"
)

func TestTable(t *testing.T) {
	got := faults.Table([]faults.Outcome{
		{Fault: "nothing", Acknowledged: 10, Committed: 10},
		{Fault: "much", Acknowledged: 10, Committed: 4, Quarantined: map[string]int{"unreadable": 1, "invalid": 2}, Lost: 3, Doubled: 1, Late: 2,
			Pause: 1250 * time.Millisecond, Remark: "So it is."},
	})
	for _, want := range []string{
		"| nothing | 10 | 10 | 0 | 0 | 0 | 0 | 0.0 s |  |\n",
		"| much | 10 | 4 | 2 `invalid`, 1 `unreadable` | 3 | 1 | 2 | 1.2 s | So it is. |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant in it\n%s", got, want)
		}
	}
}
