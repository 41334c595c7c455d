package keys

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"go.uber.org/zap"
)

// Part is something that is made of certificates and keys in files.
type Part struct {
	Name string
	// Files are what it is made of, as of now.
	Files func() []string
	// Load reads all of them, and changes nothing.
	Load func() (Loaded, error)
}

// Loaded is what files hold.
type Loaded struct {
	Expires map[string]time.Time // when each certificate ends, by its name
	Apply   func()               // puts it in force; nil if there is nothing to do
}

// Set is the certificates and keys of a gateway. It is safe for concurrent use.
type Set struct {
	log   *zap.Logger
	now   func() time.Time
	mu    sync.Mutex
	parts map[string]*followed
}

// followed is a part with what is known of it.
type followed struct {
	Part
	stamp   string // of its files when they were read last
	expires map[string]time.Time
	err     error // why what the files hold is not in force
	since   time.Time
	warned  map[string]time.Time // of which certificate's end, by its name, and when
}

// NewSet returns an empty set. What goes wrong later is told to log.
func NewSet(log *zap.Logger) *Set {
	return &Set{log: log.Named("keys"), now: time.Now, parts: make(map[string]*followed)}
}

// Follow loads a part and puts it in force, and has it followed by Run. It takes the place of
// a part of the same name.
func (s *Set) Follow(p Part) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &followed{Part: p, stamp: stampOf(p.Files()), warned: make(map[string]time.Time)}
	if err := f.load(); err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	s.parts[p.Name] = f
	return nil
}

// Still runs do while none of the files is put in force: what reads them for something else than
// Run, and puts that in force, does so here, or it may put older files in force over newer ones.
// It must not use the set.
func (s *Set) Still(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

// load reads the files and puts them in force, all or nothing.
func (f *followed) load() error {
	loaded, err := f.Load()
	if err != nil {
		return err
	}
	f.expires = loaded.Expires
	if loaded.Apply != nil {
		loaded.Apply()
	}
	return nil
}

const (
	// interval is how often the files are looked at.
	interval = 5 * time.Second
	// warnAhead is how long before a certificate ends that is said, and warnAgain how often.
	warnAhead = 30 * 24 * time.Hour
	warnAgain = 24 * time.Hour
)

// Run follows the files until ctx is done.
func (s *Set) Run(ctx context.Context) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		s.look()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// look reads again what has changed, and what could not be read before.
func (s *Set) look() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.parts)) {
		f := s.parts[name]
		if stamp := stampOf(f.Files()); stamp != f.stamp || f.err != nil {
			f.stamp = stamp
			s.reload(f)
		}
		s.warn(f)
	}
}

// reload leaves what is in force as it is if the files hold nothing better.
func (s *Set) reload(f *followed) {
	err := f.load()
	switch {
	case err == nil:
		s.log.Info("read again", zap.String("part", f.Name))
	case f.err == nil:
		f.since = s.now()
		s.log.Warn("what the files hold is not used; what they held before is", zap.String("part", f.Name), zap.Error(err))
	}
	f.err = err
}

func (s *Set) warn(f *followed) {
	now := s.now()
	for _, name := range slices.Sorted(maps.Keys(f.expires)) {
		if ends := f.expires[name]; now.After(ends.Add(-warnAhead)) && now.Sub(f.warned[name]) >= warnAgain {
			f.warned[name] = now
			s.log.Warn("a certificate ends soon or has ended", zap.String("certificate", name), zap.Time("ends", ends))
		}
	}
}

// Check returns Unavailable with the parts of which the files hold what cannot be used, and
// since when; nil if there are none. The causes, for the log, are in the chain.
func (s *Set) Check(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var stale []string
	var causes []error
	for _, name := range slices.Sorted(maps.Keys(s.parts)) {
		if f := s.parts[name]; f.err != nil {
			stale = append(stale, name+" since "+f.since.UTC().Format(time.RFC3339))
			causes = append(causes, f.err)
		}
	}
	if len(stale) == 0 {
		return nil
	}
	told := waymark.Errorf(waymark.Unavailable, "new files of %s cannot be used, so the old ones are", strings.Join(stale, ", "))
	return fmt.Errorf("%w: %w", told, errors.Join(causes...))
}

// Expires returns when each certificate ends, by its name.
func (s *Set) Expires() map[string]time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]time.Time)
	for _, f := range s.parts {
		maps.Copy(all, f.expires)
	}
	return all
}

// stampOf changes when one of the files does.
func stampOf(files []string) string {
	var b strings.Builder
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			fmt.Fprintf(&b, "%s absent\n", file)
			continue
		}
		fmt.Fprintf(&b, "%s %d %d\n", file, info.Size(), info.ModTime().UnixNano())
	}
	return b.String()
}
