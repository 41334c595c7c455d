package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// ReadingModel is what the read model has of readings. It answers as Model does, and NotFound if there is no such device.
type ReadingModel interface {
	// Readings returns a page of the readings of one measurement.
	Readings(ctx context.Context, as ledger.Identity, q waymark.ReadingsQuery) (waymark.ReadingList, error)
	// Latest returns the latest reading of each measurement.
	Latest(ctx context.Context, as ledger.Identity, q waymark.LatestQuery) (waymark.LatestReadings, error)
	// Series returns a page of what the readings of one measurement come to.
	Series(ctx context.Context, as ledger.Identity, q waymark.SeriesQuery) (waymark.BucketList, error)
	// Message tells where a message is, or NotFound if it is not there yet.
	Message(ctx context.Context, as ledger.Identity, q waymark.MessageQuery) (waymark.RecordedMessage, error)
}

const (
	aboutReadings = "What getWindow would keep from the caller is left out or rounded, and `withheld` and `coarsened` name its classes. " +
		"They are the numbers and booleans that are in the open: of sealed ones getDisclosed tells."
	aboutLateness = " Readings that come late are in their place by time."
)

func readingRoutes() []route {
	return []route{
		listsOf(route{
			method: http.MethodGet, path: "/v1/devices/{id}/readings", id: "listReadings", tag: tagMessages,
			summary: "The readings of one measurement of a device that the caller may see, by time",
			paged:   Page{Entries: "Readings", All: "Readings"},
			doc:     documented{about: aboutReadings + aboutLateness},
		}, func(p path) waymark.ReadingsQuery { return waymark.ReadingsQuery{Device: p.id} },
			func(ctx context.Context, m Model, as ledger.Identity, q waymark.ReadingsQuery) (waymark.ReadingList, error) {
				return m.Readings(ctx, as, q)
			}),
		listsOf(route{
			method: http.MethodGet, path: "/v1/devices/{id}/latest", id: "getLatest", tag: tagMessages,
			summary: "The latest reading of each measurement of a device, of those that the caller may see",
			doc:     documented{about: aboutReadings},
		}, func(p path) waymark.LatestQuery { return waymark.LatestQuery{Device: p.id} },
			func(ctx context.Context, m Model, as ledger.Identity, q waymark.LatestQuery) (waymark.LatestReadings, error) {
				return m.Latest(ctx, as, q)
			}),
		listsOf(route{
			method: http.MethodGet, path: "/v1/devices/{id}/series", id: "getSeries", tag: tagMessages,
			summary: "What the readings of one measurement of a device come to in each bucket of time: how many, least, most and mean",
			paged:   Page{Entries: "Buckets", All: "Buckets"},
			doc:     documented{about: aboutReadings + aboutLateness + " Buckets are whole: `from` and `to` are taken to the bounds of theirs."},
		}, func(p path) waymark.SeriesQuery { return waymark.SeriesQuery{Device: p.id} },
			func(ctx context.Context, m Model, as ledger.Identity, q waymark.SeriesQuery) (waymark.BucketList, error) {
				return m.Series(ctx, as, q)
			}),
		proofRoute(),
	}
}

func proofRoute() route {
	r := route{
		method: http.MethodGet, path: "/v1/readings/{reading}/proof", id: "getReadingProof", tag: tagMessages,
		summary: "What proves a reading to who does not believe this gateway: the way from it to the root that its transaction wrote, and the receipt of that",
		purpose: true, attests: true, bodies: true, result: verify.ReadingProof{},
		doc: documented{
			asked: func(p path) any { return proofQuery(p) }, checked: true,
			about: "Whoever may read transactions (`ReadTransaction`: an admin, operator, quality or viewer) and is shown the whole window of the reading by getWindow: by what is on the way " +
				"the rest of it could be guessed. That of an anchored reading (`waymark-reading-2`) leads over its message, which is in it as the device signed it; the gateway of the member that owned the device then has it, and no other. It fetches what getReceipt does. `gateway verify --reading` checks it without any gateway (docs/verify.md).",
		},
	}
	r.serve = func(s *service, c *gin.Context) error {
		p, err := parsePath(c.Params)
		if err == nil {
			err = p.setQuery(r, c.Query)
		}
		if err != nil {
			return err
		}
		return serveProof(s, c, proofQuery(p))
	}
	return r
}

func proofQuery(p path) waymark.ProofQuery {
	return waymark.ProofQuery{Reading: p.reading, Purpose: p.purpose}
}

func serveProof(s *service, c *gin.Context, q waymark.ProofQuery) error {
	ref, err := waymark.ParseReadingRef(q.Reading)
	if err != nil {
		return err
	}
	ex, ctx := exchangeOf(c), c.Request.Context()
	if err := permit(ctx, s, ex.caller.Identity, waymark.ActReadTransaction); err != nil {
		return err
	}
	w, err := wholeWindow(ctx, s, ex.caller.Identity, waymark.WindowQuery{Device: ref.Device, Sequence: ref.Sequence, Purpose: q.Purpose})
	if err != nil {
		return err
	}
	ex.txID = w.Recorded.TxID
	reserve := bytesOfReceipt
	if w.Body != "" {
		reserve = bytesOfAnchored
	}
	if err := s.fetchesBlock(ex, reserve); err != nil {
		return err
	}
	prove, err := s.proofOf(ctx, ex.caller.Identity, w)
	if err != nil {
		return err
	}
	receipt, err := s.ledger.Receipt(ctx, ex.caller.Identity, w.Recorded.TxID)
	if err != nil {
		return err
	}
	proof, err := prove(receipt, ref)
	if err != nil {
		return err
	}
	return s.respond(c, http.StatusOK, proof)
}

// proofOf makes proofs of readings of a window of receipts of its transaction. An anchored one it has opened before.
func (s *service) proofOf(ctx context.Context, as ledger.Identity, w waymark.Window) (func(verify.Receipt, waymark.ReadingRef) (verify.ReadingProof, error), error) {
	if w.Body == "" {
		return verify.ProveReading, nil
	}
	signed, err := s.messagesOf(ctx, as, w)
	return func(r verify.Receipt, ref waymark.ReadingRef) (verify.ReadingProof, error) {
		return verify.ProveAnchored(r, ref, signed)
	}, err
}

// wholeWindow is a window with its root. Forbidden for whom the ledger keeps that from.
func wholeWindow(ctx context.Context, s *service, as ledger.Identity, q waymark.WindowQuery) (w waymark.Window, err error) {
	answered, err := s.ledger.Evaluate(ctx, ledger.Call{As: as, Transaction: waymark.TelemetryWindow, Request: q})
	if err != nil {
		return w, err
	}
	if err := json.Unmarshal(answered, &w); err != nil {
		return w, fmt.Errorf("decode window: %w", err)
	}
	if len(w.Withheld)+len(w.Coarsened) > 0 {
		return w, waymark.Errorf(waymark.Forbidden, "a part of the window is withheld or rounded: who had the way to its root could guess that")
	}
	return w, nil
}
