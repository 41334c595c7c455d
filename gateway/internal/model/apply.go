package model

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// writer writes rows.
type writer struct {
	ctx        context.Context //nolint:containedctx // it is that of one update
	statements *database.Queue
}

// exec runs a statement whose result nobody asks for.
func (w writer) exec(statement string, args ...any) error {
	args, err := plain(args)
	if err != nil {
		return err
	}
	return w.statements.Add(w.ctx, statement, args...)
}

// plain are arguments that both databases take: a ledger keeps whatever bytes it is sent, and a forged text is to stop no model.
func plain(args []any) ([]any, error) {
	all := make([]any, len(args))
	for i, arg := range args {
		value, err := driver.DefaultParameterConverter.ConvertValue(arg)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		if text, is := value.(string); is {
			value = clean(text)
		}
		all[i] = value
	}
	return all, nil
}

// clean is a text without what is none to PostgreSQL.
func clean(text string) string { return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "") }

// application is a block on its way into the model.
type application struct {
	writer
	block   uint64
	changed map[subject]bool       // what is to be indexed anew
	settle  map[waymark.Place]bool // of which it is to be said anew who has what is there
	is      *reading               // the records with all that the block has written, for index

	measured measured                  // what the block recorded
	refused  []ledger.BlockTransaction // whose events nobody is told
}

// subject is a thing that has a row in an index.
type subject struct{ kind, id string }

// add adds what one transaction did.
func (a *application) add(tx ledger.BlockTransaction) error {
	err := a.exec(`INSERT INTO transactions (block, position, tx_id, status, member, function, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		database.Signed(a.block), tx.Position, tx.TxID, tx.Status, tx.Member, tx.Function, tx.Time.UnixMilli())
	if err != nil || tx.Status != ledger.Valid {
		return err
	}
	for _, w := range tx.Writes {
		if err := a.write(tx.Position, w); err != nil {
			return fmt.Errorf("record %s: %w", w.Key, err)
		}
	}
	if tx.Function == string(waymark.TelemetryRecord) {
		if err := a.measure(tx); err != nil {
			return err
		}
	}
	if tx.Event == nil {
		return nil
	}
	return a.tell(tx)
}

// write makes a record what the transaction made it.
func (a *application) write(position int, w ledger.Write) error {
	if s, ok := subjectOf(w.Key); ok {
		a.changed[s] = true
	}
	if err := a.keep(position, w); err != nil {
		return err
	}
	for _, index := range []func(int, ledger.Write) error{a.indexGoods, a.indexDecision, a.indexName} {
		if err := index(position, w); err != nil {
			return err
		}
	}
	return nil
}

// keep makes the record itself what the transaction made it.
func (a *application) keep(position int, w ledger.Write) error {
	if w.Value == nil {
		return a.exec(`DELETE FROM records WHERE key = $1`, []byte(w.Key))
	}
	return a.exec(`INSERT INTO records (key, value, block, position) VALUES ($1, $2, $3, $4)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value, block = excluded.block, position = excluded.position`,
		[]byte(w.Key), w.Value, database.Signed(a.block), position)
}

// tell adds the events that a transaction's event tells of.
func (a *application) tell(tx ledger.BlockTransaction) error {
	events, err := parts(tx)
	if err != nil { // of a faulty chaincode, or forged: a member alone can tell anything beside what it writes for itself
		events, a.refused = []event{{name: unknown, payload: []byte("{}")}}, append(a.refused, tx)
	}
	for n, e := range events {
		kind, _, _ := strings.Cut(e.name, ".")
		err := a.exec(`INSERT INTO events (block, position, n, name, device, shipment, payload, kind, member) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			database.Signed(a.block), tx.Position, n, e.name, e.device, e.shipment, e.payload, kind, tx.Member)
		if err != nil {
			return fmt.Errorf("event: %w", err)
		}
	}
	return nil
}

// subjectOf returns whose row in an index depends on a record.
func subjectOf(key string) (subject, bool) {
	kind, rest, _ := strings.Cut(key, "/")
	switch kind {
	case kindShipment, "custody", "title", "titleoffer", "cargo", "handoff", "hold", "discrepancy", "witness", "excursion", "escrow", "settlement", "dispute":
		id, _, _ := strings.Cut(rest, "/")
		return subject{kindShipment, id}, true
	case kindDevice:
		return subject{kindDevice, rest}, true
	}
	return subject{}, false
}

// The kinds of subjects.
const (
	kindShipment = "shipment"
	kindDevice   = "device"
)

// index makes the rows anew of all that the block changed. None of them is a record.
func (a *application) index(s database.Statements) error {
	if err := a.statements.Flush(a.ctx); err != nil {
		return err
	}
	a.is = newReading(a.ctx, s, rules.Tx{})
	all := make([]subject, 0, len(a.changed))
	for s := range a.changed {
		all = append(all, s)
	}
	slices.SortFunc(all, func(x, y subject) int { return strings.Compare(x.kind+"/"+x.id, y.kind+"/"+y.id) })
	for _, s := range all {
		again := map[string]func(string) error{kindShipment: a.indexShipment, kindDevice: a.indexDevice}[s.kind]
		if err := again(s.id); err != nil {
			return fmt.Errorf("index %s %s: %w", s.kind, s.id, err)
		}
	}
	if err := a.settlePlaces(); err != nil {
		return err
	}
	return a.statements.Flush(a.ctx)
}
