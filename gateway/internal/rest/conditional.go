package rest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// Headers by which who has an answer already learns that it is still the same (RFC 9110, clause 13.1.2). Nothing
// between keeps answers (Cache-Control: no-store): who asks does.
const (
	HeaderETag  = "ETag"
	HeaderMatch = "If-None-Match"
	// HeaderBlock is the last block that a list has, also where there is no body to say so.
	HeaderBlock = "Waymark-Block"
)

// conditional reports whether answers of a route have an ETag: those to callers' questions, but for what happens, of which each
// answer says how far it is.
func (r route) conditional() bool { return r.method == http.MethodGet && !r.open && !r.stream }

// tagOf is the ETag of an answer: the same bytes have the same one, at each gateway. They may come in parts.
func tagOf(parts ...[]byte) string {
	sum := sha256.New()
	for _, part := range parts {
		sum.Write(part)
	}
	return fmt.Sprintf(`"%x"`, sum.Sum(nil)[:16])
}

// tell answers with JSON, or 304 if who asks has that already, by its ETag.
func (s *service) tell(c *gin.Context, body []byte, tag string) error {
	c.Header(HeaderETag, tag)
	if hasAny(c.Request.Header.Values(HeaderMatch), tag) {
		c.Status(http.StatusNotModified)
		return nil
	}
	return s.send(c, body)
}

// send answers with JSON.
func (s *service) send(c *gin.Context, body []byte) error {
	if err := s.holdsAnswer(exchangeOf(c), int64(len(body))); err != nil {
		return err
	}
	c.Data(http.StatusOK, jsonMedia, body)
	return nil
}

// hasAny reports whether a header If-None-Match names a tag, by the weak comparison.
func hasAny(header []string, tag string) bool {
	for part := range strings.SplitSeq(strings.Join(header, ","), ",") {
		part = strings.TrimSpace(part)
		if part == "*" || strings.TrimPrefix(part, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

// tellList answers with a list, as the chaincode writes records: what is empty is left out. Its ETag does not depend on the
// block that it has, and so is a weak one: at another block it says the same of the ledger.
func (s *service) tellList(c *gin.Context, list any) error {
	body, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("encode list: %w", err)
	}
	before, block, behind := aroundBlock(body)
	c.Header(HeaderBlock, string(block))
	if !exchangeOf(c).route.conditional() {
		return s.send(c, body)
	}
	return s.tell(c, body, "W/"+tagOf(before, behind))
}

// blockMember begins the member of a list that says which block it has.
var blockMember = []byte(`"block":`)

// aroundBlock takes the block that a list has out of its encoded form: what is behind that in a list are texts alone (a test
// looks), in which each quote is escaped, so the last such member is the list's own.
func aroundBlock(list []byte) (before, block, behind []byte) {
	at := bytes.LastIndex(list, blockMember) + len(blockMember)
	end := at + bytes.IndexAny(list[at:], ",}")
	return list[:at], list[at:end], list[end:]
}
