package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// route is one row of the table: what the router, the OpenAPI document and the
// tests know of an operation.
type route struct {
	method  string
	path    string // as OpenAPI writes it, as in "/v1/members/{id}"
	id      string // operation id
	tag     string
	summary string
	open    bool   // served without a token
	free    bool   // an open route that counts for no rate
	body    any    // a value of the body's type; nil for none
	result  any    // a value of the record's type; nil if it is not JSON of ours
	write   bool   // answered with a client.Written around the record
	keeps   bool   // changes what the gateway keeps, and nothing on the ledger; it counts as a write
	endorse bool   // no write, but runs as one at the peers, and counts as one
	attests bool   // a question that counts as a write, since peers endorse its answer
	signed  bool   // what it takes is signed by a key that the gateway has not
	created bool   // answered with 201 and a Location
	query   string // name of the one boolean query parameter, or empty
	purpose bool   // takes the query parameter that says what is read for
	bodies  bool   // answers of the bodies of anchored windows
	holder  bool   // takes the query parameter that says whose peers answer
	thing   bool   // takes the query parameter that names a thing
	paged   Page   // if it has entries, takes the query parameters of a page
	traced  bool   // takes the query parameter that says which way a trace goes
	prefix  bool   // takes the query parameter that says how names begin
	stream  bool   // answers with events as they happen, too
	listed  any    // a value of what a list is asked by: its members are the query parameters; nil for no list
	offers  offer  // what of it callers can sign for themselves; zero for nothing
	serve   func(*service, *gin.Context) error
	doc     documented
}

// documented is what the OpenAPI document and the Go client say of a row, and the gateway does not
// ask. The tag, the summary and the type of the result are beside it, since nearly every row has them.
type documented struct {
	// rules are the transactions whose rules say who may, what is needed and what is changed, and
	// about is what they do not say. One of both is there.
	rules []waymark.Transaction
	about string
	// asked is what is asked for, in the vocabulary's words, by a path and an empty body; nil
	// if the path says all of it. checked says that it is validated before all else.
	asked   func(path) any
	checked bool
	media   string // of the answer, if it is not JSON of ours
	fixed   bool   // a write that the gateway cannot make anew after a conflict
	hidden  bool   // a file that the reference page loads, which is not in the document
}

// bodiless is a route whose path says all of the request.
func bodiless(r route) route {
	r.body = nil
	return r
}

// status is what the route answers when all is well.
func (r route) status() int {
	if r.created {
		return http.StatusCreated
	}
	return http.StatusOK
}

// pattern is the path as Gin writes it: {id} is :id, and a colon that starts no
// parameter is escaped.
func (r route) pattern() string {
	p := strings.ReplaceAll(r.path, ":", `\:`)
	return strings.NewReplacer("{", ":", "}", "").Replace(p)
}

// submits completes a route that submits tx. B is the body; request makes the
// transaction's request of it and of the ids in the path. location, if any,
// makes the Location of what was created, from the request and the record.
func submits[B any, Q waymark.Validator](r route, tx waymark.Transaction, result any, request func(path, B) Q, location func(Q, json.RawMessage) string) route {
	r.body, r.result, r.write, r.created = *new(B), result, true, location != nil
	r.doc.rules = append(r.doc.rules, tx)
	r.offers = offer{transaction: tx, read: readerOf[Q]}
	r.doc.asked, r.doc.checked = func(p path) any { return request(p, *new(B)) }, true
	r.serve = func(s *service, c *gin.Context) error {
		q, body, err := requestOf(s, c, request)
		if err != nil {
			return err
		}
		var at func(json.RawMessage) string
		if location != nil {
			at = func(result json.RawMessage) string { return location(q, result) }
		}
		as := exchangeOf(c).caller.Identity
		return s.write(c, r, body, at, func(ctx context.Context, j ledger.Journal) (ledger.Committed, error) {
			return s.ledger.Submit(ctx, ledger.Call{As: as, Transaction: tx, Request: q, Journal: j})
		})
	}
	return r
}

// evaluates completes a route without a body that evaluates tx.
func evaluates[Q waymark.Validator](r route, tx waymark.Transaction, result any, request func(path) Q) route {
	r.result, r.doc.rules = result, append(r.doc.rules, tx)
	r.doc.asked, r.doc.checked = func(p path) any { return request(p) }, true
	r.serve = func(s *service, c *gin.Context) error {
		p, err := parsePath(c.Params)
		if err != nil {
			return err
		}
		if err := p.setQuery(r, c.Query); err != nil {
			return err
		}
		return answer(c.Request.Context(), s, c, tx, request(p))
	}
	return r
}

