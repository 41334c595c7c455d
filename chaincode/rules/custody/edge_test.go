package custody_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// heldStory is a story whose logger an edge signs for. What is done before comes before that is attached.
func heldStory(t *testing.T, before ...func(s *attestedStory)) (s *attestedStory, edge *scenario.Device) {
	t.Helper()
	c := newConsortium(t)
	edge = c.Device("edge-1", "producer")
	s = &attestedStory{story: &story{Consortium: c, logger: c.Held("logger-1", edge)}}
	for _, do := range before {
		do(s)
	}
	r := createRequest("s1")
	r.Attested = true
	scenario.Must(c, s.operator("producer"), custody.Create, r)
	s.attach("logger-1")
	s.measure(500)
	s.open("producer", "carrier")
	return s, edge
}

func TestAnEdgeAttestsForAWitness(t *testing.T) {
	s, _ := heldStory(t)
	h := s.take(s.request("", s.logger.Attest(s.handoff, nil)))
	if h.Condition != waymark.ConditionConformant || h.Attestations[0].Edge != "edge-1" || h.Verdict.Witnesses[0].Edge != "edge-1" {
		t.Errorf("accepted as %s %v: %+v", h.Condition, h.Reasons, h.Attestations)
	}
}

// follow has the logger follow to a key that an edge holds, or to one of its own if there is none, while the one before lasts.
func (s *attestedStory) follow(edge string, overlap time.Duration) {
	next := *s.logger
	next.Key, next.KeyID, next.Edge = s.NewDevice("any", "producer").Key, "k2", edge
	if edge != "" {
		next.Key = s.Device(edge, "producer").Key
	}
	scenario.Must(s.Consortium, s.operator("producer"), registry.RotateKey, waymark.RotateKeyRequest{Device: "logger-1",
		Rotation: s.logger.RotationTo(next), OverlapSeconds: int64(overlap / time.Second)})
}

// blink suspends the first edge, and resumes it.
func (s *attestedStory) blink() {
	state := waymark.DeviceStateRequest{Device: "edge-1", Reason: "because"}
	scenario.Must(s.Consortium, s.operator("producer"), registry.SuspendDevice, state)
	scenario.Must(s.Consortium, s.operator("producer"), registry.ResumeDevice, state)
}

// While keys overlap, any edge that holds one could have signed: what it did not sign meanwhile nobody knows.
func TestEachEdgeThatCouldSignForAWitness(t *testing.T) {
	for name, tt := range map[string]struct {
		edge    string // that holds the newest key
		overlap time.Duration
		stored  func(a *waymark.Attachment) // makes of the record what is on the ledger
		changes bool
		shown   string
		want    waymark.ConditionState
	}{
		"beside a key of the device's own": {"", waymark.MaxOverlap, nil, true, "edge-1", waymark.ConditionUnknown},
		"beside another edge":              {"edge-2", waymark.MaxOverlap, nil, true, "edge-2", waymark.ConditionUnknown},
		"it changes nothing":               {"edge-2", waymark.MaxOverlap, nil, false, "edge-2", waymark.ConditionConformant},
		"its key had ended":                {"edge-2", 0, nil, true, "edge-2", waymark.ConditionConformant},
		"nobody signs for the device":      {"", 0, nil, true, "", waymark.ConditionConformant},
		"the record does not say of which": {"edge-2", waymark.MaxOverlap, func(a *waymark.Attachment) { a.MoreEdges = nil }, false, "edge-2", waymark.ConditionUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := heldStory(t, func(s *attestedStory) { s.follow(tt.edge, tt.overlap) })
			if tt.stored != nil {
				s.restore(tt.stored)
			}
			if tt.changes {
				s.blink()
			}
			h := s.take(s.request("unsure", s.logger.Attest(s.handoff, nil)))
			if unsure := slices.Contains(h.Reasons, waymark.ReasonWitness); h.Condition != tt.want || unsure != (tt.want == waymark.ConditionUnknown) {
				t.Errorf("accepted as %s %v, want %s", h.Condition, h.Reasons, tt.want)
			}
			if got := h.Verdict.Witnesses[0].Edge; got != tt.shown {
				t.Errorf("shows edge %q, want %q", got, tt.shown)
			}
		})
	}
}

// restore stores the attachment of the logger as an earlier version did.
func (s *attestedStory) restore(as func(a *waymark.Attachment)) {
	s.apply(func(l ledger.Ledger) error {
		a, err := ledger.Load[waymark.Attachment](l, ledger.WitnessKey("s1", "logger-1"))
		if err != nil {
			return err
		}
		as(a)
		return errors.Join(ledger.Save(l, ledger.WitnessKey("s1", "logger-1"), a), ledger.Save(l, ledger.AttachmentKey("logger-1"), a))
	})
}

// What was refused while the edge was suspended nobody knows.
func TestTheEdgeOfAWitnessChanges(t *testing.T) {
	for name, change := range map[string]func(s *attestedStory, edge *scenario.Device){
		"suspended and resumed": func(s *attestedStory, _ *scenario.Device) { s.blink() },
		"given another key": func(s *attestedStory, edge *scenario.Device) {
			next := *edge
			scenario.Must(s.Consortium, s.operator("producer"), registry.RotateKey, waymark.RotateKeyRequest{Device: "edge-1", Rotation: next.Rotation("k2"), OverlapSeconds: 3600})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, edge := heldStory(t)
			change(s, edge)
			h := s.take(s.request("unsure", s.logger.Attest(s.handoff, nil)))
			if h.Condition != waymark.ConditionUnknown || !slices.Contains(h.Reasons, waymark.ReasonWitness) {
				t.Errorf("accepted as %s %v", h.Condition, h.Reasons)
			}
		})
	}
	s, _ := heldStory(t)
	scenario.Must(s.Consortium, s.operator("producer"), registry.SuspendDevice, waymark.DeviceStateRequest{Device: "edge-1", Reason: "because"})
	s.refused(s.request("unsure", s.logger.Attest(s.handoff, nil)), waymark.Forbidden, waymark.ReasonEdge)
}
