package contract

import (
	"fmt"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/cid"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
	"github.com/waymark-ledger/waymark/chaincode/internal/fabricledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"go.uber.org/zap"
)

// New returns the chaincode with all its contracts. clock is the endorser's own.
func New(log *zap.Logger, clock Clock) (*Chaincode, error) {
	c := &Chaincode{routers: map[string]*contractapi.ContractChaincode{}, log: log, clock: clock}
	for _, contract := range []contractapi.ContractInterface{
		&Members{named("members", "Get")},
		&Devices{named("devices", "Get", "History", "Authority", "Certificate", "Transfer", "Presence")},
		&Telemetry{named("telemetry", "Window", "Stream", "Undisclosed", "Disclosed")},
		&Shipments{named("shipments", "Get", "History", "Profiles")},
		&Goods{named("goods", "Product", "Get", "Contents", "Trace", "History", "Act")},
		&Titles{named("titles", "Get")},
		&Commands{named("commands", "Get", "Open")},
		&Policies{named("policies", "Check", "Baseline", "Get", "List", "History", "Templates", "DryRun", "Receipt")},
		&Accounts{named("accounts", "Currency", "Notes", "Payment")},
		&Settlement{named("settlement", "Get", "Terms")},
	} {
		// One router for each contract: for every parameter and result, contractapi compiles
		// a schema with all the types that its router knows.
		router, err := contractapi.NewChaincode(contract)
		if err != nil {
			return nil, fmt.Errorf("assemble contract %s: %w", contract.GetName(), err)
		}
		router.TransactionSerializer = strictJSON{}
		c.routers[contract.GetName()] = router
	}
	return c, nil
}

// Version is the version of the contracts.
const Version = "0.1.0"

// base is what every contract embeds.
type base struct {
	contractapi.Contract
	evaluate []string
}

func named(name string, evaluate ...string) base {
	b := base{evaluate: evaluate}
	b.Name = name
	b.Info.Version = Version
	return b
}

// GetEvaluateTransactions tells the metadata which functions only read.
func (b *base) GetEvaluateTransactions() []string { return b.evaluate }

// GetIgnoredFunctions keeps the functions of base from being transactions.
func (b *base) GetIgnoredFunctions() []string {
	return []string{"GetEvaluateTransactions", "GetIgnoredFunctions"}
}

// Context is what contractapi passes to every function.
type Context = contractapi.TransactionContextInterface

// do runs one transaction: the request is validated before any rule looks at it,
// and a failure travels as a wire error.
func do[Q waymark.Validator, R any](ctx Context, request Q, rule func(ledger.Ledger, Q) (R, error)) (R, error) {
	var none R
	if err := request.Validate(); err != nil {
		return none, wire(err)
	}
	return run(ctx, func(l ledger.Ledger) (R, error) { return rule(l, request) })
}

// ask is do for a transaction without a request.
func ask[R any](ctx Context, rule func(ledger.Ledger) (R, error)) (R, error) {
	if _, arguments := ctx.GetStub().GetFunctionAndParameters(); len(arguments) > 0 {
		var none R
		return none, wire(waymark.Errorf(waymark.Invalid, "the transaction takes no argument"))
	}
	return run(ctx, rule)
}

func run[R any](ctx Context, rule func(ledger.Ledger) (R, error)) (R, error) {
	var none R
	// contractapi drops the error of a certificate that cannot be read, and passes on the nil.
	identity, ok := ctx.GetClientIdentity().(*cid.ClientID)
	if !ok || identity == nil {
		return none, wire(waymark.Errorf(waymark.Unauthenticated, "the caller's certificate cannot be read"))
	}
	l, err := fabricledger.New(ctx.GetStub(), identity)
	if err != nil {
		return none, fail(ctx, err)
	}
	result, err := rule(l)
	if err == nil {
		err = l.Flush()
	}
	if err != nil {
		return none, fail(ctx, err)
	}
	return result, nil
}

// call is the stub of one transaction. It keeps the cause of a failure for the
// endorser's own log, because contractapi passes only text on.
type call struct {
	shim.ChaincodeStubInterface
	cause error
}

// fail notes the cause of a failure and returns it as it travels.
func fail(ctx Context, cause error) error {
	if c, ok := ctx.GetStub().(*call); ok {
		c.cause = cause
	}
	return wire(cause)
}

// wireError is an error as it travels through Fabric: it holds nothing of an
// internal cause.
type wireError struct{ text string }

func wire(err error) error { return &wireError{waymark.AsError(err).MarshalWire()} }

// Error returns the wire form.
func (e *wireError) Error() string { return e.text }
