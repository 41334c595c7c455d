package goods

import (
	"maps"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// book is what one transaction knows of things and changes of them. Unlike the ledger it
// sees its own changes, so that several lines can be about one container or stock; and it
// writes them all at the end, when nothing can be refused any more.
type book struct {
	r        ledger.Reader
	stamp    waymark.Stamp                    // of the transaction
	things   map[waymark.Goods]*waymark.Thing // nil: there is none
	lots     map[waymark.Goods]*waymark.Lot
	portions map[portion]int64 // in thousandths
	voyages  map[string]*voyage
	changes  map[ledger.Key]func(ledger.Writer) error
}

// portion names so much of a lot at a place.
type portion struct {
	lot waymark.Goods
	at  waymark.Place
}

func (p portion) key() ledger.Key { return ledger.PortionKey(p.lot, p.at) }

func open(l ledger.Ledger) *book {
	b := look(l)
	b.stamp = l.Tx().Stamp()
	return b
}

// look opens a book that is only read.
func look(r ledger.Reader) *book {
	return &book{
		r: r, things: map[waymark.Goods]*waymark.Thing{}, lots: map[waymark.Goods]*waymark.Lot{},
		portions: map[portion]int64{}, voyages: map[string]*voyage{}, changes: map[ledger.Key]func(ledger.Writer) error{},
	}
}

// load reads the records of things and lots that the book does not have yet, many at once.
func (b *book) load(all []waymark.Goods) error {
	var lots, things []waymark.Goods
	for _, g := range all {
		if g.Kind() == waymark.GoodsLot {
			lots = append(lots, g)
		} else {
			things = append(things, g)
		}
	}
	if err := loadInto(b.r, b.lots, lots, ledger.GoodsKey); err != nil {
		return err
	}
	return loadInto(b.r, b.things, things, ledger.GoodsKey)
}

// loadInto reads the records of keys that a map does not have yet.
func loadInto[K comparable, R any](r ledger.Reader, into map[K]*R, wanted []K, key func(K) ledger.Key) error {
	var missing []K
	var keys []ledger.Key
	for _, k := range wanted {
		if _, there := into[k]; !there {
			into[k] = nil
			missing, keys = append(missing, k), append(keys, key(k))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	records, err := ledger.LoadMany[R](r, keys)
	if err != nil {
		return err
	}
	for i, k := range missing {
		into[k] = records[i]
	}
	return nil
}

// loadPortions reads how much is at each of some places.
func (b *book) loadPortions(all []portion) error {
	found := map[portion]*waymark.Portion{}
	wanted := slices.DeleteFunc(slices.Clone(all), func(p portion) bool { _, there := b.portions[p]; return there })
	if err := loadInto(b.r, found, wanted, portion.key); err != nil {
		return err
	}
	for _, p := range wanted {
		b.portions[p] = 0
		if found[p] == nil {
			continue
		}
		n, err := waymark.Thousandths(found[p].Quantity)
		if err != nil {
			return err
		}
		b.portions[p] = n
	}
	return nil
}

// thing returns a known item or container, or NotFound.
func (b *book) thing(g waymark.Goods) (*waymark.Thing, error) {
	if err := b.load([]waymark.Goods{g}); err != nil {
		return nil, err
	}
	if t := b.things[g]; t != nil {
		return t, nil
	}
	return nil, waymark.Errorf(waymark.NotFound, "there is no %s %s", g.Kind(), g)
}

// lot returns a known lot, or NotFound.
func (b *book) lot(g waymark.Goods) (*waymark.Lot, error) {
	if err := b.load([]waymark.Goods{g}); err != nil {
		return nil, err
	}
	if lot := b.lots[g]; lot != nil {
		return lot, nil
	}
	return nil, waymark.Errorf(waymark.NotFound, "there is no lot %s", g)
}

// lotsIn are the lots in a known thing or lot.
func (b *book) lotsIn(g waymark.Goods) ([]string, error) {
	if g.Kind() == waymark.GoodsLot {
		lot, err := b.lot(g)
		if err != nil {
			return nil, err
		}
		return lot.Lots, nil
	}
	t, err := b.thing(g)
	if err != nil {
		return nil, err
	}
	return t.Lots, nil
}

// change notes that a thing's record is to be written.
func (b *book) change(g waymark.Goods, t *waymark.Thing) {
	t.Changed = b.stamp
	b.things[g] = t
	b.save(ledger.GoodsKey(g), t)
}

// put moves a thing to a place.
func (b *book) put(g waymark.Goods, at waymark.Place) {
	t := b.things[g]
	t.Place = at
	b.change(g, t)
}

// add changes how much of a lot is at a place, which has been loaded.
func (b *book) add(p portion, thousandths int64) {
	b.portions[p] += thousandths
	left := b.portions[p]
	if left == 0 {
		b.changes[p.key()] = func(w ledger.Writer) error { return w.Delete(p.key()) }
		return
	}
	b.save(p.key(), &waymark.Portion{Lot: p.lot.String(), Place: p.at, Quantity: waymark.Quantity(left)})
}

// save notes a record to write.
func (b *book) save(key ledger.Key, record any) {
	b.changes[key] = func(w ledger.Writer) error { return ledger.Save(w, key, &record) }
}

// close writes all changes, in the order of the keys.
func (b *book) close(w ledger.Writer) error {
	keys := slices.SortedFunc(maps.Keys(b.changes), ledger.Key.Compare)
	for _, key := range keys {
		if err := b.changes[key](w); err != nil {
			return err
		}
	}
	return nil
}
