package ledger

import (
	"fmt"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Key names one record. Only the functions of this file make keys, so that no
// two kinds can collide and no caller's text can reach into another record: ids
// hold no slash (waymark.ValidateID) and numbers have a fixed width, so that
// lexical order is numeric order.
type Key struct{ text string }

// String returns the key as Fabric stores it.
func (k Key) String() string { return k.text }

// Compare orders keys as the ledger does.
func (k Key) Compare(other Key) int { return strings.Compare(k.text, other.text) }

// Range is the key alone.
func (k Key) Range() Range { return Range{k.text, k.text + "\x00"} }

// Range is the keys from From up to, not including, To.
type Range struct{ From, To string }

// MemberKey is the record of a member.
func MemberKey(id string) Key { return key("member", id) }

// DeviceKey is the record of a device.
func DeviceKey(id string) Key { return key("device", id) }

// StreamKey is where a device's stream stands.
func StreamKey(device string) Key { return key("stream", device) }

// WindowKey is the window that begins with message first.
func WindowKey(device string, first uint64) Key { return key("window", device, number(first)) }

// DisclosureKey is, in a private collection, what the sealed readings of a message stand for.
func DisclosureKey(device string, sequence uint64) Key {
	return key("disclosure", device, number(sequence))
}

// Windows are the windows of a device that begin with a message from..to, both included.
func Windows(device string, from, to uint64) Range {
	return Range{WindowKey(device, from).text, WindowKey(device, to+1).text}
}

// AttachmentKey says which shipment a device witnesses.
func AttachmentKey(device string) Key { return key("attachment", device) }

// WitnessKey is the reverse edge: a device that witnesses, or witnessed, a shipment.
func WitnessKey(shipment, device string) Key { return key("witness", shipment, device) }

// Witnesses are all devices that witness, or witnessed, a shipment.
func Witnesses(shipment string) Range { return below("witness", shipment) }

// ExcursionKey is the nth excursion that one transaction recorded of one device,
// whose readings began with message first: no two excursions share a key.
func ExcursionKey(shipment, device string, first uint64, n int) Key {
	return key("excursion", shipment, device, number(first), number(uint64(n))) //nolint:gosec // n counts up from 0
}

// Excursions are all excursions of a shipment.
func Excursions(shipment string) Range { return below("excursion", shipment) }

// ExcursionsAt are those of one device whose readings began with message first.
func ExcursionsAt(shipment, device string, first uint64) Range {
	return below("excursion", shipment, device, number(first))
}

// ExposureKey is what a device's messages add up to by the rules of a shipment.
func ExposureKey(shipment, device string) Key { return key("exposure", shipment, device) }

// ShipmentKey is the part of a shipment that never changes.
func ShipmentKey(id string) Key { return key("shipment", id) }

// CustodyKey says who holds a shipment.
func CustodyKey(shipment string) Key { return key("custody", shipment) }

// CargoKey says what is in a shipment and how it is sealed.
func CargoKey(shipment string) Key { return key("cargo", shipment) }

// HandoffKey is one handoff of a shipment.
func HandoffKey(shipment string, n uint64) Key { return key("handoff", shipment, number(n)) }

// Handoffs are all handoffs of a shipment, oldest first.
func Handoffs(shipment string) Range { return below("handoff", shipment) }

// GuardKey counts the handoffs of a shipment and says whether one is open.
func GuardKey(shipment string) Key { return key("guard", shipment) }

// HoldKey is the last hold of a kind on a shipment.
func HoldKey(shipment, kind string) Key { return key("hold", shipment, kind) }

// DiscrepancyKey is what the acceptance of handoff n reserved.
func DiscrepancyKey(shipment string, n uint64) Key { return key("discrepancy", shipment, number(n)) }

// Discrepancies are all discrepancies of a shipment, oldest first.
func Discrepancies(shipment string) Range { return below("discrepancy", shipment) }

// CurrencyKey says how much of a currency there is.
func CurrencyKey(issuer, currency string) Key { return key("currency", issuer, currency) }

// NoteKey is a note: money of an owner.
func NoteKey(issuer, currency, owner, id string) Key { return key("note", issuer, currency, owner, id) }

// Notes are the notes of an owner whose ids come after one, which may be empty.
func Notes(issuer, currency, owner, after string) Range {
	all := below("note", issuer, currency, owner)
	if after != "" {
		after += "-" // the least character of an id
	}
	return Range{all.From + after, all.To}
}

// PaymentKey is what a member did with money, under its own id.
func PaymentKey(member, id string) Key { return key("payment", member, id) }

// TermsKey is, in the private collections of its parties, the terms of a shipment.
func TermsKey(shipment string) Key { return key("terms", shipment) }

// AgreementKey is who agreed to the terms of a shipment.
func AgreementKey(shipment string) Key { return key("agreement", shipment) }

// EscrowKey is the money that is bound to a shipment.
func EscrowKey(shipment string) Key { return key("escrow", shipment) }

// FundingKey is an escrow a second time, under the policy of the chaincode.
func FundingKey(shipment string) Key { return key("funding", shipment) }

// SettlementKey is who gets what of an escrow.
func SettlementKey(shipment string) Key { return key("settlement", shipment) }

// DisputeKey is one dispute of a shipment.
func DisputeKey(shipment string, n uint64) Key { return key("dispute", shipment, number(n)) }

// Disputes are all disputes of a shipment, oldest first.
func Disputes(shipment string) Range { return below("dispute", shipment) }

// TitleOfferKey is one offer of title to a shipment.
func TitleOfferKey(shipment string, n uint64) Key { return key("titleoffer", shipment, number(n)) }

// AuthorityKey is a device CA of a member.
func AuthorityKey(owner, id string) Key { return key("authority", owner, id) }

// RevocationKey says that a certificate under an authority is revoked. The authority is
// known by its key, which a renewed certificate of it has, too.
func RevocationKey(owner, issuerKey, serial string) Key {
	return key("revocation", owner, issuerKey, serial)
}

// Revocations are of all certificates under authorities of a member.
func Revocations(owner string) Range { return below("revocation", owner) }

// TransferKey is the last transfer of a device to another owner.
func TransferKey(device string) Key { return key("transfer", device) }

// PresenceKey is the newest that a device has said of its presence.
func PresenceKey(device string) Key { return key("presence", device) }

// CommandKey is a command to a device.
func CommandKey(device, id string) Key { return key("command", device, id) }

// OpenCommandsKey lists the commands of a device that may be open.
func OpenCommandsKey(device string) Key { return key("commands", device) }

// ProductKey says whose brand a GTIN is.
func ProductKey(gtin string) Key { return key("product", gtin) }

// GoodsKey is the record of an item, lot or container.
func GoodsKey(g waymark.Goods) Key { return key(string(g.Kind()), g.Parts()...) }

// Items are all items of a product.
func Items(gtin string) Range { return below(string(waymark.GoodsItem), gtin) }

// PortionKey is how much of a lot is at a place. The text of a place has slashes and no
// two places the same.
func PortionKey(lot waymark.Goods, at waymark.Place) Key {
	return key("portion", append(lot.Parts(), string(at))...)
}

// ContentKey is the reverse edge of a place in a container: what is directly in it.
func ContentKey(container, thing waymark.Goods) Key {
	return key("content", append([]string{container.SSCC, string(thing.Kind())}, thing.Parts()...)...)
}

// Portions are all portions of a lot, by place.
func Portions(lot waymark.Goods) Range { return below("portion", lot.Parts()...) }

// PortionsAt are the portions of a lot at all places of a kind.
func PortionsAt(lot waymark.Goods, kind waymark.PlaceKind) Range {
	return below("portion", append(lot.Parts(), string(kind))...)
}

// PortionsHeld are the portions of a lot in stock of a holder, whosever they are.
func PortionsHeld(lot waymark.Goods, holder string) Range {
	return below("portion", append(lot.Parts(), string(waymark.PlaceStock), holder)...)
}

// Contents are what is directly in a container: containers, items and lots.
func Contents(container waymark.Goods) Range { return below("content", container.SSCC) }

// MembersOfLot are the items of a lot.
func MembersOfLot(lot waymark.Goods) Range { return below("lotitem", lot.Parts()...) }

// After is the rest of a range, behind a key. No character of a key comes before the one
// that is added here.
func (r Range) After(k Key) Range { return Range{k.text + "!", r.To} }

// MemberOfLotKey is the reverse edge of an item: that it is of its lot.
func MemberOfLotKey(lot, item waymark.Goods) Key {
	return key("lotitem", append(lot.Parts(), item.Parts()[1])...)
}

// RecallKey is the recalls of a lot.
func RecallKey(lot waymark.Goods) Key { return key("recall", lot.Parts()...) }

// ActKey is what a member did with goods.
func ActKey(id string) Key { return key("act", id) }

// TitleKey says who owns the goods of a shipment.
func TitleKey(shipment string) Key { return key("title", shipment) }

// PolicyKey is a policy about the resources of owner, by author.
func PolicyKey(owner, author, id string) Key { return key("policy", owner, author, id) }

// Policies are all policies about the resources of owner, by author and id.
func Policies(owner string) Range { return below("policy", owner) }

// SlotsKey says how many policies of an author about the resources of owner have no
// slot. With no author it is of all delegated ones together, which no id can be.
func SlotsKey(owner, author string) Key { return key("slots", owner, author) }

// SlotKey is the nth of the slots that SlotsKey is about, from 0.
func SlotKey(owner, author string, n uint64) Key { return key("slot", owner, author, number(n)) }

// DecisionKey is the decision that a transaction recorded.
func DecisionKey(tx string) Key { return key("decision", tx) }

// Members are all members.
func Members() Range { return below("member") }

func key(kind string, parts ...string) Key {
	return Key{strings.Join(append([]string{kind}, parts...), "/")}
}

// below are the keys that continue parts: '0' is the character after '/'.
func below(kind string, parts ...string) Range {
	prefix := key(kind, parts...).text
	return Range{prefix + "/", prefix + "0"}
}

func number(n uint64) string { return fmt.Sprintf("%016x", n) }
