//go:build postgres

package leases

import (
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
)

func TestPostgres(t *testing.T) { conform(t, databasetest.Postgres) }
