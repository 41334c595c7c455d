package fabricledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/cid"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Ledger is one transaction as Fabric runs it.
type Ledger struct {
	stub    shim.ChaincodeStubInterface
	tx      ledger.Tx
	emitted bool
}

var _ ledger.Ledger = (*Ledger)(nil)

// New reads who calls and when from the transaction. It fails if the caller's
// identity cannot be read. What is written goes to the peer with Flush.
func New(stub shim.ChaincodeStubInterface, identity cid.ClientIdentity) (*Ledger, error) {
	caller, err := callerOf(identity)
	if err != nil {
		return nil, err
	}
	stamp, err := stub.GetTxTimestamp()
	if err != nil {
		return nil, fmt.Errorf("read transaction time: %w", err)
	}
	transient, err := stub.GetTransient()
	if err != nil {
		return nil, fmt.Errorf("read transient data: %w", err)
	}
	stub.StartWriteBatch()
	return &Ledger{stub: stub, tx: ledger.Tx{
		ID: stub.GetTxID(), Time: stamp.AsTime().UTC().Truncate(time.Millisecond),
		Channel: stub.GetChannelID(), Caller: caller,
		Disclosures: ledger.NewPrivate(transient[waymark.TransientDisclosures]), Terms: ledger.NewPrivate(transient[waymark.TransientTerms]),
	}}, nil
}

// Flush gives the peer all that was written, many keys at a time. A peer that cannot take
// many (before 3.1) has been given one after another already.
func (l *Ledger) Flush() error {
	if err := l.stub.FinishWriteBatch(); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}

func callerOf(identity cid.ClientIdentity) (ledger.Caller, error) {
	member, err := identity.GetMSPID()
	if err != nil {
		return ledger.Caller{}, fmt.Errorf("read caller's member: %w", err)
	}
	role, _, err := identity.GetAttributeValue(waymark.RoleAttribute)
	if err != nil {
		return ledger.Caller{}, fmt.Errorf("read caller's role: %w", err)
	}
	app, _, err := identity.GetAttributeValue(waymark.AppAttribute)
	if err != nil {
		return ledger.Caller{}, fmt.Errorf("read caller's application: %w", err)
	}
	if app != "" && waymark.ValidateID("", app) != nil {
		return ledger.Caller{}, waymark.Errorf(waymark.Unauthenticated, "attribute %s of the caller's certificate is not an id", waymark.AppAttribute)
	}
	return ledger.Caller{Member: member, Role: waymark.Role(role), App: app}, nil
}

// Get implements ledger.Reader.
func (l *Ledger) Get(key ledger.Key) ([]byte, error) {
	value, err := l.stub.GetState(key.String())
	if err != nil {
		return nil, fmt.Errorf("get state: %w", err)
	}
	if len(value) == 0 {
		return nil, nil
	}
	return value, nil
}

// GetMany implements ledger.Reader. With a peer that cannot answer for many keys at once
// (before 3.1) the shim asks for one after another.
func (l *Ledger) GetMany(keys []ledger.Key) ([][]byte, error) {
	texts := make([]string, 0, len(keys))
	for _, key := range keys {
		texts = append(texts, key.String())
	}
	values, err := l.stub.GetMultipleStates(texts...)
	if err != nil {
		return nil, fmt.Errorf("get states: %w", err)
	}
	if len(values) != len(keys) {
		return nil, fmt.Errorf("get states: %d values of %d keys", len(values), len(keys))
	}
	for i, value := range values {
		if len(value) == 0 { // one key at a time gives an absent one as empty
			values[i] = nil
		}
	}
	return values, nil
}

