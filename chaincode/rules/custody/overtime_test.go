package custody_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// warmBudget is at most 8 degrees, but for less than an hour, in a mode.
func warmBudget(mode waymark.BudgetMode) waymark.Condition {
	return waymark.Condition{ID: "warm", Name: "temperature", Unit: "Cel", Maximum: "8", Budget: &waymark.Budget{Seconds: 3600, Mode: mode}}
}

func mkt(limit waymark.Decimal) waymark.Condition {
	return waymark.Condition{ID: "mkt", Kind: waymark.ConditionMKT, Name: "temperature", Unit: "Cel", MKT: &waymark.MKTLimit{Limit: limit}}
}

// storyOf is a shipment under some conditions with one logger attached.
func storyOf(t *testing.T, conditions ...waymark.Condition) *story {
	t.Helper()
	c := newConsortium(t)
	s := &story{Consortium: c, logger: c.Device("logger-1", "producer")}
	r := createRequest("s1")
	r.Conditions = conditions
	scenario.Must(c, s.operator("producer"), custody.Create, r)
	s.attach("logger-1")
	return s
}

// after lets time pass and records one reading of then.
func (s *story) after(d time.Duration, centiCelsius int64) {
	s.T.Helper()
	s.Now = s.Now.Add(d)
	s.Record(s.logger.Pack(centiCelsius))
}

// rule returns what was found by one rule.
func (s *story) rule(id string) waymark.RuleFinding {
	s.T.Helper()
	for _, f := range s.view().Verdict.Rules {
		if f.Rule == id {
			return f
		}
	}
	s.T.Fatalf("no finding of rule %s", id)
	return waymark.RuleFinding{}
}

// TestBudgets takes a reading every 30 minutes, from attachment on, each as long as the next.
func TestBudgets(t *testing.T) {
	const warm, cold = 900, 500
	tests := map[string]struct {
		mode    waymark.BudgetMode
		values  []int64
		state   waymark.ConditionState
		outside time.Duration
		reasons []string
	}{
		"never outside":            {waymark.BudgetCumulative, []int64{cold, cold}, waymark.ConditionConformant, 0, nil},
		"within it":                {waymark.BudgetCumulative, []int64{warm, cold}, waymark.ConditionConformant, 30 * time.Minute, nil},
		"it is reached in all":     {waymark.BudgetCumulative, []int64{warm, cold, warm, cold}, waymark.ConditionNonConformant, time.Hour, []string{"budget"}},
		"no stretch reaches it":    {waymark.BudgetConsecutive, []int64{warm, cold, warm, cold}, waymark.ConditionConformant, time.Hour, nil},
		"one stretch reaches it":   {waymark.BudgetConsecutive, []int64{warm, warm, cold}, waymark.ConditionNonConformant, time.Hour, []string{"budget"}},
		"it goes on":               {waymark.BudgetConsecutive, []int64{cold, warm}, waymark.ConditionExcursionOpen, 0, []string{"excursion-open"}},
		"it goes on until reached": {waymark.BudgetConsecutive, []int64{warm, warm, warm}, waymark.ConditionNonConformant, time.Hour, []string{"budget"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := storyOf(t, warmBudget(test.mode))
			for _, v := range test.values {
				s.after(30*time.Minute, v)
			}
			s.expectCondition(test.state, test.reasons...)
			if f := s.rule("warm"); f.OutsideMS != test.outside.Milliseconds() || f.State != test.state {
				t.Errorf("found %+v", f)
			}
		})
	}
}

func TestTimeThatNobodyKnows(t *testing.T) {
	tests := map[string]func(*story){
		"before the first reading":                 func(s *story) { s.after(61*time.Minute, 500) },
		"between two":                              func(s *story) { s.after(time.Minute, 500); s.after(61*time.Minute, 500) },
		"after the last":                           func(s *story) { s.after(time.Minute, 500); s.Now = s.Now.Add(61 * time.Minute) },
		"behind the clock":                         func(s *story) { s.after(10*time.Minute, 500); s.after(-time.Minute, 500); s.after(2*time.Minute, 500) },
		"while a message is missing (and says so)": func(s *story) { s.after(time.Minute, 500); s.logger.Pack(500); s.after(time.Minute, 500) },
	}
	for name, make := range tests {
		t.Run(name, func(t *testing.T) {
			s := storyOf(t, warmBudget(waymark.BudgetCumulative))
			make(s)
			if v := s.view(); v.Condition != waymark.ConditionUnknown || !slices.Contains(v.Reasons, "unknown-time") || v.Verdict.Rules[0].Devices[0].UnknownMS == 0 {
				t.Errorf("condition %s %v: %+v", v.Condition, v.Reasons, v.Verdict.Rules)
			}
		})
	}
	s := storyOf(t, warmBudget(waymark.BudgetCumulative))
	s.after(59*time.Minute, 500)
	s.after(time.Hour, 500)
	s.Now = s.Now.Add(time.Hour)
	s.expectCondition(waymark.ConditionConformant)
}

