package metafile

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"

	"github.com/minio/highwayhash"
)

const (
	content   = "meta.inf"
	sum       = "meta.sum" // of content, in hex
	state     = "o.dat"    // what a consumer got and acknowledged, without a checksum
	consumers = "obs"      // folder of the folders of consumers

	// copies is the folder of the copies, which is laid out as the stream's own.
	copies = "copies"
)

// Stream is where a stream's files and their copies are.
type Stream struct{ name, folder, copies string }

// Of returns where they are in the folder of a broker, whose streams are all of one account.
func Of(storeDir, account, name string) Stream {
	return Stream{name: name, folder: filepath.Join(storeDir, "jetstream", account, "streams", name), copies: filepath.Join(storeDir, copies)}
}

// meta is what describes the stream, or a consumer of its: a file, and another that has its checksum.
type meta struct{ consumer string } // "" for the stream

// in is the folder of its files below that of the stream.
func (m meta) in(root string) string {
	if m.consumer == "" {
		return root
	}
	return filepath.Join(root, consumers, m.consumer)
}

// read returns its files below a folder, false if one is not there or they do not match.
func (s Stream) read(root string, m meta) (files map[string][]byte, whole bool) {
	files = map[string][]byte{}
	for _, name := range []string{content, sum} {
		raw, err := os.ReadFile(filepath.Join(m.in(root), name)) //nolint:gosec // in the broker's own folder
		if err != nil {
			return nil, false
		}
		files[name] = raw
	}
	return files, s.sum(m, files[content]) == string(files[sum])
}

// whole reports whether its files below a folder are as they were written.
func (s Stream) whole(root string, m meta) bool {
	_, whole := s.read(root, m)
	return whole
}

// sum is the checksum of content, whose key is of the names.
func (s Stream) sum(m meta, content []byte) string {
	name := s.name
	if m.consumer != "" {
		name += "/" + m.consumer
	}
	key := sha256.Sum256([]byte(name))
	return hex.EncodeToString(binary.LittleEndian.AppendUint64(nil, highwayhash.Sum64(content, key[:])))
}

// consumers returns those that have a folder below another one.
func (s Stream) consumers(root string) (all []meta) {
	entries, err := os.ReadDir(filepath.Join(root, consumers))
	if err != nil {
		return nil // then there are none
	}
	for _, e := range entries {
		if e.IsDir() {
			all = append(all, meta{consumer: e.Name()})
		}
	}
	return all
}

// wholeConsumers returns the consumers whose files below a folder are as they were written.
func (s Stream) wholeConsumers(root string) (whole []meta) {
	for _, m := range s.consumers(root) {
		if s.whole(root, m) {
			whole = append(whole, m)
		}
	}
	return whole
}
