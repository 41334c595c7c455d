package main

import (
	"reflect"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// TestEveryRoleIsServed: whatever identity is configured signs for its role.
func TestEveryRoleIsServed(t *testing.T) {
	var c config.Config
	all := reflect.ValueOf(&c.Identities).Elem()
	for i := range all.NumField() {
		all.Field(i).Set(reflect.ValueOf(config.KeyPair{CertFile: all.Type().Field(i).Tag.Get("koanf"), KeyFile: "key.pem"}))
	}
	for _, role := range waymark.Roles() {
		if got := fabricConfig(c).Identities[ledger.Identity(role)]; got.CertFile != string(role) {
			t.Errorf("%s signs with %+v", role, got)
		}
	}
}
