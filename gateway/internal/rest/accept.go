package rest

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// checkAccept lets a request to r pass whose Accept does not exclude all that it can be answered: under
// /v1 that is JSON, and of some a stream. Problems are told as problem documents whatever it says.
func checkAccept(r route) gin.HandlerFunc {
	return func(c *gin.Context) {
		accept := c.Request.Header.Values("Accept")
		if !accepts(accept, jsonMedia) && (!r.stream || !accepts(accept, eventMedia)) {
			fail(c, &httpError{http.StatusNotAcceptable,
				waymark.Errorf(waymark.Invalid, "the answer would be %s, which the header Accept excludes", jsonMedia)})
		}
	}
}

// weightPattern is a quality value (RFC 9110, clause 12.4.2).
var weightPattern = regexp.MustCompile(`^(0(\.[0-9]{0,3})?|1(\.0{0,3})?)$`)

// accepts reports whether a header Accept (RFC 9110, clause 12.5.1) admits a media type: no
// header admits all, and of the ranges that match the most specific one decides. A range
// with parameters of its own matches as if it had none, save its weight; one that is
// malformed matches nothing.
func accepts(header []string, media string) bool {
	if len(header) == 0 {
		return true
	}
	precision := map[string]int{"*/*": 1, media[:strings.IndexByte(media, '/')] + "/*": 2, media: 3}
	best, admitted := 0, false
	for part := range strings.SplitSeq(strings.Join(header, ","), ",") {
		name, weight, ok := mediaRange(part)
		if p := precision[name]; ok && p > 0 && p >= best {
			// The same range twice admits if one of the two does.
			admitted = weight > 0 || p == best && admitted
			best = p
		}
	}
	return admitted
}

// mediaRange takes an element of the header apart.
func mediaRange(part string) (name string, weight float64, ok bool) {
	name, parameters, _ := strings.Cut(part, ";")
	weight = 1
	for parameter := range strings.SplitSeq(parameters, ";") {
		key, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(key), "q") {
			continue
		}
		value = strings.TrimSpace(value)
		if !weightPattern.MatchString(value) {
			return "", 0, false
		}
		parsed, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return "", 0, false
		}
		weight = parsed
	}
	return strings.ToLower(strings.TrimSpace(name)), weight, true
}
