package requests_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
	"go.uber.org/zap"
	"pgregory.net/rapid"
)

func keys() []string { return []string{"a", "b", "c", "d", "e"} }

// conflict is a fate after which a transaction has changed nothing.
const conflict = "MVCC_READ_CONFLICT"

// world is some processes of a member that do requests step by step, in any order, die in
// between and take over from each other. What it remembers is the model: which answer was
// given first under each key.
type world struct {
	*member
	processes []*requests.Runner
	gone      []string // the names of those that died
	works     []*work
	answers   map[string]requests.Answer // the first ones, by key
}

// work is a request that a living process works on.
type work struct {
	process *requests.Runner
	*requests.Operation
	key  string
	tx   *ledger.Endorsed // the last one
	fate *ledger.Fate     // of tx, once the process knows it
}

// effective reports whether the last transaction of a work is the one that makes its answer.
func (w *work) effective() bool {
	return w.fate != nil && w.fate.Status == ledger.Valid && !w.tx.Partial
}

func newWorld(t *testing.T) *world {
	w := &world{member: newMember(t), answers: make(map[string]requests.Answer)}
	w.limit.Answer = 0 // who finds a request under way does not wait for it
	for range 2 {
		w.processes = append(w.processes, w.process())
	}
	return w
}

func (w *world) process() *requests.Runner {
	return requests.NewRunner(requests.Options{Store: w.store, Resolver: w.chain, Ended: w.ended.add, Limits: w.limit,
		Logger: zap.NewNop(), Registry: prometheus.NewRegistry()})
}

// some draws a process that lives.
func (w *world) some(rt *rapid.T, what string) *requests.Runner {
	return w.processes[rapid.IntRange(0, len(w.processes)-1).Draw(rt, what)]
}

// A key has one effect and one answer, in whatever order its requests are sent, kept, ordered,
// noted, abandoned by death, and taken over by others, from the living too.
func TestAnyOrderHasOneEffect(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		rt.Repeat(map[string]func(*rapid.T){
			"":          w.sound,
			"ask":       w.amid(w.ask),
			"die":       w.amid(w.die),
			"take over": w.amid(w.takeOver),
			"recover":   w.amid(w.recover),
		})
		w.finish(rt)
	})
}

// ask sends a request to a process: it is answered from what is kept, or done.
func (w *world) ask(rt *rapid.T) {
	p, key := w.some(rt, "process"), rapid.SampledFrom(keys()).Draw(rt, "key")
	o := p.Operation(w.request(key, key))
	out, found, err := requests.Recall(p, rt.Context(), o)
	switch {
	case err != nil:
		rt.Fatal(err)
	case !found:
		if first, ok := w.answers[key]; ok {
			rt.Fatalf("key %s was answered with %+v, and is free", key, first)
		}
		w.works = append(w.works, &work{process: p, Operation: o, key: key})
		return
	case out.Pending == nil:
		w.answered(rt, key, out.Answer)
	}
	requests.Leave(p, o)
}

// answered checks that what a caller is told under a key is what the first was told.
func (w *world) answered(rt *rapid.T, key string, a requests.Answer) {
	first, ok := w.answers[key]
	if !ok {
		first = a
	}
	w.answers[key] = first
	if !reflect.DeepEqual(a, first) || a.Commit.Status != ledger.Valid || a.Location != "/v1/things/"+key || w.chain.about[a.Commit.TxID] != key {
		rt.Fatalf("key %s is answered with %+v, and was with %+v", key, a, first)
	}
}

// amid does something while works go on.
func (w *world) amid(do func(*rapid.T)) func(*rapid.T) {
	return func(rt *rapid.T) {
		w.goOn(rt)
		do(rt)
	}
}

// goOn takes some works a step further.
func (w *world) goOn(rt *rapid.T) {
	for range rapid.SampledFrom([]int{0, 1, 2, 3, 4}).Draw(rt, "steps") {
		if len(w.works) == 0 {
			return
		}
		one := w.works[rapid.IntRange(0, len(w.works)-1).Draw(rt, "work")]
		switch {
		case one.tx == nil:
			w.endorse(rt, one)
		case one.fate == nil:
			w.order(rt, one)
		case one.effective() || rapid.Bool().Draw(rt, "it gives up"):
			w.end(rt, one)
		default:
			w.endorse(rt, one)
		}
	}
}

func (w *world) drop(one *work) {
	requests.Leave(one.process, one.Operation)
	w.works = slices.DeleteFunc(w.works, func(other *work) bool { return other == one })
}

