package rest

import (
	"context"
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

func searchRoutes() []route {
	return []route{
		lists(route{
			method: http.MethodGet, path: "/v1/search", id: "search", tag: tagSearch,
			summary: "What has an identifier, or one that begins so, and where the API has it",
			doc:     documented{about: "Of what the caller may read, 20 at most. Capitals make a difference."},
		}, func(ctx context.Context, m Model, as ledger.Identity, q waymark.SearchQuery) (waymark.SearchResult, error) {
			return m.Search(ctx, as, q)
		}),
	}
}
