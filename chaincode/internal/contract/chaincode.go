package contract

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"go.uber.org/zap"
)

// Clock tells the endorser's own time.
type Clock func() time.Time

// Chaincode guards the contracts: no panic ends the process, no call carries
// more than its one argument, and no transaction claims a time far from ours.
type Chaincode struct {
	routers map[string]*contractapi.ContractChaincode // by the name of their contract
	log     *zap.Logger
	clock   Clock
}

var _ shim.Chaincode = (*Chaincode)(nil)

// Init has nothing to set up.
func (c *Chaincode) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

// Invoke runs one transaction.
func (c *Chaincode) Invoke(stub shim.ChaincodeStubInterface) (response *peer.Response) {
	defer func() {
		if cause := recover(); cause != nil {
			c.log.Error("contract panicked", zap.String("tx_id", stub.GetTxID()), zap.Any("cause", cause), zap.Stack("stack"))
			response = failure(waymark.Errorf(waymark.Internal, "internal error in transaction %s", stub.GetTxID()))
		}
	}()
	if err := c.guard(stub); err != nil {
		return failure(err)
	}
	tx := &call{ChaincodeStubInterface: stub}
	response = c.route(tx)
	if response.GetStatus() >= shim.ERRORTHRESHOLD {
		return c.refused(tx, response)
	}
	return response
}

// route runs a transaction in the router of its contract.
func (c *Chaincode) route(tx *call) *peer.Response {
	function, _ := tx.GetFunctionAndParameters()
	if function == metadataFunction {
		return c.describe(tx)
	}
	contract, _, _ := strings.Cut(function, ":")
	router := c.routers[contract]
	if router == nil {
		return failure(waymark.Errorf(waymark.Invalid, "there is no contract %.80q", contract))
	}
	return router.Invoke(tx)
}

// maxArguments is the one request of a transaction.
const maxArguments = 1

// A transaction has one name. contractapi would also take "members:get", and
// "Get" for the first contract's: readers of a block, who tell transactions by
// their names, would miss those.
var name = regexp.MustCompile(`^[a-z]+:[A-Z][A-Za-z]*$`)

// metadataFunction is the one function that contractapi adds, to every router.
const metadataFunction = "org.hyperledger.fabric:GetMetadata"

// guard refuses what no contract function should see. The clock may differ from
// peer to peer, so a refusal may too; what is written may not.
func (c *Chaincode) guard(stub shim.ChaincodeStubInterface) error {
	function, arguments := stub.GetFunctionAndParameters()
	if !name.MatchString(function) && function != metadataFunction {
		return waymark.Errorf(waymark.Invalid, "%.80q is not the name of a transaction", function)
	}
	if n := len(arguments); n > maxArguments {
		return waymark.Errorf(waymark.Invalid, "a transaction takes one argument, got %d", n)
	}
	if err := guardTransient(stub, function); err != nil {
		return err
	}
	stamp, err := stub.GetTxTimestamp()
	if err != nil {
		return waymark.Errorf(waymark.Invalid, "the transaction has no time")
	}
	if off := stamp.AsTime().Sub(c.clock()).Abs(); off > attest.MaxClockSkew {
		return waymark.Errorf(waymark.FailedPrecondition,
			"the transaction's time is %s from this endorser's clock, more than %s: check the client's clock", off.Round(time.Second), attest.MaxClockSkew).Because(waymark.ReasonClock)
	}
	return nil
}

// transientFields are the transactions that take transient data, with the one field of it.
func transientFields() map[string]string {
	return map[string]string{
		string(waymark.TelemetryDisclose): waymark.TransientDisclosures,
		string(waymark.SettlementPropose): waymark.TransientTerms,
		string(waymark.SettlementSettle):  waymark.TransientTerms,
	}
}

// guardTransient refuses transient data, but for the one field of a transaction that takes it.
func guardTransient(stub shim.ChaincodeStubInterface, function string) error {
	transient, err := stub.GetTransient()
	if err != nil {
		return waymark.Errorf(waymark.Invalid, "the transient data of the transaction cannot be read")
	}
	takes := transientFields()[function]
	for field := range transient { //determinism: one that must not be there is refused, whichever it is
		switch {
		case takes == "":
			return waymark.Errorf(waymark.Invalid, "the transaction takes no transient data")
		case field != takes:
			return waymark.Errorf(waymark.Invalid, "the transaction takes transient data under the name %s alone", takes)
		}
	}
	return nil
}

// refused makes sure that every failure carries a code: what contractapi says of
// an unknown function or a missing argument carries none.
func (c *Chaincode) refused(tx *call, response *peer.Response) *peer.Response {
	e, ok := waymark.ParseWire(response.GetMessage())
	if !ok {
		return failure(waymark.Errorf(waymark.Invalid, "%s", quoted(response.GetMessage())))
	}
	if e.Code == waymark.Internal {
		c.log.Error("transaction failed", zap.String("tx_id", tx.GetTxID()), zap.Error(tx.cause))
	}
	return failure(e)
}

func failure(err error) *peer.Response {
	return shim.Error(waymark.AsError(err).MarshalWire())
}

func quoted(text string) string { return fmt.Sprintf("%.200q", text) }
