package fleet

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrHeld is why a lease cannot be taken that another holder has.
var ErrHeld = errors.New("another holder has this lease")

// Lease is a name that one holder has at a time.
type Lease struct{ Name, Holder, Note string }

// Leases are what the bridges of a fleet agree by. They all must ask the same ones.
type Leases interface {
	// Take takes a lease for so long from now on, or renews it: ErrHeld while another holder has it. After any other error it may
	// have been taken.
	Take(ctx context.Context, l Lease, within time.Duration) error
	// Release ends a lease that its holder has.
	Release(ctx context.Context, l Lease) error
	// List returns those that are held, of which the names begin with prefix.
	List(ctx context.Context, prefix string) ([]Lease, error)
}

// stands is the note of a shard's lease while its holder is subscribed in its session.
const stands = "session stands"

// names are those of the leases and sessions of a fleet. The number of shards is part of them: to bridges with another number it is
// another fleet, and what waits in the sessions of one is not lost on the other.
type names struct {
	fleet  string
	shards int
}

// prefix begins the names of all its leases.
func (n names) prefix() string { return fmt.Sprintf("%s:%d:", n.fleet, n.shards) }

func (n names) bridge(id string) string { return n.prefix() + "bridge:" + id }

func (n names) shard(shard int) string { return n.prefix() + "shard:" + strconv.Itoa(shard) }

// session is the client id of a shard's session.
func (n names) session(shard int) string { return fmt.Sprintf("%s-%dof%d", n.fleet, shard, n.shards) }

// view is what the leases say.
type view struct {
	living map[string]string // ids of bridges, with what they sign as: the notes of their leases
	held   map[int]string    // who has a shard; none, if nobody has it
	stood  []int             // shards whose session stands
}

// read sorts leases. Those that are no bridge's of this fleet and no shard's say nothing.
func (n names) read(all []Lease) view {
	v := view{living: make(map[string]string), held: make(map[int]string)}
	for _, l := range all {
		if id, ok := strings.CutPrefix(l.Name, n.bridge("")); ok {
			v.living[id] = l.Note
			continue
		}
		text, ok := strings.CutPrefix(l.Name, n.prefix()+"shard:")
		shard, err := strconv.Atoi(text)
		if !ok || err != nil || shard < 0 || shard >= n.shards {
			continue
		}
		v.held[shard] = l.Holder
		if l.Note == stands {
			v.stood = append(v.stood, shard)
		}
	}
	return v
}
