package waymark

import (
	"time"
)

// TransientDisclosures is the field of the transient data in which Disclosures travel, as
// JSON.
const TransientDisclosures = "disclosures"

// Disclosures are messages with what their sealed readings stand for. They are transient:
// only the endorser sees them, and no block holds them.
type Disclosures struct {
	// Messages are recorded ones, as RecordRequest has them, each followed by the
	// disclosures of all its sealed readings in their order: attest.WithDisclosures.
	Messages []string `json:"messages" form:"messages"`
}

// Validate checks the form and the bounds of the messages together, not what is in them.
func (d Disclosures) Validate() error {
	if err := CheckForms(d); err != nil {
		return err
	}
	return validateTogether("/messages", d.Messages)
}

// DiscloseRequest gives a member the disclosures of its private collection. It must be
// endorsed by that member's peers and by no other's.
type DiscloseRequest struct {
	To string `json:"to" form:"id"` // the owner of then or the present custodian
}

// Validate checks the form of the request.
func (r DiscloseRequest) Validate() error { return CheckForms(r) }

// MessageRef names a message.
type MessageRef struct {
	Device   string `json:"device" form:"id"`
	Sequence uint64 `json:"sequence" form:"sequence"`
}

// UndisclosedQuery asks which members lack the disclosures of messages.
type UndisclosedQuery struct {
	Messages []MessageRef `json:"messages" form:"message_refs"` // 1 to MaxBatchMessages
}

// Validate checks the form of the query.
func (q UndisclosedQuery) Validate() error { return CheckForms(q) }

// Undisclosed answers for each message, in the order of the query.
type Undisclosed struct {
	Messages []UndisclosedMessage `json:"messages"`
}

// UndisclosedMessage says who lacks the disclosures of a message.
type UndisclosedMessage struct {
	Device   string `json:"device"`
	Sequence uint64 `json:"sequence"`
	// Members are those that may hold the disclosures and do not: of the owner of then
	// and the present custodian. None if the message is not recorded, or has no sealed
	// reading.
	Members []string `json:"members"`
}

// DisclosedQuery asks for what the sealed readings of a message stand for.
type DisclosedQuery struct {
	Device   string `json:"device" form:"id"`
	Sequence uint64 `json:"sequence" form:"sequence"`
	// Holder is the member whose collection is read; the caller's own if it is left out.
	// Only that member's peers can answer.
	Holder  string `json:"holder,omitempty" metadata:",optional" form:"id"`
	Purpose string `json:"purpose,omitempty" metadata:",optional" form:"id"`
}

// Validate checks the form of the query.
func (q DisclosedQuery) Validate() error { return CheckForms(q) }

// DisclosedMessage is what a holder has of a message, without the data classes that the
// policies keep from the caller.
type DisclosedMessage struct {
	Device      string             `json:"device" form:"id"`
	Sequence    uint64             `json:"sequence"`
	Holder      string             `json:"holder" form:"id"`
	TxID        string             `json:"tx_id" form:"transaction"` // of the transaction that disclosed it
	Readings    []DisclosedReading `json:"readings"`
	Withheld    []DataClass        `json:"withheld,omitempty" metadata:",optional"`
	Coarsened   []DataClass        `json:"coarsened,omitempty" metadata:",optional"` // whose values are rounded, and whose texts and data are left out
	Obligations []Obligation       `json:"obligations"`
}

// DisclosedReading is a sealed reading opened. Value is set for numbers, sums and
// booleans, Text and Data as their kind says.
type DisclosedReading struct {
	Index int       `json:"index"`                   // of the reading in the message, from 0
	Name  string    `json:"name" form:"measurement"` // SenML name, as in "door"
	Class DataClass `json:"class" form:"id"`
	Kind  string    `json:"kind"` // number, sum, boolean, text or data
	Unit  string    `json:"unit"`
	Value Decimal   `json:"value,omitempty" metadata:",optional"`
	Text  string    `json:"text,omitempty" metadata:",optional"` // of a text
	Data  []byte    `json:"data,omitempty" metadata:",optional"` // of data, base64
	Time  time.Time `json:"time"`
	// Disclosure is base64 of the salted disclosure, whose SHA-256 hash the device signed.
	// Absent if the class is coarsened: nobody can prove a rounded value.
	Disclosure []byte `json:"disclosure,omitempty" metadata:",optional"`
}
