package model

import (
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// indexName makes the row by which a record is found, if it is of a thing with a name.
func (a *application) indexName(_ int, w ledger.Write) error {
	name, named := nameOf(w.Key)
	switch {
	case !named:
		return nil
	case w.Value == nil:
		return a.exec(`DELETE FROM names WHERE name = $1 AND key = $2`, []byte(name), []byte(w.Key))
	}
	return a.exec(`INSERT INTO names (name, key) VALUES ($1, $2) ON CONFLICT (name, key) DO NOTHING`, []byte(name), []byte(w.Key))
}

// nameOf is what people call the thing of a record: its id or number, without whose it is or of what product.
func nameOf(key string) (string, bool) {
	kind, rest, _ := strings.Cut(key, "/")
	switch kind {
	case "member", kindDevice, kindShipment, "product", kindContainer, "act":
		return rest, true
	case kindItem, kindLot:
		g, err := waymark.ParseGoods(goodsID(kind, rest))
		return g.Serial + g.Lot, err == nil
	case "policy":
		return rest[strings.LastIndex(rest, "/")+1:], true
	}
	return "", false
}

// goodsID is the canonical id of a thing, by what follows the kind in its key.
func goodsID(kind, rest string) string {
	gtin, number, _ := strings.Cut(rest, "/")
	switch kind {
	case kindItem:
		return idStem + "01/" + gtin + "/21/" + number
	case kindLot:
		return idStem + "01/" + gtin + "/10/" + number
	}
	return idStem + "00/" + rest
}
