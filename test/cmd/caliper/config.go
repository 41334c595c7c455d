package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/network/endpoints"
)

// Who calls.
const (
	member = "producer"
	role   = waymark.Admin
)

// Files in Caliper's workspace. JSON is YAML.
const (
	networkFile   = "network.yaml"
	profileFile   = "connection.json"
	benchmarkFile = "benchmark.yaml"
	workload      = "products.js"
)

// loads are how much is asked.
type loads struct {
	workers  int
	inFlight int
	writes   int
	reads    int
}

func loadsOf(quick bool) loads {
	if quick {
		return loads{workers: 1, inFlight: 4, writes: 20, reads: 40}
	}
	return loads{workers: 2, inFlight: 64, writes: 5000, reads: 20_000}
}

// object is one of JSON.
type object = map[string]any

// write writes what Caliper wants to know: connection profile and identities of a member of the network, and the rounds.
func write(dir string, n *endpoints.Network, l loads, now time.Time) error {
	m, is := n.Members[member]
	identity, has := m.Identities[string(role)]
	if !is || !has {
		return fmt.Errorf("the network has no %s of member %s", role, member)
	}
	return errors.Join(
		writeJSON(filepath.Join(dir, profileFile), profile(m)),
		writeJSON(filepath.Join(dir, networkFile), network(n, m, identity)),
		writeJSON(filepath.Join(dir, benchmarkFile), benchmark(n.Chaincode, m.MSPID, l, now)),
	)
}

func writeJSON(path string, content any) error {
	encoded, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", filepath.Base(path), err)
	}
	if err := os.WriteFile(path, append(encoded, '\n'), 0o600); err != nil {
		return fmt.Errorf("write what Caliper wants to know: %w", err)
	}
	return nil
}

// profile is the connection profile: the member's own peer, whose gateway service does the rest.
func profile(m endpoints.Member) object {
	return object{
		"name": "waymark", "version": "1.0.0", "client": object{"organization": m.MSPID},
		"organizations": object{m.MSPID: object{"mspid": m.MSPID, "peers": []string{"peer"}}},
		"peers": object{"peer": object{"url": "grpcs://" + m.Peer.Address, "tlsCACerts": object{"path": m.Peer.CAFile},
			"grpcOptions": object{"ssl-target-name-override": m.Peer.ServerName}}},
	}
}

// network is Caliper's network configuration.
func network(n *endpoints.Network, m endpoints.Member, identity endpoints.Identity) object {
	return object{
		"name": "waymark", "version": "2.0.0", "caliper": object{"blockchain": "fabric"},
		"channels": []object{{"channelName": n.Channel, "contracts": []object{{"id": n.Chaincode}}}},
		"organizations": []object{{
			"mspid": m.MSPID, "connectionProfile": object{"path": profileFile, "discover": true},
			"identities": object{"certificates": []object{{"name": string(role), "clientPrivateKey": object{"path": identity.KeyFile}, "clientSignedCert": object{"path": identity.CertFile}}}},
		}},
	}
}

// benchmark are the rounds and what is watched meanwhile. Products are numbered by the milliseconds since 1970, so that no run meets those of another.
func benchmark(contract, mspID string, l loads, now time.Time) object {
	round := func(label string, transactions int, read bool) object {
		return object{
			"label": label, "txNumber": transactions, "rateControl": object{"type": "fixed-load", "opts": object{"transactionLoad": l.inFlight}},
			"workload": object{"module": workload, "arguments": object{"contract": contract, "member": mspID, "identity": string(role), "first": now.UnixMilli(), "count": l.writes, "read": read}},
		}
	}
	var watched []object
	for _, program := range []string{"/bin/peer$", "/bin/orderer$", "/chaincode/chaincode-[0-9]+$", "/bin/gateway$"} {
		watched = append(watched, object{"command": program, "multiOutput": "sum"})
	}
	return object{
		"test": object{
			"name": "waymark", "description": "products are registered, and read", "workers": object{"number": l.workers},
			"rounds": []object{round("register_product", l.writes, false), round("read_product", l.reads, true)},
		},
		"monitors": object{"resource": []object{{"module": "process", "options": object{"interval": 1, "processes": watched}}}},
	}
}
