package edge

import (
	"fmt"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

func TestCut(t *testing.T) {
	readings := make([]senml.Reading, 7)
	for i := range readings {
		readings[i] = senml.Reading{Kind: senml.Text, Name: "n", Body: fmt.Sprint(i)} // 66 bytes at most
	}
	for _, test := range []struct {
		most, bytes int
		want        []int
	}{
		{10, 10000, []int{7}},
		{3, 10000, []int{3, 3, 1}},
		{10, 132, []int{2, 2, 2, 1}},
		{10, 1, []int{1, 1, 1, 1, 1, 1, 1}},
	} {
		var got []int
		var all []senml.Reading
		for _, part := range cut(readings, test.most, test.bytes) {
			got = append(got, len(part))
			all = append(all, part...)
		}
		if fmt.Sprint(got) != fmt.Sprint(test.want) || fmt.Sprint(all) != fmt.Sprint(readings) {
			t.Errorf("%d readings, %d bytes: %v, want %v", test.most, test.bytes, got, test.want)
		}
	}
}
