package waymark

import "time"

// Bounds of commands.
const (
	// MaxCommandArguments bounds the arguments of a command, in bytes.
	MaxCommandArguments = 1 << 10
	// MaxCommandLifetime is how far ahead a command may expire.
	MaxCommandLifetime = 30 * 24 * time.Hour
	// MaxOpenCommands bounds the open commands of one device.
	MaxOpenCommands = 16
	// MaxReceiptDetail bounds what a device says of a command, in bytes.
	MaxReceiptDetail = 200
)

// CommandState is where a command is.
type CommandState string

// The states. A command is open while it is requested and has not expired.
const (
	CommandRequested CommandState = "requested"
	CommandCancelled CommandState = "cancelled" // by the member that requested it
	CommandExpired   CommandState = "expired"   // its time is over without receipt; never stored, derived when read
	CommandClosed    CommandState = "closed"    // by the device's receipt: final
)

// CommandStates returns every state of a command.
func CommandStates() []CommandState {
	return []CommandState{CommandRequested, CommandCancelled, CommandExpired, CommandClosed}
}

// CommandResult is what a device made of a command.
type CommandResult string

// The results.
const (
	CommandDone    CommandResult = "done"    // it did what was asked
	CommandRefused CommandResult = "refused" // it will not do it, or does not know the command
	CommandFailed  CommandResult = "failed"  // it tried and could not
)

// CommandResults returns every result of a command.
func CommandResults() []CommandResult {
	return []CommandResult{CommandDone, CommandRefused, CommandFailed}
}

// Command is what a member asks a device to do.
type Command struct {
	ID     string `json:"id" form:"id"` // chosen by who requests it, once for each device
	Device string `json:"device" form:"id"`
	Name   string `json:"name" form:"id"` // as the device knows it: set_point, lock, unlock, wake, ...
	// Arguments is the text of a JSON object, the very bytes that were requested.
	Arguments string       `json:"arguments" form:"arguments"`
	ExpiresAt time.Time    `json:"expires_at"` // the device must not act on it later
	State     CommandState `json:"state"`
	Reason    string       `json:"reason" form:"note"` // why it was cancelled, or empty
	// Execution is what the device said; absent until it has.
	Execution *Execution `json:"execution,omitempty" metadata:",optional"`
	Requested Stamp      `json:"requested"` // its member may cancel the command
	Changed   Stamp      `json:"changed"`
}

// Open reports whether a command waits for the device's receipt.
func (c Command) Open(now time.Time) bool {
	return c.State == CommandRequested && !now.After(c.ExpiresAt)
}

// Execution is what a device's receipt says of a command.
type Execution struct {
	Result     CommandResult `json:"result"`
	Detail     string        `json:"detail" form:"note"` // in the device's words, or empty
	ExecutedAt time.Time     `json:"executed_at"`
	Late       bool          `json:"late"`                                          // the receipt came when the command had expired, was cancelled, or ended as the device came to another owner
	Key        string        `json:"key" form:"id"`                                 // id of the device's key that signed the receipt
	Edge       string        `json:"edge,omitempty" metadata:",optional" form:"id"` // the edge that held the key; absent if the device did
	Digest     []byte        `json:"digest"`                                        // base64 of the receipt's digest
}

// CommandRequest asks a device to do something until a time.
type CommandRequest struct {
	ID        string    `json:"id" form:"id"`
	Device    string    `json:"device" form:"id"`
	Name      string    `json:"name" form:"id"`
	Arguments string    `json:"arguments" form:"arguments"` // the text of a JSON object; {} for none
	ExpiresAt time.Time `json:"expires_at"`
	// Purpose is what it is for; a policy of the device's owner may ask for one.
	Purpose string `json:"purpose,omitempty" metadata:",optional" form:"id"`
}

// Validate checks the form of the request.
func (r CommandRequest) Validate() error { return first(CheckForms(r), validateEnd(r.ExpiresAt)) }

// CancelCommandRequest cancels a command that the caller's member requested.
type CancelCommandRequest struct {
	Device string `json:"device" form:"id"`
	ID     string `json:"id" form:"id"`
	Reason string `json:"reason" form:"reason"`
}

// Validate checks the form of the request.
func (r CancelCommandRequest) Validate() error { return CheckForms(r) }

