package login

import (
	"container/list"
	"sync"
	"time"
)

// memory keeps a bounded number of answers of the registry and drops what was used least.
type memory[T any] struct {
	limit int

	mu        sync.Mutex
	entries   map[string]*list.Element
	order     *list.List                  // of remembered[T], last used first
	questions map[*remembered[T]]struct{} // that are under way, without their answers
}

// remembered is an answer to what was asked about an id.
type remembered[T any] struct {
	id    string
	value T
	asked time.Time // zero if what was asked about may have changed since
}

func newMemory[T any](limit int) *memory[T] {
	return &memory[T]{limit: limit, entries: map[string]*list.Element{}, order: list.New(), questions: map[*remembered[T]]struct{}{}}
}

// ask asks about an id at a time, and remembers the answer if it is to be kept. What is doubted while the question is under way is
// remembered as doubted.
func (m *memory[T]) ask(id string, at time.Time, question func() (answer T, keep bool, err error)) (remembered[T], error) {
	asked := &remembered[T]{id: id, asked: at}
	m.mu.Lock()
	m.questions[asked] = struct{}{}
	m.mu.Unlock()
	value, keep, err := question()
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.questions, asked)
	asked.value = value
	if keep && err == nil {
		m.keep(*asked)
	}
	return *asked, err
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

// doubt makes an entry older than all that is asked for, and an answer that is under way. What it says is still found.
func (m *memory[T]) doubt(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.doubtEntry(m.entries[id])
	m.doubtQuestions(func(asked string) bool { return asked == id })
}

// doubtAll is doubt for all ids that fit.
func (m *memory[T]) doubtAll(fits func(id string) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, element := range m.entries {
		if fits(id) {
			m.doubtEntry(element)
		}
	}
	m.doubtQuestions(fits)
}

func (m *memory[T]) doubtEntry(element *list.Element) {
	if element == nil {
		return
	}
	if e, ok := element.Value.(remembered[T]); ok {
		e.asked = time.Time{}
		element.Value = e
	}
}

func (m *memory[T]) doubtQuestions(fits func(id string) bool) {
	for question := range m.questions {
		if fits(question.id) {
			question.asked = time.Time{}
		}
	}
}

func (m *memory[T]) store(e remembered[T]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keep(e)
}

// keep keeps an answer, unless there is one that was asked for later.
func (m *memory[T]) keep(e remembered[T]) {
	if element, found := m.entries[e.id]; found {
		if known, ok := element.Value.(remembered[T]); !ok || !known.asked.After(e.asked) {
			element.Value = e
		}
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
