package device

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// compactAfter is how many acknowledged messages the journal may hold before it
// is written anew without them.
const compactAfter = 1024

// journal keeps the chain state and the outbox. It is a file of one JSON entry a
// line, and only grows until it is compacted. A signed message is on the disk
// before Sign returns, so nothing is ever published that a restart would forget.
// An acknowledgement is written without a sync: one that a power loss takes away
// only makes the device publish the message again, which changes nothing.
type journal struct {
	path   string
	file   *os.File
	broken error // set when the file can no longer be trusted; final

	last    uint64
	digest  []byte
	waiting []Message // oldest first
	acked   int       // acknowledged entries in the file
}

// entry is a line. One with Raw is a signed message, one with Acknowledged an
// acknowledgement, and one with neither says where the chain stands.
type entry struct {
	Sequence     uint64 `json:"seq,omitempty"`
	Digest       []byte `json:"digest,omitempty"`
	Raw          []byte `json:"raw,omitempty"`
	Acknowledged uint64 `json:"ack,omitempty"`
}

func openJournal(path string) (*journal, error) {
	j := &journal{path: path}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the device's own folder
	if err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	j.file = f
	if err := j.replay(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

// replay reads the entries. A last line without an end was being written when
// the device died: it was never published, and is cut off.
func (j *journal) replay() error {
	data, err := io.ReadAll(j.file)
	if err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	whole := data[:bytes.LastIndexByte(data, '\n')+1]
	for n, line := range bytes.Split(bytes.TrimSuffix(whole, []byte("\n")), []byte("\n")) {
		if len(whole) == 0 {
			break
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("read outbox: line %d is damaged (restore the file, or see the device command's recover): %w", n+1, err)
		}
		j.apply(e)
	}
	if err := j.file.Truncate(int64(len(whole))); err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	if _, err := j.file.Seek(int64(len(whole)), io.SeekStart); err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	return nil
}

func (j *journal) apply(e entry) {
	if e.Acknowledged > 0 {
		j.waiting = slices.DeleteFunc(j.waiting, func(m Message) bool { return m.Sequence == e.Acknowledged })
		j.acked++
		return
	}
	j.last, j.digest = e.Sequence, e.Digest
	if e.Raw != nil {
		m := Message{Sequence: e.Sequence}
		m.Raw = e.Raw
		copy(m.Digest[:], e.Digest)
		j.waiting = append(j.waiting, m)
	}
}

func (j *journal) outbox() []Message { return slices.Clone(j.waiting) }

// add makes a signed message durable and the last of the chain.
func (j *journal) add(m Message) error {
	return j.write(entry{Sequence: m.Sequence, Digest: m.Digest[:], Raw: m.Raw}, true)
}

// acknowledge takes a message out of the outbox. One that is not there is no error.
func (j *journal) acknowledge(sequence uint64) error {
	if !slices.ContainsFunc(j.waiting, func(m Message) bool { return m.Sequence == sequence }) {
		return nil
	}
	if err := j.write(entry{Acknowledged: sequence}, false); err != nil {
		return err
	}
	if j.acked < compactAfter {
		return nil
	}
	return j.compact()
}

// moveTo sets where the chain stands and forgets the outbox.
func (j *journal) moveTo(last uint64, digest attest.Digest) error {
	j.last, j.digest, j.waiting = last, digest[:], nil
	return j.compact()
}

func (j *journal) write(e entry, durable bool) error {
	if j.broken != nil {
		return j.broken
	}
	line, err := json.Marshal(e)
	if err == nil {
		_, err = j.file.Write(append(line, '\n'))
	}
	if err == nil && durable {
		err = j.file.Sync()
	}
	if err != nil {
		j.broken = fmt.Errorf("write outbox: %w", err)
		return j.broken
	}
	j.apply(e)
	return nil
}

// compact writes the file anew with what still matters.
func (j *journal) compact() error {
	if j.broken != nil {
		return j.broken
	}
	var b bytes.Buffer
	lines := json.NewEncoder(&b)
	for _, m := range j.waiting {
		if err := lines.Encode(entry{Sequence: m.Sequence, Digest: m.Digest[:], Raw: m.Raw}); err != nil {
			return fmt.Errorf("write outbox: %w", err)
		}
	}
	if err := lines.Encode(entry{Sequence: j.last, Digest: j.digest}); err != nil {
		return fmt.Errorf("write outbox: %w", err)
	}
	if err := replaceFile(j.path, b.Bytes()); err != nil {
		return err
	}
	return j.reopen()
}

func (j *journal) reopen() error {
	f, err := os.OpenFile(j.path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		j.broken = fmt.Errorf("open outbox: %w", err)
		return j.broken
	}
	err = j.file.Close()
	j.file, j.acked = f, 0
	return err
}

// close compacts if there is something to leave out.
func (j *journal) close() error {
	var err error
	if j.acked > 0 && j.broken == nil {
		err = j.compact()
	}
	return errors.Join(err, j.file.Close())
}