// CloseCommandRequest carries a signed CommandReceipt: a JWS compact text, or a
// COSE_Sign1 as base64url.
type CloseCommandRequest struct {
	Receipt string `json:"receipt" form:"message"`
}

// Validate checks the form of the request.
func (r CloseCommandRequest) Validate() error { return CheckForms(r) }

// CommandQuery names a command of a device.
type CommandQuery struct {
	Device string `json:"device" form:"id"`
	ID     string `json:"id" form:"id"`
}

// Validate checks the form of the query.
func (q CommandQuery) Validate() error { return CheckForms(q) }

// OpenCommands are the open commands of a device, oldest first, at most MaxOpenCommands.
type OpenCommands struct {
	Device   string    `json:"device" form:"id"`
	Commands []Command `json:"commands" form:"commands"`
}

// CommandReceipt is what a device says of a command. It travels as the payload of a
// signed message of kind attest.Receipt.
type CommandReceipt struct {
	Command    string        `json:"command"` // its id
	Result     CommandResult `json:"result"`
	Detail     string        `json:"detail"`      // at most MaxReceiptDetail bytes; left out for none
	ExecutedAt int64         `json:"executed_at"` // seconds since 1970: when it was done, refused or given up
}

// lastSecond ends four-digit years, in seconds since 1970.
const lastSecond = 253402300799

func validateSeconds(pointer string, at int64) error {
	if at < 1 || at > lastSecond {
		return InvalidField(pointer, "must be seconds since 1970")
	}
	return nil
}

// Validate checks the form of the receipt.
func (r CommandReceipt) Validate() error {
	switch r.Result {
	case CommandDone, CommandRefused, CommandFailed:
	default:
		return InvalidField("/result", "must be one of %v", CommandResults())
	}
	return first(validateSeconds("/executed_at", r.ExecutedAt), ValidateID("/command", r.Command), ValidateText("/detail", r.Detail, MaxReceiptDetail, false))
}

// ParseCommandReceipt reads the payload of a receipt: one JSON object with the members
// of CommandReceipt, letter for letter, each once, and none that is null. It returns
// Invalid.
func ParseCommandReceipt(payload []byte) (CommandReceipt, error) {
	var r CommandReceipt
	if err := readStatement(payload, "the receipt's payload", &r, "command", "result", "detail", "executed_at"); err != nil {
		return CommandReceipt{}, err
	}
	return r, r.Validate()
}

// CommandEvent is the payload of the command events: all that is needed to deliver a
// command, or to stop delivering it.
type CommandEvent struct {
	Device    string        `json:"device"`
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	Arguments string        `json:"arguments"`
	ExpiresAt time.Time     `json:"expires_at"`
	Result    CommandResult `json:"result,omitempty"` // of a closed one
	Late      bool          `json:"late,omitempty"`   // of a closed one
}

// DeliveredCommand is a command as a bridge delivers it. It travels as the payload of a message of
// kind attest.Command, which the bridge signs. That the ledger has the command, its transaction shows.
type DeliveredCommand struct {
	Device    string `json:"device"`
	ID        string `json:"id"`
	Name      string `json:"name"`
	Arguments string `json:"arguments"`  // the text of a JSON object, as it was requested
	ExpiresAt int64  `json:"expires_at"` // whole seconds since 1970, rounded down: the device must not act on it later
	TxID      string `json:"tx_id"`      // the transaction that requested it
}

// Validate checks the form of the command.
func (c DeliveredCommand) Validate() error {
	return first(ValidateID("/device", c.Device), ValidateID("/id", c.ID), ValidateID("/name", c.Name),
		checkArguments("/arguments", c.Arguments), validateSeconds("/expires_at", c.ExpiresAt), validateTxID("/tx_id", c.TxID))
}

// ParseDeliveredCommand reads the payload of a delivered command: one JSON object with the members
// of DeliveredCommand, letter for letter, each once, and none that is null. It returns Invalid.
func ParseDeliveredCommand(payload []byte) (DeliveredCommand, error) {
	var c DeliveredCommand
	if err := readStatement(payload, "the command's payload", &c, "device", "id", "name", "arguments", "expires_at", "tx_id"); err != nil {
		return DeliveredCommand{}, err
	}
	return c, c.Validate()
}
