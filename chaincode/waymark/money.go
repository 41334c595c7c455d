package waymark

import (
	"regexp"
	"time"
)

// Bounds of money.
const (
	// MaxAmount bounds every amount, in minor units: exact in any JSON reader, and as many
	// as MaxNotes of them sum up within 64 bits.
	MaxAmount = 1_000_000_000_000_000
	// MaxDigits bounds the digits of the minor unit (ISO 4217 has at most 4).
	MaxDigits = 4
	// MaxNotes bounds the notes that one transaction spends.
	MaxNotes = 50
)

// Currency is a unit of account of its issuer, with how much of it there is: what was
// issued and not redeemed is in notes and escrows, to the last minor unit.
type Currency struct {
	Issuer   string `json:"issuer" form:"id"` // the member that owes what it issues
	Currency string `json:"currency" form:"currency"`
	Digits   int    `json:"digits" form:"digits"` // of the minor unit in which amounts are: 2 for cents
	Issued   int64  `json:"issued"`               // in all
	Redeemed int64  `json:"redeemed"`             // in all
	Changed  Stamp  `json:"changed"`
}

// Note is money of one owner. It is spent whole, and never changes.
type Note struct {
	ID       string `json:"id" form:"id"`
	Issuer   string `json:"issuer" form:"id"`
	Currency string `json:"currency" form:"currency"`
	Digits   int    `json:"digits" form:"digits"`
	Owner    string `json:"owner" form:"id"`
	Amount   int64  `json:"amount" form:"amount"` // minor units, 1 to MaxAmount
	Made     Stamp  `json:"made"`
}

// PaymentKind is what a payment does to money.
type PaymentKind string

// The kinds.
const (
	PaymentIssue    PaymentKind = "issue"    // makes it
	PaymentTransfer PaymentKind = "transfer" // moves it
	PaymentRedeem   PaymentKind = "redeem"   // ends it
)

// PaymentKinds returns every kind of payment.
func PaymentKinds() []PaymentKind {
	return []PaymentKind{PaymentIssue, PaymentTransfer, PaymentRedeem}
}

// Payment is what a member did with money, under an id of its choice.
type Payment struct {
	ID        string      `json:"id" form:"id"`
	Kind      PaymentKind `json:"kind"`
	Issuer    string      `json:"issuer" form:"id"`
	Currency  string      `json:"currency" form:"currency"`
	Digits    int         `json:"digits" form:"digits"`
	From      string      `json:"from" form:"maybe_id"` // empty for an issue
	To        string      `json:"to" form:"maybe_id"`   // empty for a redemption
	Amount    int64       `json:"amount" form:"amount"`
	Reference string      `json:"reference" form:"maybe_id"`
	Spent     []string    `json:"spent" form:"spent"` // ids of notes
	Made      []Note      `json:"made"`               // the payee's and the change
	Stamp     Stamp       `json:"stamp"`
}

// IssueRequest makes money of the caller's member. The first issue in a currency says the
// digits of its minor unit, and the others the same.
type IssueRequest struct {
	ID        string `json:"id" form:"id"` // of the payment, once for each member
	Currency  string `json:"currency" form:"currency"`
	Digits    int    `json:"digits,omitempty" metadata:",optional" form:"digits"`
	To        string `json:"to" form:"id"`
	Amount    int64  `json:"amount" form:"amount"`
	Reference string `json:"reference,omitempty" metadata:",optional" form:"id"` // an id, as of an order
}

// Validate checks the form of the request.
func (r IssueRequest) Validate() error { return CheckForms(r) }

// TransferMoneyRequest pays out of notes of the caller's member. What they hold beyond the
// amount comes back as a new note. A payment to oneself makes one note of many.
type TransferMoneyRequest struct {
	ID        string   `json:"id" form:"id"`
	Issuer    string   `json:"issuer" form:"id"`
	Currency  string   `json:"currency" form:"currency"`
	To        string   `json:"to" form:"id"`
	Amount    int64    `json:"amount" form:"amount"`
	Notes     []string `json:"notes" form:"notes"` // ids of 1 to MaxNotes notes to spend
	Reference string   `json:"reference,omitempty" metadata:",optional" form:"id"`
}

// Validate checks the form of the request.
func (r TransferMoneyRequest) Validate() error {
	return first(CheckForms(r), validateOnce("/notes", r.Notes))
}

// RedeemRequest ends money that came back to its issuer, the caller's member.
type RedeemRequest struct {
	ID        string   `json:"id" form:"id"`
	Currency  string   `json:"currency" form:"currency"`
	Amount    int64    `json:"amount" form:"amount"`
	Notes     []string `json:"notes" form:"notes"`
	Reference string   `json:"reference,omitempty" metadata:",optional" form:"id"`
}

// Validate checks the form of the request.
func (r RedeemRequest) Validate() error {
	return first(CheckForms(r), validateOnce("/notes", r.Notes))
}

// CurrencyQuery names a currency.
type CurrencyQuery struct {
	Issuer   string `json:"issuer" form:"id"`
	Currency string `json:"currency" form:"currency"`
}

// Validate checks the form of the query.
func (q CurrencyQuery) Validate() error { return CheckForms(q) }

// PaymentQuery names a payment of the caller's member.
type PaymentQuery struct {
	ID string `json:"id" form:"id"`
}

// Validate checks the form of the query.
func (q PaymentQuery) Validate() error { return CheckForms(q) }

// NotesQuery asks for the notes of the caller's member in a currency.
type NotesQuery struct {
	Issuer   string `json:"issuer" form:"id"`
	Currency string `json:"currency" form:"currency"`
	Limit    int    `json:"limit,omitempty" metadata:",optional" form:"page"` // 1 to MaxPage; DefaultPage if it is left out
	Cursor   string `json:"cursor,omitempty" metadata:",optional" form:"id"`  // of the page before
}

// Validate checks the form of the query.
func (q NotesQuery) Validate() error { return CheckForms(q) }

// Notes are notes of one member, in the order of their ids.
type Notes struct {
	Owner  string `json:"owner" form:"id"`
	Notes  []Note `json:"notes" form:"entries"`
	Cursor string `json:"cursor,omitempty" metadata:",optional" form:"id"` // for the next page; absent at the end
}

// MoneyEvent is the payload of the money events: what a bank or an ERP needs.
type MoneyEvent struct {
	Payment   string    `json:"payment"` // its id
	Issuer    string    `json:"issuer"`
	Currency  string    `json:"currency"`
	Digits    int       `json:"digits"`
	From      string    `json:"from,omitempty"`
	To        string    `json:"to,omitempty"`
	Amount    int64     `json:"amount"`
	Reference string    `json:"reference,omitempty"`
	ValueTime time.Time `json:"value_time"`
}

// currencyPattern admits ISO 4217 codes and longer ones of the issuer's own.
var currencyPattern = regexp.MustCompile(`^[A-Z][A-Z0-9]{2,11}$`)

func validateCurrency(pointer, currency string) error {
	if currencyPattern.MatchString(currency) {
		return nil
	}
	return InvalidField(pointer, "must be a code of ISO 4217, or one of the issuer's own of 4 to 12 characters A-Z 0-9 that starts with a letter")
}

// ValidateAmount checks an amount that must not be nothing.
func ValidateAmount(pointer string, amount int64) error {
	if amount < 1 || amount > MaxAmount {
		return InvalidField(pointer, "must be a number of minor units, 1 to %d", int64(MaxAmount))
	}
	return nil
}
