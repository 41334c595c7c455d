// Command determinism names what endorsers could not agree on in the packages it is
// given: `determinism ./internal/...`. See package determinism.
package main

import (
	"golang.org/x/tools/go/analysis/singlechecker"

	"github.com/waymark-ledger/waymark/test/internal/determinism"
)

func main() { singlechecker.Main(determinism.Analyzer()) }
