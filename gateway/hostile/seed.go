package hostile

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
)

// Environment is the variable that makes the requests of an earlier run again, by its seed.
const Environment = "WAYMARK_HOSTILE_SEED"

// Seed is that of the environment, or a new one.
func Seed() (uint64, error) {
	text := os.Getenv(Environment)
	if text == "" {
		return rand.Uint64(), nil //nolint:gosec // no secret
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", Environment, err)
	}
	return seed, nil
}

// random is a source of its own for each operation, since operations come in any order.
func random(seed uint64, operation string) *rand.Rand {
	own := fnv.New64a()
	_, _ = own.Write([]byte(operation))             // never fails
	return rand.New(rand.NewPCG(seed, own.Sum64())) //nolint:gosec // no secret
}
