package waymark_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

const hash = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

func TestKeyRequests(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	check(t, []fault{
		{"register and activate", waymark.RegisterDeviceRequest{Registration: "x", Activate: true}, ""},
		{"rotate with overlap", waymark.RotateKeyRequest{Device: "d", Rotation: "x", OverlapSeconds: 30 * 24 * 3600}, ""},
		{"rotate with too long an overlap", waymark.RotateKeyRequest{Device: "d", Rotation: "x", OverlapSeconds: 30*24*3600 + 1}, "/overlap_seconds"},
		{"rotate with a negative overlap", waymark.RotateKeyRequest{Device: "d", Rotation: "x", OverlapSeconds: -1}, "/overlap_seconds"},
		{"replace", waymark.ReplaceKeyRequest{Device: "d", Registration: "x", Reason: "lost"}, ""},
		{"replace of nobody", waymark.ReplaceKeyRequest{Registration: "x", Reason: "lost"}, "/device"},
		{"replace by nothing", waymark.ReplaceKeyRequest{Device: "d", Reason: "lost"}, "/registration"},
		{"replace without reason", waymark.ReplaceKeyRequest{Device: "d", Registration: "x"}, "/reason"},
		{"revoke", waymark.RevokeKeyRequest{Device: "d", Key: "k", From: at, Reason: "stolen"}, ""},
		{"revoke of nobody", waymark.RevokeKeyRequest{Key: "k", From: at, Reason: "stolen"}, "/device"},
		{"revoke no key", waymark.RevokeKeyRequest{Device: "d", From: at, Reason: "stolen"}, "/key"},
		{"revoke from no time", waymark.RevokeKeyRequest{Device: "d", Key: "k", Reason: "stolen"}, "/from"},
		{"revoke without reason", waymark.RevokeKeyRequest{Device: "d", Key: "k", From: at}, "/reason"},
		{"many", waymark.RegisterManyRequest{Registrations: []string{"x", "y"}}, ""},
		{"most", waymark.RegisterManyRequest{Registrations: strings.Split(strings.Repeat("x", waymark.MaxRegistrations), "")}, ""},
		{"none", waymark.RegisterManyRequest{}, "/registrations"},
		{"too many", waymark.RegisterManyRequest{Registrations: strings.Split(strings.Repeat("x", waymark.MaxRegistrations+1), "")}, "/registrations"},
		{"one empty", waymark.RegisterManyRequest{Registrations: []string{"x", ""}}, "/registrations/1"},
		{"too large together", waymark.RegisterManyRequest{Registrations: large()}, "/registrations"},
	})
}

func large() []string {
	all := make([]string, waymark.MaxBatchBytes/waymark.MaxMessageBytes+1)
	for i := range all {
		all[i] = strings.Repeat("x", waymark.MaxMessageBytes)
	}
	return all
}

func TestAuthorityRequests(t *testing.T) {
	join := waymark.JoinDeviceRequest{Registration: "x", Authority: hash, Chain: []string{"AA=="}}
	revoke := func(serial string) waymark.Validator {
		return waymark.RevokeCertificateRequest{Authority: hash, Serial: serial, Reason: "stolen"}
	}
	check(t, []fault{
		{"put", waymark.PutAuthorityRequest{Certificate: "AA==", Activate: true, Reason: "line 2"}, ""},
		{"put PEM", waymark.PutAuthorityRequest{Certificate: "-----BEGIN CERTIFICATE-----\r\nAA==\r\n-----END CERTIFICATE-----\n"}, ""},
		{"put nothing", waymark.PutAuthorityRequest{}, "/certificate"},
		{"put a control character", waymark.PutAuthorityRequest{Certificate: "AA\x00=="}, "/certificate"},
		{"put too much", waymark.PutAuthorityRequest{Certificate: strings.Repeat("A", waymark.MaxCertificateText+1)}, "/certificate"},
		{"put with a long reason", waymark.PutAuthorityRequest{Certificate: "AA==", Reason: strings.Repeat("x", 201)}, "/reason"},
		{"withdraw", waymark.WithdrawAuthorityRequest{Authority: hash, Reason: "done"}, ""},
		{"withdraw nothing", waymark.WithdrawAuthorityRequest{Authority: strings.ToUpper(hash), Reason: "done"}, "/authority"},
		{"withdraw without reason", waymark.WithdrawAuthorityRequest{Authority: hash}, "/reason"},
		{"revoke", revoke("1f"), ""},
		{"revoke the longest", revoke(strings.Repeat("f", 40)), ""},
		{"revoke one too long", revoke(strings.Repeat("f", 41)), "/serial"},
		{"revoke zero", revoke("0"), "/serial"},
		{"revoke with a leading zero", revoke("01"), "/serial"},
		{"revoke in upper case", revoke("1F"), "/serial"},
		{"revoke with colons", revoke("01:1f"), "/serial"},
		{"revoke under nothing", waymark.RevokeCertificateRequest{Serial: "1", Reason: "stolen"}, "/authority"},
		{"revoke without reason", waymark.RevokeCertificateRequest{Authority: hash, Serial: "1"}, "/reason"},
		{"authority", waymark.AuthorityQuery{Owner: "m", Authority: hash}, ""},
		{"authority of nobody", waymark.AuthorityQuery{Authority: hash}, "/owner"},
		{"no authority", waymark.AuthorityQuery{Owner: "m", Authority: "x"}, "/authority"},
		{"certificate", waymark.CertificateQuery{Owner: "m", Authority: hash, Serial: "1"}, ""},
		{"certificate of nobody", waymark.CertificateQuery{Authority: hash, Serial: "1"}, "/owner"},
		{"certificate of nothing", waymark.CertificateQuery{Owner: "m", Serial: "1"}, "/authority"},
		{"no certificate", waymark.CertificateQuery{Owner: "m", Authority: hash}, "/serial"},
		{"join", join, ""},
		{"join unsigned", with(join, func(r *waymark.JoinDeviceRequest) { r.Registration = "" }), "/registration"},
		{"join by nothing", with(join, func(r *waymark.JoinDeviceRequest) { r.Authority = "" }), "/authority"},
		{"join without chain", with(join, func(r *waymark.JoinDeviceRequest) { r.Chain = nil }), "/chain"},
		{"join with a long chain", with(join, func(r *waymark.JoinDeviceRequest) { r.Chain = []string{"A", "A", "A", "A"} }), "/chain"},
		{"join with an empty link", with(join, func(r *waymark.JoinDeviceRequest) { r.Chain = []string{"A", ""} }), "/chain/1"},
		{"join with a large link", with(join, func(r *waymark.JoinDeviceRequest) {
			r.Chain = []string{strings.Repeat("A", waymark.MaxCertificateText+1)}
		}), "/chain/0"},
	})
}

