package rest

import (
	"strconv"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// The query parameters of the questions about goods. A thing is named by a link or URI, which
// does not go into a path.
const (
	queryThing     = "id"
	queryLimit     = "limit"
	queryCursor    = "cursor"
	queryDirection = "direction"
)

// thing is what a question about goods has in its query.
type thing struct {
	id, cursor string
	limit      int
	direction  waymark.Direction
}

// set takes the query parameters that a route has. The question's own Validate checks them.
func (t *thing) set(r route, query func(string) string) error {
	if r.thing {
		if t.id = query(queryThing); waymark.ValidateGoods("", t.id) != nil {
			return waymark.Errorf(waymark.Invalid, "the query parameter %s must be an EPC URI or a GS1 Digital Link, URL-encoded", queryThing)
		}
	}
	if r.traced {
		t.direction = waymark.Direction(query(queryDirection))
	}
	if r.paged.Entries == "" {
		return nil
	}
	t.cursor = query(queryCursor)
	if text := query(queryLimit); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > waymark.MaxPage {
			return waymark.Errorf(waymark.Invalid, "the query parameter %s must be 1 to %d", queryLimit, waymark.MaxPage)
		}
		t.limit = n
	}
	return nil
}
