// Package service serves a chaincode to one peer, as a service: the peer connects
// to it, over mutual TLS.
package service

import (
	"errors"
	"fmt"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
)

// New returns a server of cc that is not started. Its settings are in the
// environment:
//
//	CHAINCODE_ID                  package id that the peer gave the installed package
//	CHAINCODE_SERVER_ADDRESS      host:port to listen on
//	CHAINCODE_TLS_CERT_FILE       server certificate (PEM)
//	CHAINCODE_TLS_KEY_FILE        its private key (PEM)
//	CHAINCODE_TLS_CLIENT_CA_FILE  CA of the peer's client certificate (PEM)
func New(cc shim.Chaincode, getenv func(string) string) (*shim.ChaincodeServer, error) {
	server := &shim.ChaincodeServer{CC: cc, CCID: getenv("CHAINCODE_ID"), Address: getenv("CHAINCODE_SERVER_ADDRESS")}
	if server.CCID == "" || server.Address == "" {
		return nil, errors.New("set CHAINCODE_ID and CHAINCODE_SERVER_ADDRESS")
	}
	for _, file := range []struct {
		variable string
		content  *[]byte
	}{
		{"CHAINCODE_TLS_CERT_FILE", &server.TLSProps.Cert},
		{"CHAINCODE_TLS_KEY_FILE", &server.TLSProps.Key},
		{"CHAINCODE_TLS_CLIENT_CA_FILE", &server.TLSProps.ClientCACerts},
	} {
		content, err := os.ReadFile(getenv(file.variable))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file.variable, err)
		}
		*file.content = content
	}
	return server, nil
}
