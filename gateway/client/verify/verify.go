package verify

import (
	"errors"
	"fmt"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/waymark-ledger/waymark/gateway/client/transaction"
	"google.golang.org/protobuf/proto"
)

// valid is the status of a transaction that changed the ledger.
const valid = "VALID"

// Report is what a receipt proves.
type Report struct {
	TxID        string
	Channel     string
	BlockNumber uint64
	Position    int
	Status      string
	Chaincode   string
	Args        [][]byte  // the contract function and its argument
	Result      []byte    // what the transaction returned, as the endorsers signed it
	Time        time.Time // as the creator claims it
	Creator     Signer
	Endorsers   []Signer // peers that signed what the transaction reads and writes
	Orderers    []Signer // that signed the block
	Attesters   []Signer // peers that say that it has the status
	// Unproven is what of the receipt could not be shown, in words.
	Unproven []string
}

// Part names what of a receipt does not hold.
type Part string

// The parts of a receipt, in the order in which they are checked.
const (
	PartTrust       Part = "what is believed"
	PartBlock       Part = "block"
	PartOrderers    Part = "orderers"
	PartTransaction Part = "transaction"
	PartCreator     Part = "creator"
	PartEndorsers   Part = "endorsers"
	PartAttesters   Part = "attestations"
)

// The parts of the proof of a reading, besides, in the order in which they are checked.
const (
	PartWindow    Part = "window"
	PartReading   Part = "reading"
	PartPath      Part = "path"
	PartMessage   Part = "message"   // what it comes to, its way to the root of the window, or the message itself
	PartSignature Part = "signature" // of the device
)

// Error says that a receipt proves nothing, and which part of it does not hold.
type Error struct {
	Part Part
	Err  error
}

// Error returns the part and the reason.
func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Part, e.Err) }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// Verify checks a receipt. The envelope is in the block, the block's header is of its
// envelopes, a quorum of the members' orderers signed it, the creator and endorsers signed the
// transaction, and peers of more members than may lie say that it has its status.
//
// Errors: an *Error.
func (t Trust) Verify(r Receipt) (Report, error) {
	v, err := t.verify(r)
	if err != nil {
		return Report{}, err
	}
	return v.report, nil
}

func (t Trust) verify(r Receipt) (*verification, error) {
	v := &verification{trust: t, receipt: r, report: Report{TxID: r.TxID, Channel: r.Channel, BlockNumber: r.BlockNumber,
		Position: r.Position, Status: r.Status}}
	for _, step := range []struct {
		part Part
		do   func() error
	}{
		{PartTrust, v.checkTrust}, {PartBlock, v.checkBlock}, {PartOrderers, v.checkOrderers}, {PartTransaction, v.checkTransaction},
		{PartCreator, v.checkCreator}, {PartEndorsers, v.checkEndorsers}, {PartAttesters, v.checkAttesters},
	} {
		if err := step.do(); err != nil {
			return nil, &Error{Part: step.part, Err: err}
		}
	}
	return v, nil
}

type verification struct {
	trust    Trust
	receipt  Receipt
	report   Report
	block    *common.Block
	envelope *common.Envelope
	tx       transaction.Transaction
}

func (v *verification) checkTrust() error {
	if len(v.trust.Members) == 0 || v.trust.Orderers < 0 {
		return errors.New("the members' authorities are needed, and how many orderers there are")
	}
	return nil
}

func (v *verification) checkBlock() (err error) {
	v.block, err = openBlock(v.receipt)
	return err
}

func (v *verification) checkOrderers() (err error) {
	v.report.Orderers, err = v.trust.ordered(v.receipt, v.block)
	return err
}

// checkTransaction finds the envelope at its place.
func (v *verification) checkTransaction() error {
	envelopes := v.block.GetData().GetData()
	if v.receipt.Position < 0 || v.receipt.Position >= len(envelopes) {
		return fmt.Errorf("the block has no position %d", v.receipt.Position)
	}
	v.envelope = new(common.Envelope)
	if err := proto.Unmarshal(envelopes[v.receipt.Position], v.envelope); err != nil {
		return fmt.Errorf("decode envelope: %w", err)
	}
	var err error
	if v.tx, err = transaction.Parse(v.envelope.GetPayload()); err != nil {
		return err
	}
	if v.tx.ID() != v.receipt.TxID || v.tx.Channel != v.receipt.Channel {
		return errors.New("the block holds another one at this position")
	}
	if v.tx.Ran != v.tx.Chaincode {
		return errors.New("the endorsers ran another chaincode than was asked for")
	}
	v.report.Chaincode, v.report.Args, v.report.Result, v.report.Time = v.tx.Chaincode, v.tx.Args, v.tx.Result, v.tx.Time
	return nil
}

// checkCreator fails for a valid transaction only: of one that changed nothing it may be the
// very reason.
func (v *verification) checkCreator() error {
	who, err := v.trust.serialized(v.tx.Creator, roleAny)
	if err == nil {
		err = transaction.Verify(who.key, v.envelope.GetPayload(), v.envelope.GetSignature())
	}
	if err != nil && v.report.Status != valid {
		v.unproven("who made it: %v", err)
		return nil
	}
	v.report.Creator = who.Signer
	return err
}

// checkEndorsers counts those whose signatures hold. Whether they suffice is for the policies
// that were in force, which peers attest.
func (v *verification) checkEndorsers() error {
	count := newTally(len(v.tx.Endorsements))
	for i, e := range v.tx.Endorsements {
		if i == maxSigners {
			v.unproven("endorsements after the first %d", maxSigners)
			break
		}
		who, err := v.trust.serialized(e.Endorser, rolePeer)
		if err == nil {
			err = transaction.Verify(who.key, v.tx.Signed(e), e.Signature)
		}
		if err != nil {
			v.unproven("endorsement %d: %v", i+1, err)
			continue
		}
		count.add(who)
	}
	v.report.Endorsers = count.signers
	if len(count.signers) == 0 && v.report.Status == valid {
		return errors.New("nobody endorsed it")
	}
	return nil
}

func (v *verification) checkAttesters() error {
	agree, differ, err := v.trust.attested(v.receipt, v.envelope)
	for _, s := range differ {
		v.unproven("the peer %s of %s says otherwise, and is outvoted", s.Name, s.Member)
	}
	v.report.Attesters = agree
	return err
}

func (v *verification) unproven(format string, args ...any) {
	v.report.Unproven = append(v.report.Unproven, fmt.Sprintf(format, args...))
}
