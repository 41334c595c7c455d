package model_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/backing"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
)

// rowsFile is what rows a gateway of a version makes of a ledger.
const rowsFile = "testdata/rows.txt"

var writeRows = flag.Bool("write-rows", false, "write "+rowsFile+" anew, as with another version")

// TestRowsAreOfTheirVersion: the rows that are made of a ledger change with their version alone, or gateways would go on with rows of before; so do the
// events that are known, of which one that was not is kept as unknown.
func TestRowsAreOfTheirVersion(t *testing.T) {
	got := fmt.Sprintf("version %d\n%s\n", database.ModelVersion, strings.Join(backing.Events(), "\n")) + rowsOf(t, story(t).modelOf(t, sqlite))
	if *writeRows {
		must(t, os.WriteFile(rowsFile, []byte(got), 0o600))
	}
	want, err := os.ReadFile(rowsFile)
	must(t, err)
	if got == string(want) {
		return
	}
	is, was := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	n := 0
	for n < min(len(is), len(was))-1 && is[n] == was[n] {
		n++
	}
	t.Errorf("line %d is\n%s\nand was\n%s\nAdd one to database.ModelVersion, and write the file anew: go test -run %s -write-rows", n+1, is[n], was[n], t.Name())
}

// story is a depot in which a bit of everything has happened.
func story(t *testing.T) *depot {
	t.Helper()
	d := newDepot(t)
	producer, carrier := d.As("producer", waymark.Operator), d.As("carrier", waymark.Operator)
	done(t, d, producer, goods.Pack, waymark.PackRequest{ID: "packed", Container: depotContainers[0], Lines: []waymark.Line{{ID: depotItems[0]}, {ID: depotLots[1], Quantity: "1"}}})
	done(t, d, producer, custody.Create, waymark.CreateShipmentRequest{ID: "s0", Consignee: "carrier", Goods: []waymark.Line{{ID: depotContainers[0]}},
		Conditions: []waymark.Condition{{Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "8"}}})
	done(t, d, producer, custody.Attach, waymark.AttachDeviceRequest{Shipment: "s0", Device: "logger-1"})
	for n := range int64(3) {
		d.Now = d.Now.Add(time.Hour)
		d.record(d.logger.Pack(400+n, 1000))
		d.block()
	}
	h := done(t, d, producer, custody.Offer, waymark.OfferHandoffRequest{Shipment: "s0", To: "carrier", ExpiresAt: d.Now.Add(time.Hour)})
	done(t, d, carrier, custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s0", Number: h.Number, Reservation: "as it is"})
	done(t, d, producer, policy.Authorize, waymark.CheckRequest{Action: waymark.ActReadShipment, Shipment: "s0"})
	return d
}

// rowsOf are the rows of all tables but the records, which are the ledger's own.
func rowsOf(t *testing.T, m *model.Model) string {
	t.Helper()
	var all strings.Builder
	names, orders := model.Tables()
	for n, name := range names {
		if name == "records" {
			continue
		}
		must(t, m.DB().View(t.Context(), func(ctx context.Context, s database.Statements) error {
			rows, err := s.QueryContext(ctx, "SELECT * FROM "+name+" ORDER BY "+orders[n])
			if err != nil {
				return err
			}
			defer rows.Close()
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			for rows.Next() {
				row, into := make([]any, len(columns)), make([]any, len(columns))
				for i := range row {
					into[i] = &row[i]
				}
				if err := rows.Scan(into...); err != nil {
					return err
				}
				fmt.Fprintf(&all, "%s", name)
				for i, value := range row {
					if raw, is := value.([]byte); is {
						value = string(raw)
					}
					fmt.Fprintf(&all, " %s=%q", columns[i], fmt.Sprint(value))
				}
				all.WriteByte('\n')
			}
			return rows.Err()
		}))
	}
	return all.String()
}
