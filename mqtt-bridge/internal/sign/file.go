package sign

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/key"
)

// The files of a folder that hold a key, readable by the bridge's user alone.
const (
	FileName = "bridge.key"      // the key in use
	NextName = "bridge-next.key" // one that devices are being given, to become the key in use
)

// Open returns the key in a file of dir, which must exist, and makes it if it is not there: it is on
// the disk when Open returns. It refuses a file that others can read, and a key that is not Ed25519.
func Open(dir, name, bridge, consortium string) (*Key, error) {
	path := filepath.Join(dir, name)
	private, err := key.Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		private, err = key.Make(path, attest.Ed25519)
	}
	if err != nil {
		return nil, fmt.Errorf("the bridge's key: %w", err)
	}
	if _, is := private.(ed25519.PrivateKey); !is {
		return nil, fmt.Errorf("the bridge's key: %s is no Ed25519 key", path)
	}
	return newKey(private, bridge, consortium)
}