// endorse makes the first transaction of a work, or a further one, and keeps it. A work that
// lost its key or its request ends.
func (w *world) endorse(rt *rapid.T, one *work) {
	about, part := one.key, rapid.IntRange(0, 3).Draw(rt, "part") == 0
	if part {
		about += "/part"
	}
	tx := w.chain.endorse(about)
	tx.Partial = part
	switch err := one.Endorsed(rt.Context(), tx); {
	case err == nil:
		one.tx, one.fate = &tx, nil
	case errors.Is(err, requests.ErrTaken), errors.Is(err, requests.ErrLost):
		w.drop(one)
	default:
		rt.Fatal(err)
	}
}

// order hands a transaction over. Its process may not live to learn what became of it.
func (w *world) order(rt *rapid.T, one *work) {
	w.chain.fates = []string{rapid.SampledFrom([]string{conflict, conflict, ledger.Valid}).Draw(rt, "fate")}
	fate, err := w.chain.order(rt.Context(), one.tx.TxID)
	w.chain.fates = nil
	if err != nil {
		rt.Fatal(err)
	}
	if rapid.IntRange(0, 3).Draw(rt, "it does not learn") == 0 { // till it asks again, if it lives
		return
	}
	one.fate = &fate
	one.Resolved(fate)
	if one.effective() { // its caller is told, before that is noted
		w.answered(rt, one.key, one.answer())
	}
}

func (w *work) answer() requests.Answer {
	return requests.OutcomeOf(w.process, w.Operation, ledger.Committed{Result: w.tx.Result,
		Commit: ledger.Commit{TxID: w.fate.TxID, BlockNumber: w.fate.BlockNumber, Status: w.fate.Status}}).Answer
}

// end notes how a work ended.
func (w *world) end(rt *rapid.T, one *work) {
	end := requests.End{State: requests.Failed}
	if one.effective() {
		end = requests.End{State: requests.Done, Answer: one.answer()}
	}
	requests.Note(one.process, rt.Context(), one.Operation, end)
	w.drop(one)
}

// die ends a process as it stands, more often none; another one is started.
func (w *world) die(rt *rapid.T) {
	i := rapid.IntRange(0, 3*len(w.processes)).Draw(rt, "process")
	if i >= len(w.processes) {
		return
	}
	dead := w.processes[i]
	w.works = slices.DeleteFunc(w.works, func(one *work) bool { return one.process == dead })
	w.gone = append(w.gone, dead.Gateway())
	w.processes[i] = w.process()
}

// takeOver gives what a process has to another, which may bring it to its end at once. The one
// that loses it may live, and only be slow.
func (w *world) takeOver(rt *rapid.T) {
	names := slices.Clone(w.gone)
	for _, p := range w.processes {
		names = append(names, p.Gateway())
	}
	from, to := rapid.SampledFrom(names).Draw(rt, "from"), w.some(rt, "to")
	if err := w.store.Adopt(rt.Context(), from, to.Gateway()); err != nil {
		rt.Fatal(err)
	}
	if rapid.Bool().Draw(rt, "at once") {
		w.bringToEnd(rt, to)
	}
}

// recover brings what a process has taken over to its end.
func (w *world) recover(rt *rapid.T) {
	w.bringToEnd(rt, w.some(rt, "process"))
}

func (w *world) bringToEnd(rt *rapid.T, p *requests.Runner) {
	w.chain.fates = rapid.SliceOfN(rapid.SampledFrom([]string{ledger.Valid, conflict}), 0, 4).Draw(rt, "fates")
	if err := requests.RecoverAll(p, rt.Context()); err != nil {
		rt.Fatal(err)
	}
	w.chain.fates = nil
}

// sound holds after every step.
func (w *world) sound(rt *rapid.T) {
	for _, key := range keys() {
		if n := w.chain.effects(key); n > 1 {
			rt.Fatalf("key %s has %d effects", key, n)
		}
	}
}

// finish lets all processes die, and one take everything over: then what took effect is
// answered, and nothing else.
func (w *world) finish(rt *rapid.T) {
	heir := w.process()
	for _, p := range w.processes {
		w.gone = append(w.gone, p.Gateway())
	}
	for _, name := range w.gone {
		if err := w.store.Adopt(rt.Context(), name, heir.Gateway()); err != nil {
			rt.Fatal(err)
		}
	}
	if err := requests.RecoverAll(heir, rt.Context()); err != nil {
		rt.Fatal(err)
	}
	if ids, err := w.store.Pending(rt.Context(), heir.Gateway(), 10); err != nil || len(ids) != 0 {
		rt.Fatalf("still under way: %v %v", ids, err)
	}
	w.sound(rt)
	for _, key := range keys() {
		kept, found, err := w.store.Find(rt.Context(), "erp", key)
		if err != nil || found != (w.chain.effects(key) == 1) {
			rt.Fatalf("key %s has %d effects and is kept: %t, %v", key, w.chain.effects(key), found, err)
		}
		if found {
			w.answered(rt, key, kept.Answer)
		} else if first, ok := w.answers[key]; ok {
			rt.Fatalf("the answer of key %s is lost: %+v", key, first)
		}
	}
}
