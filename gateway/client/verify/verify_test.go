package verify_test

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"reflect"
	"slices"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
	"google.golang.org/protobuf/proto"
)

func TestReceiptHolds(t *testing.T) {
	for _, around := range []string{"", "Certificate:\n"} { // Fabric reads over what is around a certificate
		c := newChain(t)
		for _, h := range append(c.peers, c.client) {
			h.pem = slices.Concat([]byte(around), h.pem, []byte(around))
		}
		c.holds(t)
	}
}

func (c *chain) holds(t *testing.T) {
	t.Helper()
	got, err := c.trust().Verify(c.receipt())
	if err != nil {
		t.Fatal(err)
	}
	want := []any{
		"devices:Suspend", `{"ok":true}`, verify.Signer{Member: "producer", Name: "operator"},
		[]verify.Signer{{Member: "producer", Name: "peer0.producer"}},
		[]verify.Signer{{Member: "producer", Name: "orderer0.producer"}, {Member: "carrier", Name: "orderer0.carrier"}, {Member: "auditor", Name: "orderer0.auditor"}},
		[]verify.Signer{{Member: "carrier", Name: "peer0.carrier"}, {Member: "retailer", Name: "peer0.retailer"}}, []string(nil),
	}
	if have := []any{string(got.Args[0]), string(got.Result), got.Creator, got.Endorsers, got.Orderers, got.Attesters, got.Unproven}; !reflect.DeepEqual(have, want) {
		t.Errorf("got  %v\nwant %v", have, want)
	}
}

// part is what of a receipt was refused; empty if it holds.
func part(err error) verify.Part {
	var e *verify.Error
	if errors.As(err, &e) {
		return e.Part
	}
	return ""
}

// signatures changes the orderers' signatures of a receipt.
func signatures(r *verify.Receipt, change func(*common.Metadata)) {
	var block common.Block
	var m common.Metadata
	_ = proto.Unmarshal(r.Block, &block)
	_ = proto.Unmarshal(block.Metadata.Metadata[0], &m)
	change(&m)
	block.Metadata.Metadata[0] = marshal(&m)
	r.Block = marshal(&block)
}

// pieces is what the receipt's block says that its envelopes are.
func pieces(r verify.Receipt) [][]byte {
	var block common.Block
	_ = proto.Unmarshal(r.Block, &block)
	return block.GetData().GetData()
}

