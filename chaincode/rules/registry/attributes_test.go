package registry_test

import (
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func described(c *scenario.Consortium, visibility waymark.Visibility) waymark.SetAttributesRequest {
	return waymark.SetAttributesRequest{Device: "logger-1", Reason: "calibrated", Attributes: waymark.DeviceAttributes{
		FirmwareSHA256: strings.Repeat("0a", 32), LocationClass: "vehicle",
		Calibration: &waymark.Calibration{CertificateSHA256: strings.Repeat("0b", 32), ExpiresAt: c.Now.AddDate(1, 0, 0).In(time.FixedZone("", 3600)).Add(1)},
		Measures:    []waymark.MeasuredClass{{Class: "climate", Measurements: []string{"temperature", "humidity"}, Visibility: visibility}},
	}}
}

func TestSetAttributes(t *testing.T) {
	c := scenario.New(t)
	c.Device("logger-1", "producer")
	by := c.As("producer", waymark.Operator)
	before := scenario.Must(c, by, registry.Device, waymark.DeviceQuery{Device: "logger-1"})
	c.Now = c.Now.Add(time.Hour)
	request := described(c, waymark.VisibilityOpen)
	for _, wrong := range []ledger.Caller{c.As("producer", waymark.Viewer), c.As("producer", waymark.Relay), c.As("carrier", waymark.Admin)} {
		scenario.Refused(c, wrong, registry.SetAttributes, request, waymark.Forbidden, waymark.DefaultDeny)
	}
	record := scenario.Must(c, by, registry.SetAttributes, request)
	a := record.Attributes
	if a == nil || a.LocationClass != "vehicle" || a.Calibration.ExpiresAt != c.Now.AddDate(1, 0, 0) || a.Measures[0].Class != "climate" ||
		record.Described.By.Time != c.Now || record.Described.Reason != "calibrated" || record.Changed != before.Changed {
		t.Errorf("device %+v", record)
	}
	expectNothing(c, by, registry.SetAttributes, request, record)
	anchored := scenario.Must(c, by, registry.SetAttributes, described(c, waymark.VisibilityAnchored))
	if a := anchored.Attributes; !a.Anchored("humidity") || a.Anchored("door") || a.Private("humidity") {
		t.Errorf("attributes %+v", a)
	}
	private := scenario.Must(c, by, registry.SetAttributes, described(c, waymark.VisibilityPrivate))
	if a := private.Attributes; !a.Private("humidity") || a.Anchored("humidity") || a.Private("door") || a.ClassOf("humidity", "%RH") != "climate" || a.ClassOf("here", "lat") != waymark.ClassLocation {
		t.Errorf("attributes %+v", a)
	}
	scenario.Refused(c, by, registry.SetAttributes, described(c, "secret"), waymark.Invalid, "")
	none := waymark.SetAttributesRequest{Device: "logger-1", Reason: "wrong", Attributes: waymark.DeviceAttributes{Measures: []waymark.MeasuredClass{}}}
	record = scenario.Must(c, by, registry.SetAttributes, none)
	expectNothing(c, by, registry.SetAttributes, none, record)
	retired := scenario.Must(c, by, registry.RetireDevice, waymark.DeviceStateRequest{Device: "logger-1", Reason: "old"})
	expectNothing(c, by, registry.SetAttributes, none, retired)
	scenario.Refused(c, by, registry.SetAttributes, request, waymark.FailedPrecondition, "device-lifecycle")
	request.Device = "logger-9"
	scenario.Refused(c, by, registry.SetAttributes, request, waymark.NotFound, "")
}

func TestDeviceHistory(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	by, query := c.As("producer", waymark.Operator), waymark.DeviceQuery{Device: "logger-1"}
	scenario.Must(c, by, registry.SuspendDevice, waymark.DeviceStateRequest{Device: d.ID, Reason: "lost"})
	scenario.Must(c, by, registry.SetAttributes, described(c, waymark.VisibilityOpen))
	scenario.Must(c, c.As("producer", waymark.Admin), registry.ResumeDevice, waymark.DeviceStateRequest{Device: d.ID, Reason: "found"})
	h := scenario.Must(c, c.As("auditor", waymark.Viewer), registry.History, query)
	if len(h.Versions) != 4 || h.More || h.Device != d.ID {
		t.Fatalf("history %+v", h)
	}
	for i, want := range []string{"registered operator active", "lost operator suspended", "calibrated operator suspended", "found admin active"} {
		v := h.Versions[i]
		if got := v.Reason + " " + string(v.By.Role) + " " + string(v.Record.State); got != want {
			t.Errorf("version %d is %q, want %q", i, got, want)
		}
	}
	scenario.Refused(c, c.As("auditor", ""), registry.History, query, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(c, by, registry.History, waymark.DeviceQuery{Device: "logger-9"}, waymark.NotFound, "")
	for range waymark.MaxDeviceVersions / 2 {
		scenario.Must(c, by, registry.SuspendDevice, waymark.DeviceStateRequest{Device: d.ID, Reason: "lost"})
		scenario.Must(c, by, registry.ResumeDevice, waymark.DeviceStateRequest{Device: d.ID, Reason: "found"})
	}
	h = scenario.Must(c, by, registry.History, query)
	if len(h.Versions) != waymark.MaxDeviceVersions || !h.More || h.Versions[0].Reason != "lost" {
		t.Errorf("%d versions, more %v, first %+v", len(h.Versions), h.More, h.Versions[0])
	}
	if _, err := c.World.Submit(c.Tx(by), func(l ledger.Ledger) error { return l.Put(ledger.DeviceKey("logger-7"), []byte("[]")) }); err != nil {
		t.Fatal(err)
	}
	scenario.Refused(c, by, registry.History, waymark.DeviceQuery{Device: "logger-7"}, waymark.Internal, "")
}
