package goods

import (
	"reflect"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// begin makes the record of an act by the caller's member, and returns the one that is on
// the ledger if the same act was done before. Who did it alone may ask again.
func begin(l ledger.Ledger, a waymark.Act) (act, done *waymark.Act, err error) {
	a.By, a.Done = l.Tx().Caller.Member, l.Tx().Stamp()
	old, err := ledger.Load[waymark.Act](l, ledger.ActKey(a.ID))
	if err != nil || old == nil {
		return &a, nil, err
	}
	if err := access.Authorize(l.Tx(), waymark.ActHandleGoods, access.Goods(a.ID, access.Concerned{Holder: old.By})); err != nil {
		return nil, nil, err
	}
	a.Done, a.Recalled = old.Done, old.Recalled
	if !reflect.DeepEqual(*old, a) {
		return nil, nil, waymark.Errorf(waymark.AlreadyExists, "there is another act %s already: choose another id", a.ID)
	}
	return nil, old, nil
}

// finish writes all that an act changes.
func (b *book) finish(l ledger.Ledger, a *waymark.Act, event string) (*waymark.Act, error) {
	b.save(ledger.ActKey(a.ID), a)
	if err := b.close(l); err != nil {
		return nil, err
	}
	return a, l.Emit(event, waymark.GoodsEvent{Act: a.ID, By: a.By, Container: a.Container, Recalled: a.Recalled})
}

// Read returns what a member did with goods, to that member, and to whoever may read all that it is about.
func Read(l ledger.Ledger, q waymark.ActQuery) (*waymark.Act, error) {
	a, err := ledger.Require[waymark.Act](l, ledger.ActKey(q.ID), "act "+q.ID)
	if err != nil {
		return nil, err
	}
	err = access.Authorize(l.Tx(), waymark.ActReadGoods, access.Goods(a.ID, access.Concerned{Holder: a.By}))
	if waymark.CodeOf(err) == waymark.Forbidden {
		err = look(l).checkAllReadable(l.Tx(), about(a))
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// about are the things of an act, each once.
func about(a *waymark.Act) []waymark.Goods {
	var ids []string
	if a.Container != "" {
		ids = append(ids, a.Container)
	}
	for _, line := range a.Lines {
		ids = append(ids, line.ID)
	}
	for _, o := range a.Outputs {
		ids = append(ids, o.ID)
	}
	slices.Sort(ids)
	things := make([]waymark.Goods, 0, len(ids))
	for _, id := range slices.Compact(ids) {
		things = append(things, waymark.MustGoods(id))
	}
	return things
}