func TestForgeries(t *testing.T) {
	c := newChain(t)
	outsider := newAuthority(t, "producer") // another authority of the same name
	second := c.authorities[0].issue("orderer1.producer", "orderer")
	other := c.receipt()
	// replaced puts another orderer in the place of the second, whose signature a quorum needs.
	replaced := func(r *verify.Receipt, by *holder) {
		forged := *c
		forged.orderers = slices.Clone(c.orderers)
		forged.orderers[1] = by
		r.Consenters[1] = verify.Consenter{ID: 2, MSPID: by.member, Certificate: by.pem}
		r.Block = forged.order(pieces(*r), 1, 2, 4)
	}
	// attested lets another one of the carrier attest in its peer's place.
	attested := func(r *verify.Receipt, by *holder) {
		r.Attestations[0] = c.attest(r.TxID, pieces(*r)[1], peer.TxValidationCode_VALID, by)[0]
	}
	carrier := c.authorities[1]
	tests := []struct {
		name  string
		forge func(*verify.Receipt, *verify.Trust)
		want  verify.Part
	}{
		{"no members", func(_ *verify.Receipt, tr *verify.Trust) { tr.Members = nil }, verify.PartTrust},
		{"negative orderers", func(_ *verify.Receipt, tr *verify.Trust) { tr.Orderers = -1 }, verify.PartTrust},
		{"no block", func(r *verify.Receipt, _ *verify.Trust) { r.Block = nil }, verify.PartBlock},
		{"other number", func(r *verify.Receipt, _ *verify.Trust) { r.BlockNumber++ }, verify.PartBlock},
		{"an envelope more", func(r *verify.Receipt, _ *verify.Trust) {
			var block common.Block
			_ = proto.Unmarshal(r.Block, &block)
			block.Data.Data = append(block.Data.Data, []byte("more"))
			r.Block = marshal(&block)
		}, verify.PartBlock},
		{"two orderers", func(r *verify.Receipt, _ *verify.Trust) {
			signatures(r, func(m *common.Metadata) { m.Signatures = m.Signatures[1:] })
		}, verify.PartOrderers},
		{"one orderer three times", func(r *verify.Receipt, _ *verify.Trust) {
			signatures(r, func(m *common.Metadata) { m.Signatures[1], m.Signatures[2] = m.Signatures[0], m.Signatures[0] })
		}, verify.PartOrderers},
		{"more signatures than are looked at", func(r *verify.Receipt, _ *verify.Trust) {
			signatures(r, func(m *common.Metadata) {
				for len(m.Signatures) <= 1000 {
					m.Signatures = append(m.Signatures, m.Signatures[0])
				}
			})
		}, verify.PartOrderers},
		{"more attestations than are looked at", func(r *verify.Receipt, _ *verify.Trust) {
			for len(r.Attestations) <= 1000 {
				r.Attestations = append(r.Attestations, r.Attestations[0])
			}
		}, verify.PartAttesters},
		{"an attestation of two", func(r *verify.Receipt, _ *verify.Trust) {
			r.Attestations = r.Attestations[:2]
			r.Attestations[0] = c.attestTogether(r.TxID, pieces(*r)[1], peer.TxValidationCode_VALID, c.peers[1], c.peers[1])
		}, verify.PartAttesters},
		{"swapped signatures", func(r *verify.Receipt, _ *verify.Trust) {
			signatures(r, func(m *common.Metadata) {
				m.Signatures[0].Signature, m.Signatures[1].Signature = m.Signatures[1].Signature, m.Signatures[0].Signature
			})
		}, verify.PartOrderers},
		{"other signed metadata", func(r *verify.Receipt, _ *verify.Trust) {
			signatures(r, func(m *common.Metadata) { m.Value = []byte("x") })
		}, verify.PartOrderers},
		{"a second orderer of one member", func(r *verify.Receipt, _ *verify.Trust) { replaced(r, second) }, verify.PartOrderers},
		{"an orderer of no role", func(r *verify.Receipt, _ *verify.Trust) { replaced(r, carrier.issue("x")) }, verify.PartOrderers},
		{"an orderer of an affiliation only", func(r *verify.Receipt, _ *verify.Trust) { replaced(r, carrier.issue("x", "transport")) }, verify.PartOrderers},
		{"a client of the affiliation orderer", func(r *verify.Receipt, _ *verify.Trust) { replaced(r, carrier.issue("x", "client", "orderer")) }, verify.PartOrderers},
		{"an orderer twice", func(r *verify.Receipt, _ *verify.Trust) { replaced(r, carrier.issue("x", "orderer", "orderer")) }, verify.PartOrderers},
		{"a client of unnamed roles", func(r *verify.Receipt, tr *verify.Trust) {
			tr.RolesUnnamed = true
			replaced(r, carrier.issue("x", "client"))
		}, verify.PartOrderers},
		{"a peer as orderer", func(r *verify.Receipt, _ *verify.Trust) { r.Consenters[0].Certificate = c.peers[0].pem }, verify.PartOrderers},
		{"no consenters", func(r *verify.Receipt, _ *verify.Trust) { r.Consenters = nil }, verify.PartOrderers},
		{"more orderers than members", func(_ *verify.Receipt, tr *verify.Trust) { tr.Orderers = 7 }, verify.PartOrderers},
		{"another block", func(r *verify.Receipt, _ *verify.Trust) { r.Block = other.Block }, verify.PartTransaction},
		{"another position", func(r *verify.Receipt, _ *verify.Trust) { r.Position = 0 }, verify.PartTransaction},
		{"no such position", func(r *verify.Receipt, _ *verify.Trust) { r.Position = 2 }, verify.PartTransaction},
		{"another id", func(r *verify.Receipt, _ *verify.Trust) { r.TxID = other.TxID }, verify.PartTransaction},
		{"another channel", func(r *verify.Receipt, _ *verify.Trust) { r.Channel = "other" }, verify.PartTransaction},
		{"another authority", func(_ *verify.Receipt, tr *verify.Trust) {
			pool := x509.NewCertPool()
			pool.AddCert(outsider.cert)
			tr.Members["producer"], tr.Orderers = pool, 1
		}, verify.PartCreator},
		{"another code", func(r *verify.Receipt, _ *verify.Trust) { r.Status = "MVCC_READ_CONFLICT" }, verify.PartAttesters},
		{"one attestation", func(r *verify.Receipt, _ *verify.Trust) { r.Attestations = r.Attestations[1:] }, verify.PartAttesters},
		{"the same twice", func(r *verify.Receipt, _ *verify.Trust) { r.Attestations[0] = r.Attestations[1] }, verify.PartAttesters},
		{"of another transaction", func(r *verify.Receipt, _ *verify.Trust) { r.Attestations = other.Attestations }, verify.PartAttesters},
		{"swapped members", func(r *verify.Receipt, _ *verify.Trust) {
			r.Attestations[0].MSPID, r.Attestations[1].MSPID = r.Attestations[1].MSPID, r.Attestations[0].MSPID
		}, verify.PartAttesters},
		{"attested by one of no role", func(r *verify.Receipt, _ *verify.Trust) { attested(r, carrier.issue("x")) }, verify.PartAttesters},
		{"attested by a client of the affiliation peer", func(r *verify.Receipt, _ *verify.Trust) {
			attested(r, carrier.issue("x", "peer", "client"))
		}, verify.PartAttesters},
		{"attested by clients", func(r *verify.Receipt, _ *verify.Trust) {
			r.Attestations = c.attest(r.TxID, pieces(*r)[1], peer.TxValidationCode_VALID, c.client, c.orderers[1])
		}, verify.PartAttesters},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, trust := c.receipt(), c.trust()
			tt.forge(&r, &trust)
			report, err := trust.Verify(r)
			if part(err) != tt.want || !reflect.DeepEqual(report, verify.Report{}) {
				t.Errorf("got %v, want it to fail at %s", err, tt.want)
			}
		})
	}
}

