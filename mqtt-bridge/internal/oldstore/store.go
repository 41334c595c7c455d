package oldstore

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// The streams that hold messages of devices: those acknowledged at QoS 1, and those at QoS 2 that their devices have not released.
const (
	messagesStream = "$MQTT_msgs"
	heldStream     = "$MQTT_qos2in"
)

var (
	// ErrNone says that a folder has no store in it.
	ErrNone = errors.New("there is no store of an embedded broker")
	// ErrDamaged says that files of a store are not as they were written.
	ErrDamaged = errors.New("the broker's store is damaged")
)

// Message is what a device was acknowledged.
type Message struct {
	Device   string
	Received time.Time
	Payload  []byte
}

// Store is one whose files were all read and are as they were written.
type Store struct {
	files   []file
	removed map[string]map[uint64]bool // by stream: numbers of what was taken out
	size    int64
}

// Open checks a store. It fails with ErrNone or ErrDamaged. No broker may have it open.
func Open(dir string) (*Store, error) {
	if err := looks(dir); err != nil {
		return nil, err
	}
	files, err := list(dir)
	if err != nil {
		return nil, err
	}
	noted, err := sealed(dir)
	if err != nil {
		return nil, err
	}
	s, faults := &Store{files: files, removed: map[string]map[uint64]bool{}}, gone(noted, files)
	for _, f := range files {
		f.size, f.sealed = noted[f.path]
		r, err := f.read()
		if err != nil {
			return nil, err
		}
		faults = append(faults, r.faults(f)...)
		s.note(f, r)
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("%w in %d places, the first: %s; look at the disk, then call `mqtt-bridge store salvage` of the version that wrote it, which keeps all other messages", ErrDamaged, len(faults), faults[0])
	}
	return s, nil
}

// looks fails with ErrNone for a folder without the stream of messages, which each store had from its first start.
func looks(dir string) error {
	found, err := fs.Glob(os.DirFS(dir), "jetstream/*/streams/"+messagesStream+"/msgs")
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w in %s: it has no stream %s", ErrNone, dir, messagesStream)
	}
	return err
}

// note notes what a file says was taken out.
func (s *Store) note(f file, r *reader) {
	s.size += int64(len(r.raw))
	for at := r.next(0); at < len(r.raw); {
		one, _ := r.record(at)
		if one.removes {
			if s.removed[f.stream] == nil {
				s.removed[f.stream] = map[uint64]bool{}
			}
			s.removed[f.stream][one.number] = true
		}
		at = r.next(at + one.length)
	}
}

// Size is how many bytes its files have.
func (s *Store) Size() int64 { return s.size }

// Each visits all messages, in the order in which they came. It may visit some that had left the store just before it was closed.
func (s *Store) Each(visit func(Message) error) error {
	for _, stream := range []string{messagesStream, heldStream} {
		for _, f := range s.files {
			if f.stream != stream {
				continue
			}
			if err := s.eachOf(f, visit); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) eachOf(f file, visit func(Message) error) error {
	r, err := f.read()
	if err != nil {
		return err
	}
	for at := r.next(0); at < len(r.raw); {
		one, _ := r.record(at)
		at = r.next(at + one.length)
		device := one.device()
		if one.removes || s.removed[f.stream][one.number] || device == "" {
			continue
		}
		m := Message{Device: device, Received: time.Unix(0, one.time).UTC(), Payload: bytes.Clone(one.payload)}
		if err := visit(m); err != nil {
			return err
		}
	}
	return nil
}

// device is the one of whose up topic a record is, empty if it is of another.
func (r record) device() string {
	subject, ours := strings.CutPrefix(r.subject, "$MQTT.msgs.")
	if !ours {
		_, rest, _ := strings.Cut(r.headers, "\r\nNmqtt-Subject:")
		subject, _, _ = strings.Cut(rest, "\r\n")
	}
	levels := strings.Split(subject, ".")
	if len(levels) != 4 || levels[0] != "waymark" || levels[1] != "v1" || levels[3] != "up" {
		return ""
	}
	return levels[2]
}
