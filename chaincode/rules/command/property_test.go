package command_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/rules/command"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// model is what the commands of a device must look like.
type model struct {
	j       *journey
	state   map[string]waymark.CommandState
	expires map[string]time.Time
	receipt map[string]string // the first one of a closed command
	count   int
}

func (m *model) open() (ids []string) {
	for i := range m.count {
		id := fmt.Sprint("c", i)
		if m.state[id] == waymark.CommandRequested && !m.j.Now.After(m.expires[id]) {
			ids = append(ids, id)
		}
	}
	return ids
}

// any is one of the commands so far, or one that there is not.
func (m *model) any(t *rapid.T) string {
	return fmt.Sprint("c", rapid.IntRange(max(0, m.count-20), m.count).Draw(t, "command"))
}

func (m *model) request(t *rapid.T) {
	id, r := fmt.Sprint("c", m.count), m.j.request("")
	r.ID, r.ExpiresAt = id, m.j.Now.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, "seconds"))*time.Second)
	full := len(m.open()) == waymark.MaxOpenCommands
	_, err := scenario.Submit(m.j.Consortium, m.j.As("producer", waymark.Operator), command.Request, r)
	if full != (err != nil) || err != nil && waymark.AsError(err).Reasons[0] != waymark.ReasonLimit {
		t.Fatalf("%d are open: %v", len(m.open()), err)
	}
	if err == nil {
		m.state[id], m.expires[id] = waymark.CommandRequested, r.ExpiresAt
		m.count++
	}
}

func (m *model) cancel(t *rapid.T) {
	id := m.any(t)
	_, err := scenario.Submit(m.j.Consortium, m.j.As("producer", waymark.Operator), command.Cancel, waymark.CancelCommandRequest{Device: m.j.d.ID, ID: id, Reason: "x"})
	was := m.state[id]
	may := was == waymark.CommandCancelled || was == waymark.CommandRequested && !m.j.Now.After(m.expires[id])
	if may != (err == nil) {
		t.Fatalf("cancel %s, %s: %v", id, was, err)
	}
	if may {
		m.state[id] = waymark.CommandCancelled
	}
}

func (m *model) close(t *rapid.T) {
	id := m.any(t)
	receipt := m.j.receipt(id, rapid.SampledFrom(waymark.CommandResults()).Draw(t, "result"), m.j.Now)
	if m.receipt[id] != "" && rapid.Bool().Draw(t, "again") {
		receipt.Receipt = m.receipt[id]
	}
	c, err := scenario.Submit(m.j.Consortium, m.j.As("carrier", waymark.Relay), command.Close, receipt)
	may := m.state[id] != "" && (m.receipt[id] == "" || m.receipt[id] == receipt.Receipt)
	if may != (err == nil) {
		t.Fatalf("close %s, %s: %v", id, m.state[id], err)
	}
	if !may || m.receipt[id] != "" {
		return
	}
	late := m.state[id] != waymark.CommandRequested || m.j.Now.After(m.expires[id])
	if c.Execution.Late != late {
		t.Fatalf("%s is late: %t, want %t", id, c.Execution.Late, late)
	}
	m.state[id], m.receipt[id] = waymark.CommandClosed, receipt.Receipt
}

func (m *model) check(t *rapid.T) {
	want := m.open()
	got := m.j.open()
	if len(got) != len(want) {
		t.Fatalf("%d open, want %v", len(got), want)
	}
	for i, c := range got {
		if c.ID != want[i] {
			t.Fatalf("open %d is %s, want %v", i, c.ID, want)
		}
	}
	for id, state := range m.state {
		if state == waymark.CommandRequested && m.j.Now.After(m.expires[id]) {
			state = waymark.CommandExpired
		}
		if c := m.j.get(id); c.State != state || (c.Execution != nil) != (state == waymark.CommandClosed) {
			t.Fatalf("%s is %+v, want %s", id, c, state)
		}
	}
}

func TestAnyHistoryOfCommands(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{j: newJourney(t), state: map[string]waymark.CommandState{}, expires: map[string]time.Time{}, receipt: map[string]string{}}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"request", "request", "request", "cancel", "close", "wait"}).Draw(rt, "step") {
			case "request":
				m.request(rt)
			case "cancel":
				m.cancel(rt)
			case "close":
				m.close(rt)
			case "wait":
				m.j.Now = m.j.Now.Add(time.Duration(rapid.IntRange(1, 60).Draw(rt, "wait")) * time.Second)
			}
		}
		m.check(rt)
	})
}