// The data hash does not say where an envelope ends: whoever puts a committed envelope into an
// argument of another transaction must not be able to cut that block anew.
func TestBlockIsCutOneWayOnly(t *testing.T) {
	c := newChain(t)
	id, inner := c.envelope("devices:Suspend", c.peers[0])
	_, outer := c.envelope("devices:Suspend"+string(inner), c.peers...)
	at := bytes.Index(outer, inner)
	if at < 0 {
		t.Fatal("the outer envelope does not hold the inner one as it is")
	}
	payload := bytes.Index(inner, c.client.serialized()) // somewhere inside of it
	var parsed common.Envelope
	_ = proto.Unmarshal(inner, &parsed)
	unsigned := marshal(&common.Envelope{Payload: parsed.GetPayload()})
	for name, tt := range map[string]struct {
		cut      [][]byte
		position int
		want     verify.Part
	}{
		"as it was ordered":         {cut: [][]byte{outer, inner}, position: 1},
		"with what is not known":    {cut: [][]byte{append(bytes.Clone(outer), 0x08, 1, 0x7a, 1, 'x'), inner}, position: 1},
		"around an argument":        {cut: [][]byte{outer[:at], inner, outer[at+len(inner):]}, position: 1, want: verify.PartBlock},
		"inside another envelope":   {cut: [][]byte{outer[:payload], outer[payload:], inner}, position: 2, want: verify.PartBlock},
		"two as one":                {cut: [][]byte{append(bytes.Clone(outer), inner...)}, want: verify.PartBlock},
		"a signature apart":         {cut: [][]byte{unsigned, inner[len(unsigned):], inner}, position: 2, want: verify.PartBlock},
		"nothing as one":            {cut: [][]byte{nil, inner}, position: 1, want: verify.PartBlock},
		"the rest before the other": {cut: [][]byte{unsigned, append(bytes.Clone(inner[len(unsigned):]), inner...)}, position: 1, want: verify.PartBlock},
	} {
		t.Run(name, func(t *testing.T) {
			r := verify.Receipt{TxID: id, Channel: "waymark", BlockNumber: 7, Position: tt.position, Status: "VALID",
				Block: c.order(tt.cut, 1, 2, 3), Consenters: c.consenters(),
				Attestations: c.attest(id, inner, peer.TxValidationCode_VALID, c.peers[:2]...)}
			if _, err := c.trust().Verify(r); part(err) != tt.want || (err != nil) != (tt.want != "") {
				t.Errorf("got %v, want it to fail at %q", err, tt.want)
			}
		})
	}
}

