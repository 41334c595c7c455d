//go:build postgres

package model_test

import (
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
)

func TestPostgres(t *testing.T) {
	conform(t, databasetest.Of(database.Model, databasetest.PostgresConfig))
}
