package requests

import (
	"context"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Writes keeps requests while their transactions are under way. What it has returned from is on
// the disk. Its other errors are failures of the database, after which a change may or may not
// have been made.
type Writes interface {
	// Begin keeps a request, which is Pending, with its first transaction. ErrTaken if its
	// caller has another one with that key, ErrKept if its transaction is that of another
	// one, as one can be that its creator signed, and ErrDisplaced if another one has a
	// transaction of its id that its creator signed otherwise.
	Begin(ctx context.Context, r Record, first Step) error
	// Keep keeps the end of a request that had nothing to change, and so no transaction. ErrTaken as Begin.
	Keep(ctx context.Context, r Record) error
	// Next keeps a further transaction of a request of gateway, after the fate of the one
	// before. ErrLost if the request is no longer Pending or no longer gateway's.
	Next(ctx context.Context, id, gateway string, before ledger.Fate, next Step) error
	// Finish ends a request of gateway, and frees the key of one that Failed, or
	// as the end says. It may wait a moment for others if the end is Answered. ErrLost as Next.
	Finish(ctx context.Context, id, gateway string, end End) error
}

// Answers tells of what is kept.
type Answers interface {
	// Find returns the request of a caller with a key that is not free; false if there is none.
	Find(ctx context.Context, caller, key string) (Record, bool, error)
	// Transaction returns a transaction with its request; false if it is not kept.
	Transaction(ctx context.Context, txID string) (Transaction, bool, error)
	// Kept returns about how many bytes the ended requests of each caller take.
	Kept(ctx context.Context) (map[string]int64, error)
	// Prune forgets at most limit requests that ended so long ago by the database's clock, and returns
	// how many.
	Prune(ctx context.Context, keep time.Duration, limit int) (int, error)
}

// Roster knows the processes of the gateways, and whose requests are whose.
type Roster interface {
	// Beat says that a process lives.
	Beat(ctx context.Context, gateway string) error
	// Beats returns how often each process has beaten, and -1 for one that is off the roster
	// and has pending requests.
	Beats(ctx context.Context) (map[string]int64, error)
	// Adopt gives all requests of one process to another, and takes it off the roster.
	Adopt(ctx context.Context, from, to string) error
	// Leave takes a process off, and leaves its pending requests to whoever comes first.
	Leave(ctx context.Context, gateway string) error
}

// Backlog lists what a process has to bring to its end.
type Backlog interface {
	// Pending returns the ids of at most limit pending requests of a process.
	Pending(ctx context.Context, gateway string, limit int) ([]string, error)
	// Open returns a request that is Pending and gateway's with its last transaction, or
	// ErrLost.
	Open(ctx context.Context, id, gateway string) (Record, ledger.Endorsed, error)
}

// Store is all that a Runner needs of what is kept.
type Store interface {
	Writes
	Answers
	Roster
	Backlog
	// Prepare makes the database ready, and says if it is not.
	Prepare(ctx context.Context) error
	// AskLedger finds out whether the ledger has become another: then Prepare says so.
	AskLedger(ctx context.Context)
	// Exclusive reports whether the database is this process's alone: then what others left
	// there is of processes that are gone.
	Exclusive() (bool, error)
}
