package bodies_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
)

// of is a member's gateway of a channel, whose peer has a ledger, or does not answer if that is "away".
func of(member, channel, ledger string) bodies.Owner {
	return bodies.Owner{Member: member, Channel: channel, Ledger: func(context.Context) (string, error) {
		if ledger == "away" {
			return "", errors.New("no peer")
		}
		return ledger, nil
	}}
}

func own(t *testing.T, path string, owner bodies.Owner) *bodies.Owned {
	t.Helper()
	return bodies.Own(folder(t, path), owner, zap.NewNop())
}

// TestAStoreIsOneMembersOfOneLedger: what another's gateway is to keep there is refused, in words that name both, and nothing of it is kept.
func TestAStoreIsOneMembersOfOneLedger(t *testing.T) {
	path := t.TempDir()
	mine := own(t, path, of("producer", "waymark", "aa"))
	if signed, err := mine.CheckOwner(t.Context()); signed || err != nil {
		t.Errorf("nobody's: %t, %v", signed, err)
	}
	if _, err := mine.Put(t.Context(), []byte("x")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		owner bodies.Owner
		want  string // in the error of each call; empty for none
	}{
		"the same":                  {of("producer", "waymark", "aa"), ""},
		"one that cannot know":      {of("producer", "waymark", ""), ""},
		"another member":            {of("carrier", "waymark", "aa"), `of member "producer", channel "waymark", ledger aa, and this gateway of member "carrier"`},
		"another channel":           {of("producer", "other", "aa"), `channel "other"`},
		"another ledger":            {of("producer", "waymark", "bb"), "ledger bb"},
		"another member, peer away": {of("carrier", "waymark", "away"), `member "carrier"`},
	} {
		t.Run(name, func(t *testing.T) {
			s := own(t, path, c.owner)
			signed, checking := s.CheckOwner(t.Context())
			if !signed {
				t.Error("it is nobody's")
			}
			_, putting := s.Put(t.Context(), []byte(name))
			for what, err := range map[string]error{"check owner": checking, "put": putting, "check": s.Check(t.Context()), "delete": s.Delete(t.Context(), bodies.Hash{9}, bodies.Note{})} {
				if c.want == "" && err != nil || c.want != "" && (waymark.CodeOf(err) != waymark.Unavailable || !strings.Contains(err.Error(), c.want) || strings.Contains(waymark.AsError(err).Message, "producer")) {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

// TestNothingIsKeptOfALedgerThatIsNotKnown: not before a peer says which it is, and then the store is of that one.
func TestNothingIsKeptOfALedgerThatIsNotKnown(t *testing.T) {
	path := t.TempDir()
	ledger := "away"
	s := own(t, path, bodies.Owner{Member: "producer", Channel: "waymark", Ledger: func(ctx context.Context) (string, error) { return of("", "", ledger).Ledger(ctx) }})
	if _, err := s.Put(t.Context(), []byte("x")); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("put: %v", err)
	}
	ledger = "aa"
	for range 2 {
		if _, err := s.Put(t.Context(), []byte("x")); err != nil {
			t.Error(err)
		}
		ledger = "away" // nobody is asked again
	}
	if _, err := own(t, path, of("producer", "waymark", "away")).CheckOwner(t.Context()); err != nil {
		t.Errorf("while nobody answers: %v", err)
	}
	if err := os.WriteFile(filepath.Join(path, "owner"), []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := own(t, path, of("producer", "waymark", "aa")).CheckOwner(t.Context()); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("what cannot be read: %v", err)
	}
}

// TestWhatWasAlteredIsPutRight as soon as somebody has it, and the operator is told.
func TestWhatWasAlteredIsPutRight(t *testing.T) {
	path := t.TempDir()
	core, logs := observer.New(zapcore.InfoLevel)
	s := bodies.Own(folder(t, path), of("producer", "waymark", "aa"), zap.New(core))
	body := []byte("what the devices said")
	hash, err := s.Put(t.Context(), body)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file(path, hash), body[:7], 0o600); err != nil {
		t.Fatal(err)
	}
	if again, err := s.Put(t.Context(), body); err != nil || again != hash {
		t.Errorf("put %x, %v", again, err)
	}
	has := func(want string) {
		t.Helper()
		if got, err := s.Body(t.Context(), hash); err != nil || string(got) != want {
			t.Errorf("body %q, %v", got, err)
		}
	}
	has(string(body))
	if _, err := s.Put(t.Context(), body); err != nil || logs.Len() != 1 {
		t.Errorf("%v, logged %v", err, logs.All())
	}
}