func TestAttributesRequests(t *testing.T) {
	class := waymark.MeasuredClass{Class: "climate", Measurements: []string{"temperature"}, Visibility: waymark.VisibilityPrivate}
	attributes := waymark.DeviceAttributes{FirmwareSHA256: hash, LocationClass: "vehicle", Measures: []waymark.MeasuredClass{class},
		Calibration: &waymark.Calibration{CertificateSHA256: hash, ExpiresAt: time.Unix(1<<31, 0)}}
	set := func(change func(*waymark.DeviceAttributes)) waymark.Validator {
		return waymark.SetAttributesRequest{Device: "d", Reason: "new", Attributes: with(attributes, change)}
	}
	measures := func(classes ...waymark.MeasuredClass) waymark.Validator {
		return set(func(a *waymark.DeviceAttributes) { a.Measures = classes })
	}
	calibration := func(c waymark.Calibration) waymark.Validator {
		return set(func(a *waymark.DeviceAttributes) { a.Calibration = &c })
	}
	other := with(class, func(c *waymark.MeasuredClass) { c.Class, c.Measurements = "place", []string{"latitude"} })
	check(t, []fault{
		{"whole", set(func(*waymark.DeviceAttributes) {}), ""},
		{"nothing", waymark.SetAttributesRequest{Device: "d", Reason: "wrong"}, ""},
		{"of nobody", waymark.SetAttributesRequest{Reason: "wrong"}, "/device"},
		{"without reason", waymark.SetAttributesRequest{Device: "d"}, "/reason"},
		{"firmware", set(func(a *waymark.DeviceAttributes) { a.FirmwareSHA256 = "v1.2" }), "/attributes/firmware_sha256"},
		{"location class", set(func(a *waymark.DeviceAttributes) { a.LocationClass = "a b" }), "/attributes/location_class"},
		{"calibration without certificate", calibration(waymark.Calibration{ExpiresAt: time.Unix(1, 0)}), "/attributes/calibration/certificate_sha256"},
		{"calibration for ever", calibration(waymark.Calibration{CertificateSHA256: hash}), "/attributes/calibration/expires_at"},
		{"calibration past all years", calibration(waymark.Calibration{CertificateSHA256: hash,
			ExpiresAt: time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -3600))}), "/attributes/calibration/expires_at"},
		{"calibration before all years", calibration(waymark.Calibration{CertificateSHA256: hash,
			ExpiresAt: time.Date(0, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600))}), "/attributes/calibration/expires_at"},
		{"two classes", measures(class, other), ""},
		{"too many classes", measures(make([]waymark.MeasuredClass, waymark.MaxMeasuredClasses+1)...), "/attributes/measures"},
		{"a class twice", measures(other, class, with(other, func(c *waymark.MeasuredClass) { c.Measurements = []string{"x"} })), "/attributes/measures/2/class"},
		{"no class", measures(with(class, func(c *waymark.MeasuredClass) { c.Class = "" })), "/attributes/measures/0/class"},
		{"no visibility", measures(with(class, func(c *waymark.MeasuredClass) { c.Visibility = "" })), "/attributes/measures/0/visibility"},
		{"no measurement", measures(with(class, func(c *waymark.MeasuredClass) { c.Measurements = nil })), "/attributes/measures/0/measurements"},
		{"too many measurements", measures(with(class, func(c *waymark.MeasuredClass) { c.Measurements = make([]string, waymark.MaxClassMeasurements+1) })), "/attributes/measures/0/measurements"},
		{"a measurement of no name", measures(with(class, func(c *waymark.MeasuredClass) { c.Measurements = []string{"a b"} })), "/attributes/measures/0/measurements/0"},
		{"a measurement of two classes", measures(class, with(class, func(c *waymark.MeasuredClass) { c.Class, c.Measurements = "other", []string{"x", "temperature"} })), "/attributes/measures/1/measurements/1"},
	})
}

