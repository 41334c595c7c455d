package model

import (
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// DB returns the database of a model.
func (m *Model) DB() *database.DB { return m.db }

// SetPageBytes bounds the pages of a model.
func (m *Model) SetPageBytes(n int) { m.pageBytes = n }

// SetPageTime bounds how long a page of a model takes.
func (m *Model) SetPageTime(d time.Duration) { m.pageTime = d }

// SumAtMost bounds the rows that a page of a model sums up.
func (m *Model) SumAtMost(n int64) { m.summed = n }

// DecideAtMost bounds of how many series an answer of a model decides.
func (m *Model) DecideAtMost(n int) { m.series = n }

// Tables are the names of the tables of a model, and what their rows are ordered by.
func Tables() (names, orders []string) {
	for _, t := range tables() {
		names, orders = append(names, t.name), append(orders, strings.Join(t.keys, ", "))
	}
	return names, orders
}