func TestALateMessageMakesTimeKnown(t *testing.T) {
	s := storyOf(t, warmBudget(waymark.BudgetCumulative))
	s.after(time.Minute, 500)
	s.Now = s.Now.Add(20 * time.Minute)
	late := s.logger.Pack(900)
	s.after(20*time.Minute, 500)
	s.expectCondition(waymark.ConditionUnknown, "missing-messages", "unknown-time")
	s.Record(late)
	s.expectCondition(waymark.ConditionConformant)
	if f := s.rule("warm"); f.OutsideMS != (20*time.Minute).Milliseconds() || f.Excursions != 1 || s.view().Excursions[0].State != waymark.ExcursionClosed {
		t.Errorf("found %+v, excursions %+v", f, s.view().Excursions)
	}
}

func TestMeanKineticTemperature(t *testing.T) {
	for limit, want := range map[waymark.Decimal]waymark.ConditionState{"6.9": waymark.ConditionNonConformant, "7.1": waymark.ConditionConformant} {
		s := storyOf(t, mkt(limit))
		for range 4 { // an hour of 5 and an hour of 8.6 degrees
			s.after(15*time.Minute, 500)
		}
		for range 4 {
			s.after(15*time.Minute, 860)
		}
		s.after(15*time.Minute, 500)
		v := s.view()
		if v.Condition != want || v.Verdict.Rules[0].Devices[0].MeanKinetic != "6.99" {
			t.Errorf("limit %s: %s %v, %+v", limit, v.Condition, v.Reasons, v.Verdict.Rules[0].Devices)
		}
	}
}

// at signs a position of now.
func (s *story) at(north int64) {
	s.T.Helper()
	payload, err := senml.EncodeJSON([]senml.Reading{
		{Name: "latitude", Unit: "lat", Value: 52_0000000 + north, Time: s.Now},
		{Name: "longitude", Unit: "lon", Value: 4_0000000, Time: s.Now}})
	if err != nil {
		s.T.Fatal(err)
	}
	s.Record(s.logger.SignPack(payload))
	s.Now = s.Now.Add(time.Minute)
}

func TestGeofence(t *testing.T) {
	fence := waymark.Condition{ID: "near", Kind: waymark.ConditionGeofence, Name: "latitude", Unit: "lat", Fence: &waymark.Fence{LongitudeName: "longitude",
		Circle: &waymark.Circle{Center: waymark.Position{Latitude: "52", Longitude: "4"}, RadiusMeters: 1000}}}
	s := storyOf(t, fence)
	s.at(50000) // 556 m
	s.expectCondition(waymark.ConditionConformant)
	s.at(100000) // 1112 m
	s.expectCondition(waymark.ConditionNonConformant, "geofence")
	if e := s.view().Excursions; len(e) != 1 || e[0].Rule != "near" || e[0].Max != "52.01" {
		t.Errorf("excursions %+v", e)
	}
	alone := storyOf(t, fence)
	alone.Record(alone.logger.SignPack(fmt.Appendf(nil, `[{"n":"latitude","u":"lat","v":52,"t":%d}]`, alone.Now.Unix())))
	alone.expectCondition(waymark.ConditionUnknown, "no-witness")
}

// TestTheBudgetIsOfTheJourney: each leg has a logger of its own.
func TestTheBudgetIsOfTheJourney(t *testing.T) {
	s := storyOf(t, warmBudget(waymark.BudgetCumulative))
	other := s.Device("logger-2", "carrier")
	s.after(time.Minute, 900)
	s.after(40*time.Minute, 500)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Attach, attachRequest("s1", "logger-2"))
	s.Now = s.Now.Add(time.Minute)
	s.Record(other.Pack(900), s.logger.Pack(500))
	s.expectCondition(waymark.ConditionExcursionOpen, "excursion-open")
	s.Now = s.Now.Add(20 * time.Minute)
	s.Record(other.Pack(500), s.logger.Pack(500))
	s.expectCondition(waymark.ConditionNonConformant, "budget")
	if f := s.rule("warm"); f.OutsideMS != time.Hour.Milliseconds() || f.Devices[0].OutsideMS != (40*time.Minute).Milliseconds() {
		t.Errorf("found %+v", f)
	}
}

