package statement

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gateway"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

// The bounds of a round. A device has a share of it, so that none holds up what others say.
const (
	atOnce      = 512 // statements that are looked at together
	bytesAtOnce = 2 * share * waymark.MaxMessageBytes
	share       = 64 // of one device among them
	tasksAtOnce = 64 // that are tried
	tries       = 4  // of one device's receipts, and of its presences
)

// errTurn is why an entry waits that was not tried.
var errTurn = errors.New("it has not had its turn")

// end is what became of an entry: neither verdict nor err if it is done with.
type end struct {
	kind     attest.Kind
	recorded bool // by the ledger
	verdict  *spool.Verdict
	err      error // it waits
}

// said is an entry that can be read.
type said struct {
	at       int // its place in the round
	entry    spool.Entry
	message  *attest.Message
	text     string
	presence waymark.Presence // if it is one
}

// round tries entries. Its error says that the ledger as a whole, or the disk, is away.
func (l *Lane) round(ctx context.Context, stop <-chan struct{}, entries []spool.Entry) error {
	ends := make([]end, len(entries))
	turns := make(chan struct{}, workers)
	var parts sync.WaitGroup
	for _, task := range l.tasks(entries, ends) {
		turns <- struct{}{}
		parts.Go(func() {
			defer func() { <-turns }()
			l.try(ctx, task, ends)
		})
	}
	parts.Wait()
	settlements, away := l.settlements(entries, ends)
	if err := l.settle(stop, settlements); err != nil {
		return err
	}
	l.tell(entries, ends)
	return away
}

// tasks sorts entries into what is tried one after another: a receipt by itself, and all presences of a device. What is no
// statement, and what waits for another round, has its end at once.
func (l *Lane) tasks(entries []spool.Entry, ends []end) [][]said {
	var tasks [][]said
	receipts, presences := map[string]int{}, map[string]int{} // of a device: how many, and where they are
	for i, e := range entries {
		s, fault := l.read(i, e)
		if fault != nil {
			ends[i] = *fault
			continue
		}
		ends[i] = end{kind: s.message.Kind, err: errTurn}
		presence := s.message.Kind == attest.Presence
		if at, there := presences[e.Device]; presence && there {
			tasks[at] = append(tasks[at], s)
			continue
		}
		if len(tasks) == tasksAtOnce || !presence && receipts[e.Device] == tries {
			continue
		}
		if presence {
			presences[e.Device] = len(tasks)
		} else {
			receipts[e.Device]++
		}
		tasks = append(tasks, []said{s})
	}
	return tasks
}

// read takes an entry apart, or returns the end of what is no statement.
func (l *Lane) read(at int, e spool.Entry) (said, *end) {
	if e.Corrupt {
		l.log.Error("a record of the spool is corrupt: check the disk", zap.Uint64("number", e.Number))
		return said{}, &end{verdict: verdict(spool.Corrupt, "the record in the spool does not have its checksum")}
	}
	s := said{at: at, entry: e, text: attest.Text(e.Payload)}
	var err error
	if s.message, err = attest.Parse(s.text); err != nil {
		return s, &end{verdict: verdict(spool.Unreadable, err.Error())}
	}
	switch s.message.Kind {
	case attest.Receipt:
	case attest.Presence:
		if s.presence, err = waymark.ParsePresence(s.message.Payload); err != nil {
			return s, &end{kind: attest.Presence, verdict: l.refusal(e, &Refusal{err})}
		}
	default:
		return s, &end{kind: s.message.Kind, verdict: verdict(spool.Unreadable, "it is no statement that is relayed")}
	}
	return s, nil
}

// try makes attempts with a task: with a receipt one, with presences the newest first, until one is taken. Those that are older
// change nothing then, and are done with. One that is refused says nothing of those before it.
func (l *Lane) try(ctx context.Context, task []said, ends []end) {
	slices.SortFunc(task, newestFirst(time.Now()))
	for n, s := range task[:min(tries, len(task))] {
		got := l.attempt(ctx, s)
		ends[s.at] = got
		if got.verdict != nil {
			continue
		}
		if got.err == nil {
			for _, older := range task[n+1:] {
				ends[older.at] = end{kind: got.kind}
			}
		}
		return
	}
}

// newestFirst orders presences. Those from the future, which the ledger refuses, are the last, so that they hide none.
func newestFirst(now time.Time) func(a, b said) int {
	horizon := now.Add(attest.MaxClockSkew).Unix()
	return func(a, b said) int {
		early, late := a.presence.At <= horizon, b.presence.At <= horizon
		switch {
		case early != late && early, early == late && a.presence.After(b.presence):
			return -1
		case early != late, b.presence.After(a.presence):
			return 1
		}
		return 0
	}
}

// attempt makes one request.
func (l *Lane) attempt(ctx context.Context, s said) end {
	got := end{kind: s.message.Kind}
	if got.kind == attest.Receipt {
		got.err = l.close(ctx, s.message, s.text)
		got.recorded = got.err == nil
	} else {
		got.recorded, got.err = l.hearer.Present(ctx, s.message, s.text)
	}
	if v := l.refusal(s.entry, got.err); v != nil {
		return end{kind: got.kind, verdict: v}
	}
	return got
}

// settlements are of the entries that have their end. away is why the ledger as a whole takes nothing, nil if it does.
func (l *Lane) settlements(entries []spool.Entry, ends []end) (settlements []spool.Settlement, away error) {
	for i, e := range entries {
		switch {
		case ends[i].err == nil:
			settlements = append(settlements, spool.Settlement{Number: e.Number, Verdict: ends[i].verdict})
		case errors.Is(ends[i].err, errTurn):
		case gateway.Away(ends[i].err):
			away = ends[i].err
			l.observer.Retried("statement_away")
		default:
			stuck, aside := l.failed(e, ends[i].err)
			if !aside {
				away = ends[i].err
			}
			if stuck != nil {
				ends[i] = end{kind: ends[i].kind, verdict: stuck}
				settlements = append(settlements, spool.Settlement{Number: e.Number, Verdict: stuck})
			}
		}
	}
	return settlements, away
}
