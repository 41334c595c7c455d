package supervisor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// ErrUnknown says that there is no process of that name.
var ErrUnknown = errors.New("no such process")

// set is the processes of one supervisor.
type set struct {
	spawn *spawner

	mu        sync.Mutex
	processes map[string]*process
	closing   bool
}

func newSet(spawn *spawner) *set {
	return &set{spawn: spawn, processes: make(map[string]*process)}
}

// find returns the process called name.
func (s *set) find(name string) (*process, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.processes[name]
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrUnknown, name)
	}
	return p, nil
}

// ensure makes a process run as spec says.
func (s *set) ensure(ctx context.Context, spec Spec) (Status, error) {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return Status{}, errors.New("the supervisor is shutting down")
	}
	p, ok := s.processes[spec.Name]
	if !ok {
		p = &process{spawn: s.spawn, spec: spec, state: Stopped}
		s.processes[spec.Name] = p
	}
	s.mu.Unlock()
	if err := p.ensure(ctx, spec); err != nil {
		return Status{}, err
	}
	return p.status(), nil
}

// remove stops a process and forgets it.
func (s *set) remove(ctx context.Context, name string) error {
	p, err := s.find(name)
	if errors.Is(err, ErrUnknown) {
		return nil
	}
	if err := p.stop(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.processes, name)
	return nil
}

// statuses reports on every process, in the order in which they are started.
func (s *set) statuses() []Status {
	all := s.all()
	statuses := make([]Status, len(all))
	for i, p := range all {
		statuses[i] = p.status()
	}
	return statuses
}

// all returns the processes by tier, then by name.
func (s *set) all() []*process {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*process
	for _, p := range s.processes {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *process) int {
		if a.tier() != b.tier() {
			return a.tier() - b.tier()
		}
		return strings.Compare(a.name(), b.name())
	})
	return all
}

// stopAll stops every process, the highest tier first, those of one tier
// together, and lets none start again.
func (s *set) stopAll(ctx context.Context) error {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	all := s.all()
	slices.Reverse(all)
	var failures []error
	for len(all) > 0 {
		end := slices.IndexFunc(all, func(p *process) bool { return p.tier() != all[0].tier() })
		if end < 0 {
			end = len(all)
		}
		failures = append(failures, stopTogether(ctx, all[:end]))
		all = all[end:]
	}
	return errors.Join(failures...)
}

func stopTogether(ctx context.Context, processes []*process) error {
	failures := make([]error, len(processes))
	var group sync.WaitGroup
	for i, p := range processes {
		group.Go(func() { failures[i] = p.stop(ctx) })
	}
	group.Wait()
	return errors.Join(failures...)
}

func (p *process) tier() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.spec.Tier
}

func (p *process) name() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.spec.Name
}
