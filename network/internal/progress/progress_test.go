package progress_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/network/internal/progress"
)

func TestStagePrintsOnePlainLine(t *testing.T) {
	var out strings.Builder
	log := progress.NewPlain(&out)
	if err := log.Stage("start peers", func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	fault := errors.New("disk full")
	if err := log.Stage("start orderers", func() error { return fault }); !errors.Is(err, fault) {
		t.Errorf("got %v, want the stage's own error", err)
	}
	log.Done("up")
	want := regexp.MustCompile(`^ +\d+\.\d\ds  start peers\n +failed  start orderers\n +\d+\.\d\ds  up\n$`)
	if !want.MatchString(out.String()) {
		t.Errorf("got %q", out.String())
	}
}
