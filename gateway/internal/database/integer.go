package database

// Signed is a count as the databases take it, which have no unsigned integers: what is counted is far from the sign.
func Signed(n uint64) int64 { return int64(n) } //nolint:gosec // see above

// Unsigned is a count that was written by Signed.
func Unsigned(n int64) uint64 { return uint64(n) } //nolint:gosec // see above
