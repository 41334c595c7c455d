package registry_test

import (
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// FuzzCertificates: whatever comes as a certificate, both rules that read one answer.
func FuzzCertificates(f *testing.F) {
	c := scenario.New(f)
	a, d := c.Authority("producer", true), c.NewDevice("logger-1", "producer")
	f.Add(a.PEM())
	f.Add(a.Base64())
	f.Add(a.Issue(d, nil))
	f.Add(c.NewAuthority(attest.Ed25519, nil).Base64())
	registration := d.Registration()
	f.Fuzz(func(t *testing.T, text string) {
		put := waymark.PutAuthorityRequest{Certificate: text}
		join := waymark.JoinDeviceRequest{Registration: registration, Authority: a.ID(), Chain: []string{text}}
		for _, err := range []error{
			answered(put, func() error {
				_, err := registry.PutAuthority(c.World.Begin(c.Tx(c.As("producer", waymark.Admin))), put)
				return err
			}),
			answered(join, func() error {
				_, err := registry.Join(c.World.Begin(c.Tx(c.As("carrier", waymark.Relay))), join)
				return err
			}),
		} {
			if code := waymark.CodeOf(err); code != "" && code != waymark.Invalid && code != waymark.Unauthenticated {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}

func answered(q waymark.Validator, rule func() error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	return rule()
}