// Scan implements ledger.Reader.
func (l *Ledger) Scan(r ledger.Range, visit func([]byte) error) (err error) {
	it, err := l.stub.GetStateByRange(r.From, r.To)
	if err != nil {
		return fmt.Errorf("scan state: %w", err)
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for it.HasNext() {
		kv, err := it.Next()
		if err != nil {
			return fmt.Errorf("scan state: %w", err)
		}
		if err := visit(kv.GetValue()); err != nil {
			return err
		}
	}
	return nil
}

// collection is the private collection that Fabric has for each member by itself.
func collection(member string) string { return "_implicit_org_" + member }

// notHere is what a peer says that has only the hash of private data: another member's,
// or one that still waits for it.
const notHere = "private data matching public hash version is not available"

// GetPrivate implements ledger.PrivateReader.
func (l *Ledger) GetPrivate(member string, key ledger.Key) (ledger.Private, error) {
	value, err := l.stub.GetPrivateData(collection(member), key.String())
	switch {
	case err != nil && strings.Contains(err.Error(), notHere):
		return ledger.Private{}, waymark.Errorf(waymark.Unavailable, "this peer does not have what %s holds: ask a peer of that member, or if it is one wait until it has caught up", member)
	case err != nil:
		return ledger.Private{}, fmt.Errorf("get private data of %s: %w", member, err)
	}
	return ledger.NewPrivate(value), nil
}

// PrivateHash implements ledger.PrivateReader.
func (l *Ledger) PrivateHash(member string, key ledger.Key) ([]byte, error) {
	hash, err := l.stub.GetPrivateDataHash(collection(member), key.String())
	if err != nil {
		return nil, fmt.Errorf("get hash of private data of %s: %w", member, err)
	}
	if len(hash) == 0 {
		return nil, nil
	}
	return hash, nil
}

// PutPrivate implements ledger.Writer.
func (l *Ledger) PutPrivate(member string, key ledger.Key, value ledger.Private) error {
	if value.Absent() {
		return fmt.Errorf("put private %s: the value is empty", key)
	}
	return l.stub.PutPrivateData(collection(member), key.String(), value.Reveal()) //private: into a collection
}

// PurgePrivate implements ledger.Writer.
func (l *Ledger) PurgePrivate(member string, key ledger.Key) error {
	return l.stub.PurgePrivateData(collection(member), key.String())
}

// Put implements ledger.Writer.
func (l *Ledger) Put(key ledger.Key, value []byte) error {
	if len(value) == 0 {
		return fmt.Errorf("put %s: the value is empty", key)
	}
	return l.stub.PutState(key.String(), value)
}

// Delete implements ledger.Writer.
func (l *Ledger) Delete(key ledger.Key) error { return l.stub.DelState(key.String()) }

// Protect implements ledger.Writer.
func (l *Ledger) Protect(key ledger.Key, q ledger.Quorum) error {
	policy, err := quorumPolicy(q)
	if err != nil {
		return err
	}
	return l.stub.SetStateValidationParameter(key.String(), policy)
}

// Tx implements ledger.Ledger.
func (l *Ledger) Tx() ledger.Tx { return l.tx }

// Emit implements ledger.Ledger.
func (l *Ledger) Emit(name string, payload any) error {
	if l.emitted {
		return errors.New("emit: the transaction has its event already")
	}
	encoded, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	if err := l.stub.SetEvent(name, encoded); err != nil {
		return fmt.Errorf("set event: %w", err)
	}
	l.emitted = true
	return nil
}

// History implements ledger.Ledger.
func (l *Ledger) History(key ledger.Key, limit int) (versions []ledger.Version, more bool, err error) {
	it, err := l.stub.GetHistoryForKey(key.String())
	if err != nil {
		return nil, false, fmt.Errorf("read history: %w", err)
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for it.HasNext() {
		if more = len(versions) == limit; more {
			break
		}
		m, err := it.Next()
		if err != nil {
			return nil, false, fmt.Errorf("read history: %w", err)
		}
		v := ledger.Version{TxID: m.GetTxId()}
		if !m.GetIsDelete() {
			v.Value = m.GetValue()
		}
		versions = append(versions, v)
	}
	slices.Reverse(versions) // Fabric gives the newest first
	return versions, more, nil
}
