package rest

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
	"github.com/waymark-ledger/waymark/gateway/internal/auth"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Ledger is what this package needs of the ledger. Errors hold a waymark.Error;
// those about a transaction with an id are a ledger.Failure too.
type Ledger interface {
	// Submit runs a transaction that writes. It returns only once the transaction is
	// committed and valid.
	Submit(ctx context.Context, call ledger.Call) (ledger.Committed, error)
	// Evaluate runs a transaction that reads and returns its record as JSON.
	Evaluate(ctx context.Context, call ledger.Call) (json.RawMessage, error)
	// Transaction returns a transaction by its id, with its signed envelope if
	// that is asked for, or NotFound. Before it holds a large block it calls room, whose error ends it.
	Transaction(ctx context.Context, as ledger.Identity, txID string, withEnvelope bool, room func() error) (ledger.Transaction, error)
	// Receipt gathers what a stranger needs to check a transaction, or NotFound.
	Receipt(ctx context.Context, as ledger.Identity, txID string) (verify.Receipt, error)
}

// Model is what this package needs of the read model. It shows each identity what the ledger would show.
type Model interface {
	// Shipments returns a page of shipments. Unavailable while the model has not the block that is
	// asked for, or cannot say what the ledger would.
	Shipments(ctx context.Context, as ledger.Identity, q waymark.ShipmentsQuery) (waymark.ShipmentList, error)
	// Devices returns a page of devices.
	Devices(ctx context.Context, as ledger.Identity, q waymark.DevicesQuery) (waymark.DeviceList, error)
	// Things returns a page of items, lots and containers, or Invalid for what is no cursor.
	Things(ctx context.Context, as ledger.Identity, q waymark.ThingsQuery) (waymark.ThingList, error)
	// Decisions returns a page of recorded decisions, or Invalid for what is no cursor.
	Decisions(ctx context.Context, as ledger.Identity, q waymark.DecisionsQuery) (waymark.DecisionList, error)
	// Search finds what has an identifier.
	Search(ctx context.Context, as ledger.Identity, q waymark.SearchQuery) (waymark.SearchResult, error)
	// Provenance tells where an item or container comes from: NotFound or Forbidden as the ledger would say it of the thing.
	Provenance(ctx context.Context, as ledger.Identity, q waymark.ProvenanceQuery) (waymark.Provenance, error)
	// Events returns what an identity may know of the events after an id, or from now on if that is empty.
	Events(ctx context.Context, as ledger.Identity, q waymark.EventsQuery, after string) (client.EventList, error)
	// Grown returns when there may be events after an id, or ctx is done.
	Grown(ctx context.Context, after string)

	ReadingModel
}

// Authenticator tells who makes a request: the caller, or an error of code Unauthenticated,
// Forbidden (with the caller's id) or Unavailable.
type Authenticator interface {
	Authenticate(r *http.Request) (auth.Caller, error)
}
