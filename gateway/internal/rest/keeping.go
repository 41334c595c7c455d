package rest

import (
	"context"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// keeping completes a route about what this gateway keeps. location, if any, makes the Location of what was created.
func keeping[B any, Q waymark.Validator, R any](r route, request func(path, B) Q,
	do func(context.Context, *service, *exchange, Q) (R, error), location func(R) string) route {
	r.result = *new(R)
	r.doc.asked, r.doc.checked = func(p path) any { return request(p, *new(B)) }, true
	r.serve = func(s *service, c *gin.Context) error {
		q, err := askedOf(s, c, r, request)
		if err != nil {
			return err
		}
		answer, err := do(c.Request.Context(), s, exchangeOf(c), q)
		if err != nil {
			return err
		}
		if location != nil {
			c.Header("Location", location(answer))
		}
		exchangeOf(c).effective = r.keeps
		return s.respond(c, r.status(), answer)
	}
	return r
}

// askedOf is what a request to r asks for, and sound.
func askedOf[B any, Q waymark.Validator](s *service, c *gin.Context, r route, request func(path, B) Q) (Q, error) {
	var body B
	p, err := parsePath(c.Params)
	if err != nil {
		return *new(Q), err
	}
	if err := p.setQuery(r, c.Query); err != nil {
		return *new(Q), err
	}
	if r.takesBody() {
		if body, _, err = bodyOf[B](s, c); err != nil {
			return *new(Q), err
		}
	}
	q := request(p, body)
	return q, q.Validate()
}
