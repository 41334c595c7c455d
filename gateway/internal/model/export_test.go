package model

import "github.com/waymark-ledger/waymark/gateway/internal/database"

// DB returns the database of a model.
func (m *Model) DB() *database.DB { return m.db }

// SetPageBytes bounds the pages of a model.
func (m *Model) SetPageBytes(n int) { m.pageBytes = n }
