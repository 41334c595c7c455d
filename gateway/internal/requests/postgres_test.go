//go:build postgres

package requests_test

import (
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
)

func TestStoreInPostgres(t *testing.T) { conform(t, databasetest.Postgres) }
