package broker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/broker/blocks"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/broker/metafile"
	"go.uber.org/zap"
)

// ErrDamaged is returned for a store whose files are not as they were written, where that can cost a message.
var ErrDamaged = errors.New("the broker's store is damaged")

// damage is what is damaged of a store.
type damage struct {
	blocks []blocks.Fault
	metas  []metafile.Fault
}

// list says what it is, one a line.
func (d damage) list() (lines []string) {
	for _, f := range d.blocks {
		lines = append(lines, f.String())
	}
	for _, f := range d.metas {
		lines = append(lines, f.String())
	}
	return lines
}

// curable reports whether a good copy is there of all that is damaged.
func (d damage) curable() bool {
	for _, f := range d.metas {
		if !f.Copied {
			return false
		}
	}
	return len(d.blocks) == 0
}

// CheckStore says what is damaged in the folder of a broker, a line each.
func CheckStore(dir string) ([]string, error) {
	d, err := check(dir)
	return d.list(), err
}

// SalvageStore makes each damaged file anew, of the records in it that are good or of its copy, and keeps the damaged one beside it. No broker may have the
// folder open. It says what was damaged, and ErrDamaged if there was no copy of a file, which is left then.
func SalvageStore(dir string, now time.Time) ([]string, error) {
	d, err := check(dir)
	if err != nil {
		return nil, err
	}
	found := d.list()
	if _, err := blocks.Salvage(dir, now); err != nil {
		return found, fmt.Errorf("salvage the broker's store: %w", err)
	}
	if err := messages(dir).Restore(d.metas, now); err != nil {
		return found, err
	}
	if d.blocks = nil; !d.curable() { // what could be made anew is
		return found, fmt.Errorf("%w: of what describes its stream or its consumer there is no good copy: put back that folder's small files from a backup", ErrDamaged)
	}
	return found, nil
}

// messages is the stream that holds what devices were acknowledged.
func messages(dir string) metafile.Stream {
	return metafile.Of(dir, server.DEFAULT_GLOBAL_ACCOUNT, messagesStream)
}

// check reads all of the store. One that was never open holds nothing that can be lost with what describes it.
func check(dir string) (d damage, err error) {
	if d.blocks, err = blocks.Check(dir); err != nil {
		return d, fmt.Errorf("check the broker's store: %w", err)
	}
	open, err := wasOpen(dir)
	if open {
		d.metas = messages(dir).Check()
	}
	return d, err
}

// wasOpen reports whether devices were ever let in.
func wasOpen(dir string) (bool, error) {
	mark, err := os.Stat(filepath.Join(dir, openedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && mark.Mode().IsRegular(), err
}

// secureStore checks all of the store, which the server would cut off or pass over without a word, and puts copies back where that mends it. What the
// server knows of acknowledgements it forgets.
func secureStore(dir string, log *zap.Logger) error {
	d, err := check(dir)
	if err != nil {
		return err
	}
	if !d.curable() {
		return fmt.Errorf("%w in %d places, the first: %s; look at the disk, then call mqtt-bridge store salvage, which keeps all other messages", ErrDamaged, len(d.list()), d.list()[0])
	}
	if err := blocks.Unseal(dir); err != nil {
		return err
	}
	if open, err := wasOpen(dir); err != nil || !open {
		return err
	}
	for _, line := range d.list() {
		log.Warn("the broker's store was damaged and is mended: look at the disk", zap.String("damage", line))
	}
	stream := messages(dir)
	if err := stream.Restore(d.metas, time.Now()); err != nil {
		return err
	}
	return errors.Join(stream.Keep(), stream.Forget())
}
