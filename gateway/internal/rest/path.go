package rest

import (
	"regexp"
	"strconv"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// The parameters that paths can have.
const (
	paramID        = "id"       // of a member, device, shipment or policy
	paramNumber    = "number"   // of a handoff, title offer or dispute
	paramSequence  = "sequence" // of a message
	paramTxID      = "tx_id"
	paramKey       = "key"       // id of a device's key
	paramAuthority = "authority" // id of a device CA
	paramSerial    = "serial"    // of a certificate
	paramCommand   = "command"   // id of a command
	paramOwner     = "owner"     // of the resources that a policy is about
	paramAuthor    = "author"    // of a policy
	paramCurrency  = "currency"
	paramDevice    = "device" // id of a device, below a shipment
	paramKind      = "kind"   // of a hold
	paramReading   = "reading"
)

// path is the checked parameters of a request's path.
type path struct {
	id                     string
	number                 uint64 // of {number} or {sequence}
	txID                   string
	key, authority, serial string
	command                string
	owner, author          string
	device, kind           string
	reading                string // id of one
	purpose                string // of the query: what the caller reads for, or empty
	holder                 string // of the query: the member whose peers answer, or empty
	prefix                 string // of the query: how the names begin that are asked for, or empty
	currency               string
	thing                  thing // of the query
	envelope               bool  // of the query
}

// The query parameters that are ids: what a caller reads for, and whose peers answer.
const (
	queryPurpose = "purpose"
	queryHolder  = "holder"
)

// setQuery takes the query parameters that a route has.
func (p *path) setQuery(r route, query func(string) string) error {
	if r.purpose {
		if p.purpose = query(queryPurpose); waymark.ValidatePurpose("", p.purpose) != nil {
			return waymark.Errorf(waymark.Invalid, "the query parameter %s must be an id", queryPurpose)
		}
	}
	if r.holder {
		if p.holder = query(queryHolder); p.holder != "" && waymark.ValidateID("", p.holder) != nil {
			return waymark.Errorf(waymark.Invalid, "the query parameter %s must be the id of a member", queryHolder)
		}
	}
	if r.prefix {
		if p.prefix = query(queryPrefix); p.prefix != "" && waymark.ValidateID("", p.prefix) != nil {
			return waymark.Errorf(waymark.Invalid, "the query parameter %s must be the beginning of an id", queryPrefix)
		}
	}
	return p.thing.set(r, query)
}

// txIDPattern is Fabric's: the SHA-256 of nonce and creator in hexadecimal.
var txIDPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)

// parsePath checks every parameter, with Invalid for one that cannot name anything.
func parsePath(params gin.Params) (path, error) {
	var p path
	for _, param := range params {
		if err := p.set(param.Key, param.Value); err != nil {
			return path{}, err
		}
	}
	return p, nil
}

func (p *path) set(key, value string) error {
	switch key {
	case paramID, paramKey, paramAuthority, paramSerial, paramCommand, paramOwner, paramAuthor, paramCurrency, paramDevice, paramKind:
		if err := waymark.ValidateID("", value); err != nil {
			return waymark.Errorf(waymark.Invalid, "the %s in the path %s", key, waymark.AsError(err).Message)
		}
		p.setID(key, value)
	case paramReading:
		p.reading = value
		_, err := waymark.ParseReadingRef(value)
		return err
	case paramNumber, paramSequence:
		return p.setNumber(key, value)
	case paramTxID:
		if !txIDPattern.MatchString(value) {
			return waymark.Errorf(waymark.Invalid, "the transaction id in the path must be 64 lower-case hexadecimal digits")
		}
		p.txID = value
	}
	return nil
}

func (p *path) setNumber(key, value string) error {
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil || n < 1 || n > waymark.MaxSequence || strconv.FormatUint(n, 10) != value {
		return waymark.Errorf(waymark.Invalid, "the %s in the path must be a number, 1 to %d", key, uint64(waymark.MaxSequence))
	}
	p.number = n
	return nil
}

func (p *path) setID(key, value string) {
	field, known := map[string]*string{
		paramKey: &p.key, paramAuthority: &p.authority, paramSerial: &p.serial, paramCommand: &p.command, paramOwner: &p.owner,
		paramAuthor: &p.author, paramCurrency: &p.currency, paramDevice: &p.device, paramKind: &p.kind, paramReading: &p.reading,
	}[key]
	if !known {
		field = &p.id
	}
	*field = value
}
