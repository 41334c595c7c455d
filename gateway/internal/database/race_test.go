package database_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
)

// TestGatewaysThatOpenOneNewFileAtOnce all find it prepared.
func TestGatewaysThatOpenOneNewFileAtOnce(t *testing.T) {
	const rounds, gateways = 25, 4
	for range rounds {
		c := databasetest.SQLiteConfig(t)
		all := make([]*database.DB, gateways)
		for i := range all {
			all[i] = opened(t, c)
		}
		begin := make(chan struct{})
		var group sync.WaitGroup
		for i, db := range all {
			group.Go(func() {
				<-begin
				if err := db.Prepare(t.Context()); err != nil {
					t.Errorf("gateway %d: %v", i, err)
				}
			})
		}
		close(begin)
		group.Wait()
		for i, db := range all {
			if err := beat(db, t.Context(), strconv.Itoa(i), 1, false); err != nil {
				t.Error(err)
			}
		}
		if found := ids(t, all[0]); len(found) != gateways {
			t.Errorf("kept is %v", found)
		}
	}
}
