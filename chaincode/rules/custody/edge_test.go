package custody_test

import (
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// heldStory is a story whose logger an edge signs for.
func heldStory(t *testing.T) (s *attestedStory, edge *scenario.Device) {
	t.Helper()
	c := newConsortium(t)
	edge = c.Device("edge-1", "producer")
	s = &attestedStory{story: &story{Consortium: c, logger: c.Held("logger-1", edge)}}
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

// What was refused while the edge was suspended nobody knows.
func TestTheEdgeOfAWitnessChanges(t *testing.T) {
	for name, change := range map[string]func(s *attestedStory, edge *scenario.Device){
		"suspended and resumed": func(s *attestedStory, _ *scenario.Device) {
			state := waymark.DeviceStateRequest{Device: "edge-1", Reason: "because"}
			scenario.Must(s.Consortium, s.operator("producer"), registry.SuspendDevice, state)
			scenario.Must(s.Consortium, s.operator("producer"), registry.ResumeDevice, state)
		},
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