// lists completes a route of a list that the read model answers. All of what is asked is in the query.
func lists[Q waymark.Validator, R any](r route, find func(context.Context, Model, ledger.Identity, Q) (R, error)) route {
	return listsOf(r, func(path) (q Q) { return q }, find)
}

// listsOf is lists where the path says of what: about makes what is asked of it, which the query adds to.
func listsOf[Q waymark.Validator, R any](r route, about func(path) Q, find func(context.Context, Model, ledger.Identity, Q) (R, error)) route {
	r.listed, r.result = *new(Q), *new(R)
	r.doc.asked, r.doc.checked = func(p path) any { return about(p) }, true
	r.serve = func(s *service, c *gin.Context) error {
		p, err := parsePath(c.Params)
		if err != nil {
			return err
		}
		q := about(p)
		if err := setMembers(&q, c.Query); err != nil {
			return err
		}
		if err := q.Validate(); err != nil {
			return err
		}
		found, err := find(c.Request.Context(), s.model, exchangeOf(c).caller.Identity, q)
		if err != nil {
			return err
		}
		return s.tellList(c, found)
	}
	return r
}

// asks completes a route whose body is the question that tx evaluates.
func asks[Q waymark.Validator](r route, tx waymark.Transaction, result any) route {
	r.body, r.result, r.doc.rules = *new(Q), result, append(r.doc.rules, tx)
	r.doc.asked, r.doc.checked = func(path) any { return *new(Q) }, true
	r.serve = func(s *service, c *gin.Context) error {
		q, _, err := requestOf(s, c, func(_ path, q Q) Q { return q })
		if err != nil {
			return err
		}
		return answer(c.Request.Context(), s, c, tx, q)
	}
	return r
}

// answer evaluates tx and sends the record. A nil q passes no argument.
func answer(ctx context.Context, s *service, c *gin.Context, tx waymark.Transaction, q waymark.Validator) error {
	if q != nil {
		if err := q.Validate(); err != nil {
			return err
		}
	}
	result, err := s.ledger.Evaluate(ctx, ledger.Call{As: exchangeOf(c).caller.Identity, Transaction: tx, Request: q})
	if err != nil {
		return err
	}
	return s.respond(c, http.StatusOK, record(result))
}

// requestOf decodes and validates, before anything else is touched. It returns the body too.
func requestOf[B any, Q waymark.Validator](s *service, c *gin.Context, request func(path, B) Q) (Q, []byte, error) {
	var q Q
	p, err := parsePath(c.Params)
	if err != nil {
		return q, nil, err
	}
	body, data, err := bodyOf[B](s, c)
	if err != nil {
		return q, nil, err
	}
	q = request(p, body)
	return q, data, q.Validate()
}

// bodyOf reads and decodes the body of a request. Nothing is reserved for one that says nothing, so
// it must be short. The bytes of it are returned too.
func bodyOf[B any](s *service, c *gin.Context) (B, []byte, error) {
	var body B
	limit := s.admission.limits.BodyBytes
	if _, nothing := any(body).(noBody); nothing {
		limit = min(limit, maxNoBody)
	}
	data, err := readBody(c.Writer, c.Request, limit)
	if err != nil {
		return body, nil, err
	}
	return body, data, decode(data, &body)
}

// record is a result as it goes into an answer: the very bytes, or null for none.
func record(result json.RawMessage) jsontext.Value {
	if len(result) == 0 {
		return jsontext.Value("null")
	}
	return jsontext.Value(result)
}

// respond sends v as JSON, if there is room to hold that until the client has it.
//
// Codes: ResourceExhausted when there is none, unless the request has had its effect.
func (s *service) respond(c *gin.Context, status int, v any) error {
	body, err := jsonv2.Marshal(v)
	if err != nil {
		return err
	}
	ex := exchangeOf(c)
	if status == http.StatusOK && ex.route.conditional() {
		return s.tell(c, body, tagOf(body))
	}
	if err := s.holdsAnswer(ex, int64(len(body))); err != nil {
		return err
	}
	c.Data(status, jsonMedia, body)
	return nil
}