// A consortium without NodeOUs says so, and certificates that name no role count.
func TestRolesUnnamed(t *testing.T) {
	c := newChain(t)
	for i, a := range c.authorities {
		c.orderers[i], c.peers[i] = a.issue("orderer0."+a.member), a.issue("peer0."+a.member, "transport")
	}
	r, trust := c.receipt(), c.trust()
	if _, err := trust.Verify(r); part(err) != verify.PartOrderers {
		t.Errorf("certificates of no role count without a word: %v", err)
	}
	trust.RolesUnnamed = true
	if _, err := trust.Verify(r); err != nil {
		t.Error(err)
	}
}

// A signature of the creator or an endorser that does not hold, in a block that orderers
// signed all the same.
func TestForgedTransactions(t *testing.T) {
	c := newChain(t)
	for name, tt := range map[string]struct {
		forge    func(*common.Envelope)
		by       []*holder
		status   peer.TxValidationCode
		want     verify.Part
		unproven int
	}{
		"sound":               {by: c.peers[:2]},
		"creator":             {by: c.peers[:2], forge: func(e *common.Envelope) { e.Signature = c.peers[0].sign(e.Payload) }, want: verify.PartCreator},
		"creator, invalid":    {by: c.peers[:2], forge: func(e *common.Envelope) { e.Signature = nil }, status: peer.TxValidationCode_BAD_CREATOR_SIGNATURE, unproven: 1},
		"no endorser":         {want: verify.PartEndorsers},
		"a client endorsed":   {by: []*holder{c.client}, want: verify.PartEndorsers},
		"one of them did":     {by: []*holder{c.client, c.peers[3]}, unproven: 1},
		"nobody, invalid":     {status: peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE},
		"an attester differs": {by: c.peers[:1], unproven: 1},
	} {
		t.Run(name, func(t *testing.T) {
			id, raw := c.envelope("devices:Suspend", tt.by...)
			var e common.Envelope
			_ = proto.Unmarshal(raw, &e)
			if tt.forge != nil {
				tt.forge(&e)
			}
			raw = marshal(&e)
			r := verify.Receipt{TxID: id, Channel: "waymark", BlockNumber: 7, Status: tt.status.String(), Block: c.order([][]byte{raw}, 1, 2, 3, 4),
				Consenters: c.consenters(), Attestations: c.attest(id, raw, tt.status, c.peers[:3]...)}
			if name == "an attester differs" {
				r.Attestations = append(r.Attestations, c.attest(id, raw, peer.TxValidationCode_MVCC_READ_CONFLICT, c.peers[3])...)
			}
			report, err := c.trust().Verify(r)
			if part(err) != tt.want || (err != nil) != (tt.want != "") || len(report.Unproven) != tt.unproven {
				t.Errorf("got %v, %q", err, report.Unproven)
			}
		})
	}
}

