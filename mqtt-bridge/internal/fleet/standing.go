package fleet

import "sync"

// standing says of each shard whether its session is known to have stood: from then on the broker keeps for it whatever comes, whether
// anybody is there or not. It is safe for concurrent use.
type standing []shardStanding

type shardStanding struct {
	once  sync.Once
	known chan struct{} // closed once it is
}

func newStanding(shards int) standing {
	s := make(standing, shards)
	for shard := range s {
		s[shard].known = make(chan struct{})
	}
	return s
}

// note notes that a session stands.
func (s standing) note(shard int) {
	s[shard].once.Do(func() { close(s[shard].known) })
}

func (s standing) has(shard int) bool {
	select {
	case <-s[shard].known:
		return true
	default:
		return false
	}
}
