package main

import (
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/internal/ledgertest/process"
	"github.com/waymark-ledger/waymark/chaincode/internal/service"
)

func TestSettings(t *testing.T) {
	k := process.NewKeys(t)
	for _, missing := range []string{"CHAINCODE_ID", "CHAINCODE_SERVER_ADDRESS", "CHAINCODE_TLS_CERT_FILE", "CHAINCODE_TLS_KEY_FILE", "CHAINCODE_TLS_CLIENT_CA_FILE"} {
		settings := k.Settings("127.0.0.1:0")
		delete(settings, missing)
		if err := run(func(name string) string { return settings[name] }); err == nil {
			t.Errorf("it serves without %s", missing)
		}
	}
	settings := k.Settings("127.0.0.1:0")
	server, err := service.New(nil, func(name string) string { return settings[name] })
	if err != nil || server.CCID != "waymark:0" || server.TLSProps.Disabled || len(server.TLSProps.ClientCACerts) == 0 {
		t.Errorf("server %+v, %v", server, err)
	}
}
