package login

import (
	"container/list"
	"sync"
	"time"
)

// memory keeps a bounded number of answers of the registry and drops what was used least.
type memory[T any] struct {
	limit int

	mu      sync.Mutex
	entries map[string]*list.Element
	order   *list.List // of remembered[T], last used first
}

// remembered is an answer to what was asked about an id.
type remembered[T any] struct {
	id    string
	value T
	asked time.Time
}

func newMemory[T any](limit int) *memory[T] {
	return &memory[T]{limit: limit, entries: map[string]*list.Element{}, order: list.New()}
}

func (m *memory[T]) lookup(id string) (remembered[T], bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	element, found := m.entries[id]
	if !found {
		return remembered[T]{}, false
	}
	m.order.MoveToFront(element)
	e, ok := element.Value.(remembered[T])
	return e, ok
}

// find returns the ids of the entries that fit.
func (m *memory[T]) find(fits func(remembered[T]) bool) (ids []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, element := range m.entries {
		if e, ok := element.Value.(remembered[T]); ok && fits(e) {
			ids = append(ids, id)
		}
	}
	return ids
}

// doubt makes an entry older than all that is asked for. What it says is still found.
func (m *memory[T]) doubt(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if element, found := m.entries[id]; found {
		if e, ok := element.Value.(remembered[T]); ok {
			e.asked = time.Time{}
			element.Value = e
		}
	}
}

func (m *memory[T]) store(e remembered[T]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if element, found := m.entries[e.id]; found {
		element.Value = e
		m.order.MoveToFront(element)
		return
	}
	m.entries[e.id] = m.order.PushFront(e)
	if m.order.Len() > m.limit {
		oldest := m.order.Back()
		if old, ok := m.order.Remove(oldest).(remembered[T]); ok {
			delete(m.entries, old.id)
		}
	}
}
