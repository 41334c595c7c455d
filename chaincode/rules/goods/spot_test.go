package goods_test

import (
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestSpots(t *testing.T) {
	f := newFarm(t)
	lot := lotOf(cheese, "C")
	f.commission("", item(milk, "1"), item(milk, "2"), item(milk, "3"), item(milk, "4"))
	f.bulk(lot, "10", "KGM")
	f.pack("producer", box(1), lines(item(milk, "1"))...)
	f.pack("producer", box(2), append(lines(box(1)), much(lot, "1"))...)
	f.pack("producer", box(3), lines(item(milk, "4"))...)
	f.ship("s1", "retailer", append(lines(box(2), item(milk, "2")), much(lot, "2.5"))...)
	tests := []struct {
		thing      string
		inside     bool
		containers []string
		amount     int64
	}{
		{item(milk, "1"), true, []string{canonical(box(1)), canonical(box(2))}, 0},
		{box(1), true, []string{canonical(box(2))}, 0},
		{box(2), true, nil, 0},
		{item(milk, "2"), true, nil, 0},
		{item(milk, "3"), false, nil, 0},
		{item(milk, "4"), false, []string{canonical(box(3))}, 0},
		{item(milk, "9"), false, nil, 0}, // unheard of
		{box(9), false, nil, 0},
		{lot, true, nil, 2500}, // what is in the container is not directly there
		{lotOf(cheese, "D"), false, nil, 0},
	}
	var things []waymark.Goods
	for _, test := range tests {
		things = append(things, waymark.MustGoods(test.thing))
	}
	spots, err := goods.Spots(f.World.Begin(f.Tx(f.operator("producer"))), "s1", things)
	if err != nil || len(spots) != len(tests) {
		t.Fatalf("%d spots, %v", len(spots), err)
	}
	for i, test := range tests {
		var containers []string
		for _, c := range spots[i].Containers {
			containers = append(containers, c.String())
		}
		if spots[i].Inside != test.inside || spots[i].Amount != test.amount || !slices.Equal(containers, test.containers) {
			t.Errorf("%s is at %+v", test.thing, spots[i])
		}
	}
}