func TestALapsedCalibrationCoversNothing(t *testing.T) {
	s := calibratedStory(t, time.Hour)
	s.after(30*time.Minute, 500)
	s.expectCondition(waymark.ConditionConformant)
	s.after(30*time.Minute, 900)
	s.expectCondition(waymark.ConditionUnknown, "calibration", "excursion-open", "no-witness", "unknown-time")
	if w := s.view().Verdict.Witnesses[0]; w.Counts || !slices.Equal(w.Reasons, []string{"calibration"}) {
		t.Errorf("witness %+v", w)
	}
	s.after(time.Hour, 500) // what it measured outside still counts
	s.expectCondition(waymark.ConditionNonConformant, "budget", "calibration", "no-witness", "unknown-time")
}

// calibratedStory is one under a budget whose logger was calibrated for so long when it was attached.
func calibratedStory(t *testing.T, calibrated time.Duration) *story {
	t.Helper()
	c := newConsortium(t)
	s := &story{Consortium: c, logger: c.Device("logger-1", "producer")}
	s.calibrate(calibrated)
	r := createRequest("s1")
	r.Conditions = []waymark.Condition{warmBudget(waymark.BudgetCumulative)}
	scenario.Must(c, s.operator("producer"), custody.Create, r)
	s.attach("logger-1")
	return s
}

// calibrate has the owner say that its logger is calibrated for so long from now.
func (s *story) calibrate(d time.Duration) {
	s.T.Helper()
	scenario.Must(s.Consortium, s.operator("producer"), registry.SetAttributes, waymark.SetAttributesRequest{Device: "logger-1", Reason: "yearly",
		Attributes: waymark.DeviceAttributes{Calibration: &waymark.Calibration{CertificateSHA256: strings.Repeat("0f", 32), ExpiresAt: s.Now.Add(d)}}})
}

// TestACalibrationOfAfterwardsDoesNotCount: the record has the one that the device was attached with.
func TestACalibrationOfAfterwardsDoesNotCount(t *testing.T) {
	s := calibratedStory(t, time.Minute)
	s.after(10*time.Minute, 500)
	s.after(10*time.Minute, 500)
	s.expectCondition(waymark.ConditionUnknown, "calibration", "no-witness", "unknown-time")
	s.calibrate(100 * time.Hour)
	s.expectCondition(waymark.ConditionUnknown, "calibration", "no-witness", "unknown-time", "witness-changed")

	s = calibratedStory(t, time.Hour)
	s.after(10*time.Minute, 500)
	s.expectCondition(waymark.ConditionConformant)
	s.calibrate(time.Minute) // the owner thinks otherwise
	s.expectCondition(waymark.ConditionUnknown, "unknown-time", "witness-changed")

	s = storyOf(t, warmBudget(waymark.BudgetCumulative)) // attached without one
	s.after(10*time.Minute, 500)
	s.calibrate(time.Minute)
	s.after(10*time.Minute, 500)
	s.expectCondition(waymark.ConditionConformant)
}

func TestDisagreementIsShown(t *testing.T) {
	rule := warmBudget(waymark.BudgetCumulative)
	rule.Agreement = "0.5"
	s := storyOf(t, rule)
	other := s.Device("logger-2", "producer")
	s.attach("logger-2")
	for range 3 {
		s.Now = s.Now.Add(10 * time.Minute)
		s.Record(s.logger.Pack(500), other.Pack(551))
	}
	want := waymark.Disagreement{Rule: "warm", Devices: []string{"logger-1", "logger-2"}, Apart: "0.51"}
	v := s.view()
	if len(v.Verdict.Disagreements) != 1 || fmt.Sprint(v.Verdict.Disagreements[0]) != fmt.Sprint(want) || v.Condition != waymark.ConditionConformant {
		t.Errorf("%s, disagreements %+v", v.Condition, v.Verdict.Disagreements)
	}
	if m := v.Verdict.Rules[0].Devices[1].Mean; m != "5.51" {
		t.Errorf("mean %s", m)
	}
}

// TestTheVerdictSaysWhatItRestsOn as it is kept with the acceptance.
func TestTheVerdictSaysWhatItRestsOn(t *testing.T) {
	s := storyOf(t, warmBudget(waymark.BudgetCumulative))
	s.after(time.Minute, 500)
	s.logger.Pack(500)
	s.Now = s.Now.Add(time.Minute)
	text, digest := s.logger.PackDigest(500)
	s.Record(text)
	h := s.accept("carrier", s.offer("producer", "carrier"), "one is missing")
	w := h.Verdict.Witnesses[0]
	if w.Last != 3 || w.Messages != 2 || !slices.Equal(w.Missing, []waymark.Run{{First: 2, Last: 2}}) || !slices.Equal(w.Digest, digest[:]) || !w.Counts {
		t.Errorf("witness %+v", w)
	}
	if h.Verdict.Profile.Name != waymark.CustomProfile || h.Verdict.State != h.Condition || !h.Verdict.At.Equal(s.Now) {
		t.Errorf("verdict %+v", h.Verdict)
	}
}