func TestTransferRequests(t *testing.T) {
	later := time.Unix(1<<31, 0)
	check(t, []fault{
		{"offer", waymark.OfferTransferRequest{Device: "d", To: "m", ExpiresAt: later}, ""},
		{"offer nothing", waymark.OfferTransferRequest{To: "m", ExpiresAt: later}, "/device"},
		{"offer to nobody", waymark.OfferTransferRequest{Device: "d", ExpiresAt: later}, "/to"},
		{"offer for ever", waymark.OfferTransferRequest{Device: "d", To: "m"}, "/expires_at"},
		{"accept", waymark.AcceptTransferRequest{Device: "d"}, ""},
		{"accept nothing", waymark.AcceptTransferRequest{}, "/device"},
		{"end", waymark.EndTransferRequest{Device: "d", Reason: "no"}, ""},
		{"end nothing", waymark.EndTransferRequest{Reason: "no"}, "/device"},
		{"end without reason", waymark.EndTransferRequest{Device: "d"}, "/reason"},
	})
}

func TestKeysInForce(t *testing.T) {
	start := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	d := waymark.Device{Keys: []waymark.DeviceKey{
		{ID: "k1", NotBefore: start, NotAfter: start.Add(time.Hour)},
		{ID: "k2", NotBefore: start.Add(30 * time.Minute)},
	}}
	for _, test := range []struct {
		key   string
		after time.Duration
		want  bool
	}{
		{"k1", 0, true}, {"k1", time.Hour - 1, true}, {"k1", time.Hour, false}, {"k2", 0, true}, // a clock that is behind the newest key
		{"k2", 1000 * time.Hour, true}, {"k3", 0, false},
	} {
		if _, got := d.KeyInForce(test.key, start.Add(test.after)); got != test.want {
			t.Errorf("%s after %s: in force %t", test.key, test.after, got)
		}
	}
	if k, found := d.NewestKey(start); !found || k.ID != "k2" {
		t.Errorf("newest %+v", k)
	}
	d.Keys[1].Revoked = &waymark.KeyRevocation{From: start.Add(40 * time.Minute)}
	if k, found := d.NewestKey(start); !found || k.ID != "k1" {
		t.Errorf("newest %+v", k)
	}
	if _, found := d.NewestKey(start.Add(time.Hour)); found {
		t.Error("a key is in force that has ended or is revoked")
	}
	if d.Disputed("k2", start.Add(40*time.Minute-1)) || !d.Disputed("k2", start.Add(40*time.Minute)) || d.Disputed("k1", start.Add(time.Hour)) || d.Disputed("k3", start) {
		t.Error("disputed is what was recorded under the revoked key since then, and nothing else")
	}
}

func TestRowErrors(t *testing.T) {
	var none waymark.RowErrors
	none.Add("/rows", 0, nil)
	if err := none.Err("rows", 1); err != nil {
		t.Errorf("no fault gives %v", err)
	}
	var rows waymark.RowErrors
	for i := range 2 * waymark.MaxErrorRows {
		err := error(waymark.Errorf(waymark.AlreadyExists, "taken").Because("b", "a"))
		if i == 1 {
			err = errors.New("secret")
		}
		rows.Add("/rows", i+3, err)
	}
	e := waymark.AsError(rows.Err("rows", 100))
	if e.Code != waymark.AlreadyExists || e.Field != "/rows/3" || !reflect.DeepEqual(e.Reasons, []string{"a", "b"}) || len(e.Rows) != waymark.MaxErrorRows ||
		!strings.HasPrefix(e.Message, "40 of 100 rows are faulty") {
		t.Errorf("error %+v", e)
	}
	if r := e.Rows[1]; r.Index != 4 || r.Code != waymark.Internal || strings.Contains(r.Message, "secret") {
		t.Errorf("row %+v", r)
	}
	got, ok := waymark.ParseWire(fmt.Sprintf("chaincode response 500, %s (peer: a)", e.MarshalWire()))
	if !ok || !reflect.DeepEqual(got, e) {
		t.Errorf("through Fabric: %+v, want %+v", got, e)
	}
}
