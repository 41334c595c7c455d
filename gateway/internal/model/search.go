package model

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// A search looks at so many things whose name is the text, and at so many whose name begins so, of some thousand that
// can be of another kind than is asked for.
const (
	maxExact   = 100
	maxNames   = 100
	maxSkipped = 2000
)

// Search finds what has an identifier, or one that begins so, of what a caller may see.
func (m *Model) Search(ctx context.Context, by rules.Tx, q waymark.SearchQuery) (result waymark.SearchResult, err error) {
	result.Found = []waymark.Found{}
	err = m.snapshot(ctx, func(ctx context.Context, s database.Statements, last uint64) error {
		v := newReading(ctx, s, by)
		result.Block = last
		keys, more, err := v.named(q.Q, q.Kind)
		for i := 0; err == nil && i < len(keys); i++ {
			if len(result.Found) == waymark.MaxFound || v.bytes > m.pageBytes {
				more = true
				break
			}
			var f *waymark.Found
			if f, err = permitted(v.look(keys[i], q.Purpose)); f != nil {
				result.Found = append(result.Found, *f)
			}
		}
		result.More = more && len(result.Found) > 0 // else it would tell of what is not shown
		return err
	})
	return result, err
}

// named are the keys of the records that may have a name, each once, what has it as it stands first, and whether there may
// be more. They are of a kind, if one is asked for.
func (v *reading) named(text string, kind waymark.FoundKind) (keys []string, more bool, err error) {
	if key, ok := identified(text); ok {
		keys = append(keys, key.String())
	}
	located, err := v.locatedAt(text)
	if err != nil {
		return nil, false, err
	}
	called, more, err := v.called(text, kind)
	if err != nil {
		return nil, false, err
	}
	transactions, err := v.transactions(text)
	if err != nil {
		return nil, false, err
	}
	all := slices.Concat(keys, located, called, transactions)
	keys = nil
	for _, key := range all {
		if is, _, _ := strings.Cut(key, "/"); fits(kind, waymark.FoundKind(is)) && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys, more, nil
}

// called are the keys of what is called so, and then of that whose name begins so, and whether there may be more.
func (v *reading) called(text string, kind waymark.FoundKind) (keys []string, more bool, err error) {
	from, to := []byte(kind), behind(string(kind))
	exact, err := v.names(`SELECT key FROM names WHERE name = $1 AND key >= $2 AND key < $3 ORDER BY key LIMIT $4`, []byte(text), from, to, maxExact)
	if err != nil {
		return nil, false, err
	}
	begins, err := v.names(`SELECT key FROM (SELECT name, key FROM names WHERE name > $1 AND name < $2 ORDER BY name, key LIMIT $3) n
		WHERE key >= $4 AND key < $5 ORDER BY name, key LIMIT $6`, []byte(text), behind(text), maxSkipped, from, to, maxNames)
	return slices.Concat(exact, begins), len(begins) == maxNames || len(exact) == maxExact, err
}

// behind comes after all texts that begin with one: no text has that byte.
func behind(text string) []byte { return append([]byte(text), 0xff) }

// maxMembers bounds the members that are gone through for one's GLN.
const maxMembers = 500

// locatedAt are the keys of the members that have a GLN.
func (v *reading) locatedAt(gln string) (keys []string, err error) {
	if !numberAlone.MatchString(gln) || len(gln) != 13 {
		return nil, nil
	}
	members, _, err := rules.Some[waymark.Member](v, rules.Members(), maxMembers)
	for _, m := range members {
		if m.GLN == gln {
			keys = append(keys, rules.MemberKey(m.ID).String())
		}
	}
	return keys, err
}

// transactions are those whose ids begin with a text, each with the decision that it may have recorded. They have no
// key, and get one here.
func (v *reading) transactions(text string) (keys []string, err error) {
	if !transaction.MatchString(text) {
		return nil, nil
	}
	ids, err := v.names(`SELECT DISTINCT tx_id FROM transactions WHERE tx_id >= $1 AND tx_id < $2 ORDER BY tx_id LIMIT $3`, text, text+"g", waymark.MaxFound+1)
	for _, id := range ids {
		keys = append(keys, string(waymark.FoundTransaction)+"/"+id, rules.DecisionKey(id).String())
	}
	return keys, err
}

// look asks the rules for what a key is of.
func (v *reading) look(key, purpose string) (*waymark.Found, error) {
	kind, rest, _ := strings.Cut(key, "/")
	f := &waymark.Found{Kind: waymark.FoundKind(kind), ID: rest}
	var err error
	switch f.Kind {
	case waymark.FoundMember:
		_, err = registry.Member(v, waymark.MemberQuery{Member: rest})
		f.Path = "/v1/members/" + rest
	case waymark.FoundDevice:
		_, err = registry.Device(v, waymark.DeviceQuery{Device: rest})
		f.Path = "/v1/devices/" + rest
	case waymark.FoundShipment:
		_, err = custody.Get(v, waymark.ShipmentQuery{Shipment: rest, Purpose: purpose})
		f.Path = "/v1/shipments/" + rest
	case waymark.FoundProduct, waymark.FoundItem, waymark.FoundLot, waymark.FoundContainer, waymark.FoundAct:
		err = v.lookAtGoods(f, rest)
	case waymark.FoundPolicy, waymark.FoundDecision, waymark.FoundTransaction:
		err = v.lookAtBooks(f, rest)
	}
	return f, err
}

func (v *reading) lookAtGoods(f *waymark.Found, rest string) (err error) {
	switch f.Kind {
	case waymark.FoundProduct:
		_, err = goods.Product(v, waymark.ProductQuery{GTIN: rest})
		f.Path = "/v1/products/" + rest
	case waymark.FoundAct:
		_, err = goods.Read(v, waymark.ActQuery{ID: rest})
		f.Path = "/v1/goods/acts/" + rest
	default:
		if f.ID = goodsID(string(f.Kind), rest); waymark.ValidateGoods("", f.ID) != nil {
			return errNoThing
		}
		_, err = goods.Get(v, waymark.GoodsQuery{ID: f.ID, Limit: 1})
		f.Path = "/v1/goods?id=" + url.QueryEscape(f.ID)
	}
	return err
}

func (v *reading) lookAtBooks(f *waymark.Found, rest string) (err error) {
	switch f.Kind {
	case waymark.FoundPolicy:
		parts := strings.Split(rest, "/") // owner, author and id: a key of another form is of no policy
		if len(parts) != 3 {
			return errNoPolicy
		}
		f.ID = parts[2]
		_, err = policy.Get(v, waymark.PolicyQuery{Owner: parts[0], Author: parts[1], ID: parts[2]})
		f.Path = "/v1/policies/owners/" + parts[0] + "/authors/" + parts[1] + "/" + parts[2]
	case waymark.FoundDecision:
		_, err = policy.Receipt(v, waymark.ReceiptQuery{TxID: rest})
		f.Path = "/v1/policies/decisions/" + rest
	default:
		err = access.Authorize(v.tx, waymark.ActReadTransaction, access.Consortium(v.tx.Channel))
		f.Path = "/v1/transactions/" + rest
	}
	return err
}

// What keys are of that no rule wrote.
var (
	errNoPolicy = waymark.Errorf(waymark.NotFound, "there is no such policy")
	errNoThing  = waymark.Errorf(waymark.NotFound, "there is no such thing")
)
