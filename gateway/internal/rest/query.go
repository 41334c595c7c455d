package rest

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// checkQuery lets a request to r pass if its query holds nothing but parameters of r, each
// at most once, in UTF-8. What their values must be is the business of who uses them.
func checkQuery(r route) gin.HandlerFunc {
	known := queryNames(r)
	return func(c *gin.Context) {
		if err := strictQuery(c.Request.URL.RawQuery, known); err != nil {
			fail(c, err)
		}
	}
}

// queryNames are the query parameters of r, sorted.
func queryNames(r route) []string {
	var names []string
	for _, p := range parameters(r) {
		if p.Query {
			names = append(names, p.Name)
		}
	}
	slices.Sort(names)
	return names
}

// strictQuery returns Invalid for what a query must not have. It repeats nothing of it.
func strictQuery(raw string, known []string) error {
	if raw == "" {
		return nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return waymark.Errorf(waymark.Invalid, "the query is not valid: percent-encode what is in it, and separate parameters by &")
	}
	for name, given := range values {
		switch {
		case !slices.Contains(known, name):
			return waymark.Errorf(waymark.Invalid, "the query has a parameter that is not known here (%s)", knownParameters(known))
		case len(given) > 1:
			return waymark.Errorf(waymark.Invalid, "the query has the parameter %s more than once", name)
		case !utf8.ValidString(given[0]):
			return waymark.Errorf(waymark.Invalid, "the query parameter %s must be UTF-8", name)
		}
	}
	return nil
}

func knownParameters(known []string) string {
	if len(known) == 0 {
		return "this operation has none"
	}
	return "this operation has " + strings.Join(known, ", ")
}
