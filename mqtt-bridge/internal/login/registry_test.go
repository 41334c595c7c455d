package login_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/login"
)

// What a device says is refused for good: not by what memory says, while the device may have got another key.
func TestMemoryRefusesNothingThatIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, old, _ := newPlant(t, waymark.DeviceActive, nil)
		d := gatewaytest.NewDevice(t, old.ID, attest.JWS)
		checker := login.New("waymark", p)
		text := d.Say(t, attest.Presence, waymark.Presence{State: waymark.PresenceOnline, At: time.Now().Unix(), Session: "s-1"})
		m, err := attest.Parse(attest.Text(text))
		if err != nil {
			t.Fatal(err)
		}
		rotated := d.Record(t, waymark.DeviceSuspended)
		for _, step := range []struct {
			name   string
			after  time.Duration
			record *waymark.Device
			away   bool
			want   waymark.Code
		}{
			{"another's", 0, p.record, false, waymark.Unauthenticated},
			{"rotated meanwhile", 2 * time.Second, &rotated, false, ""},
			{"by memory", 2 * time.Second, &rotated, true, ""},
			{"by old memory", 10 * time.Second, &rotated, true, waymark.Unavailable},
			{"of the registry, again", 0, p.record, false, waymark.Unauthenticated},
			{"refused by memory that may be old", 2 * time.Second, &rotated, true, waymark.Unavailable},
		} {
			time.Sleep(step.after)
			p.record, p.away = step.record, step.away
			if _, err := checker.Spoken(t.Context(), m); waymark.CodeOf(err) != step.want {
				t.Errorf("%s: %v, want %q", step.name, err, step.want)
			}
		}
	})
}

// Those that are told about stay known as an edge's, or a certificate's: what ends next ends them too.
func TestWhoHangsOnWhat(t *testing.T) {
	p, _, _ := newPlant(t, waymark.DeviceActive, nil)
	p.record.Keys[0].Edge = "edge-1"
	noted := p.record.Keys[0].Certificate
	checker := login.New("waymark", p)
	if _, err := checker.Device(t.Context(), p.record.ID); err != nil {
		t.Fatal(err)
	}
	checker.Tell(p.record.ID)
	for _, test := range []struct {
		name string
		got  []string
		want bool
	}{
		{"its edge", checker.SignedFor("edge-1"), true},
		{"another edge", checker.SignedFor("edge-2"), false},
		{"its certificate", checker.VouchedFor(noted.Owner, noted.Serial), true},
		{"its issuer's", checker.VouchedFor(noted.Owner, noted.Issuers[0]), true},
		{"another's", checker.VouchedFor("carrier", noted.Serial), false},
		{"another", checker.VouchedFor(noted.Owner, "ff"), false},
	} {
		if slices.Contains(test.got, p.record.ID) != test.want {
			t.Errorf("%s: %v", test.name, test.got)
		}
	}
}

// A certificate is asked about anew once it is told of that it is revoked.
func TestTellRevoked(t *testing.T) {
	p, d, _ := newPlant(t, waymark.DeviceActive, nil)
	serial := p.record.Keys[0].Certificate.Serial
	checker := login.New("waymark", p)
	for _, step := range []struct {
		name string
		do   func()
		want bool
	}{
		{"vouched for", func() {}, true},
		{"as memory has it", func() { p.revoked = []string{serial} }, true},
		{"of another owner", func() { checker.TellRevoked("carrier", serial) }, true},
		{"told", func() { checker.TellRevoked("producer", serial) }, false},
	} {
		step.do()
		if got := checker.Active(t.Context(), d.ID); got != step.want {
			t.Errorf("%s: active %t", step.name, got)
		}
	}
}

// An edge by whose revoked certificate its key came signs for nobody.
func TestAnEdgeWhoseCertificateIsRevoked(t *testing.T) {
	p, e, _ := newPlant(t, waymark.DeviceActive, nil)
	d := gatewaytest.NewDevice(t, "logger-2", attest.JWS)
	d.Key = e.Key
	held := d.Record(t, waymark.DeviceActive)
	held.Keys[0].Edge = e.ID
	for _, revoked := range [][]string{nil, {p.record.Keys[0].Certificate.Serial}} {
		p.revoked = revoked
		registry := struct {
			login.Authorities
			pair
		}{p, pair{d.ID: held, e.ID: *p.record}}
		checker := login.New("waymark", registry)
		_, err := checker.Login(t.Context(), d.ID, d.Password(t, time.Now()))
		if (err == nil) != (revoked == nil) || checker.Active(t.Context(), d.ID) != (revoked == nil) {
			t.Errorf("revoked %v: %v", revoked, err)
		}
	}
}

// What is signed by a key that came by a revoked certificate is nobody's word, whatever it says.
func TestWhatIsSaidByARevokedCertificate(t *testing.T) {
	p, d, chain := newPlant(t, waymark.DeviceActive, nil)
	said := waymark.Presence{State: waymark.PresenceOnline, At: time.Now().Unix(), Session: "s-1"}
	m, err := attest.Parse(attest.Text(d.Say(t, attest.Presence, said)))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		revoked []string
		want    waymark.Code
	}{
		{"none", nil, ""},
		{"its own", []string{attest.SerialOf(chain[0])}, waymark.Unauthenticated},
		{"its issuer's", []string{attest.SerialOf(chain[1])}, waymark.Unauthenticated},
	} {
		p.revoked = test.revoked
		checker := login.New("waymark", p)
		if _, err := checker.Spoken(t.Context(), m); waymark.CodeOf(err) != test.want {
			t.Errorf("%s, spoken: %v", test.name, err)
		}
		if err := checker.Signed(t.Context(), m); waymark.CodeOf(err) != test.want {
			t.Errorf("%s, signed: %v", test.name, err)
		}
	}
}