// Raft: one orderer signs, with its identity beside.
func TestRaft(t *testing.T) {
	c := newChain(t)
	r := c.receipt()
	signatures(&r, func(m *common.Metadata) { m.Signatures = m.Signatures[:1] })
	r.Consenters = r.Consenters[:1]
	trust := c.trust()
	if _, err := trust.Verify(r); part(err) != verify.PartOrderers {
		t.Errorf("one orderer of four suffices: %v", err)
	}
	trust.Orderers = 1
	if _, err := trust.Verify(r); err != nil {
		t.Error(err)
	}
}

var everyByte = flag.Bool("every-byte", false, "change each byte of a receipt, not one in eleven")

// Every byte of what is signed, or says who signed, counts: no receipt holds with another one.
func TestEveryByteCounts(t *testing.T) {
	c := newChain(t)
	trust, sound := c.trust(), c.receipt()
	want, err := trust.Verify(sound)
	if err != nil {
		t.Fatal(err)
	}
	regions := map[string]func(*verify.Receipt) *[]byte{
		"block":              func(r *verify.Receipt) *[]byte { return &r.Block },
		"consenter":          func(r *verify.Receipt) *[]byte { return &r.Consenters[1].Certificate },
		"first attestation":  func(r *verify.Receipt) *[]byte { return &r.Attestations[0].Payload },
		"second attestation": func(r *verify.Receipt) *[]byte { return &r.Attestations[1].Payload },
	}
	for name, region := range regions {
		t.Run(name, func(t *testing.T) {
			length, step := len(*region(&sound)), 11 // every region that is longer than a length or a tag
			if *everyByte {
				step = 1
			}
			for at := 0; at < length; at += step {
				r := sound
				r.Consenters, r.Attestations = slices.Clone(sound.Consenters), slices.Clone(sound.Attestations)
				place := region(&r)
				*place = bytes.Clone(*place)
				(*place)[at] ^= 0x01
				if got, err := trust.Verify(r); err == nil {
					t.Fatalf("byte %d of %d does not count: %v", at, length, reflect.DeepEqual(got, want))
				}
			}
		})
	}
}

func TestRead(t *testing.T) {
	c := newChain(t)
	sound := must(json.Marshal(c.receipt()))
	got, err := verify.Read(bytes.NewReader(sound))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.trust().Verify(got); err != nil {
		t.Error(err)
	}
	for name, text := range map[string][]byte{
		"none": nil, "another format": []byte(`{"format":"x"}`), "unknown member": []byte(`{"format":"waymark-receipt-1","x":1}`),
		"a name twice": bytes.Replace(sound, []byte(`{`), []byte(`{"tx_id":"ff",`), 1), "a name in other case": bytes.Replace(sound, []byte(`{`), []byte(`{"TX_ID":"ff",`), 1),
		"something more": append(bytes.Clone(sound), '1'), "not base64": []byte(`{"format":"waymark-receipt-1","block":"*"}`),
	} {
		if _, err := verify.Read(bytes.NewReader(text)); err == nil {
			t.Errorf("%s: is read", name)
		}
	}
}

// FuzzVerify checks that no block and no attestation makes it panic.
func FuzzVerify(f *testing.F) {
	c := newChain(&testing.T{})
	sound := c.receipt()
	f.Add(sound.Block, sound.Attestations[0].Payload)
	trust := c.trust()
	f.Fuzz(func(_ *testing.T, block, attestation []byte) {
		r := sound
		r.Block, r.Attestations = block, []verify.Attestation{{MSPID: "carrier", Payload: attestation}}
		_, _ = trust.Verify(r)
		r.Block = sound.Block
		_, _ = trust.Verify(r)
	})
}
