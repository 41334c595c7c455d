package fleet

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
)

// ShardOf returns the shard of a device, 0 to shards-1. It is the same at every bridge and in every version: the sessions at the broker
// rest on it. The spool divides devices by another hash, so that those of one shard here are in all of its.
func ShardOf(device string, shards int) int {
	return int(hash(device) % uint64(shards)) //nolint:gosec // both are small
}

// homesOf says of each shard which of the living bridges should have it: by rendezvous hashing, so that few shards move when a bridge comes
// or goes, but none has more than its part. It does not depend on the order of the bridges.
func homesOf(shards int, living []string) []string {
	homes, has := make([]string, shards), make(map[string]int)
	for shard := range homes {
		var most uint64
		for _, bridge := range living {
			if has[bridge]*len(living) >= shards { // it has its part
				continue
			}
			if h := hash(bridge + "\x00" + strconv.Itoa(shard)); homes[shard] == "" || h > most || h == most && bridge > homes[shard] {
				homes[shard], most = bridge, h
			}
		}
		has[homes[shard]]++
	}
	return homes
}

func hash(text string) uint64 {
	sum := sha256.Sum256([]byte(text))
	return binary.BigEndian.Uint64(sum[:])
}
