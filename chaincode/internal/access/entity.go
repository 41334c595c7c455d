package access

import (
	"slices"
	"strconv"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Entity is a principal or a resource with its attributes, as the schema has them.
type Entity struct{ entity cedar.Entity }

func newEntity(kind, id string, attributes cedar.RecordMap, parents ...cedar.EntityUID) Entity {
	return Entity{cedar.Entity{
		UID:        cedar.NewEntityUID(types.EntityType("Waymark::"+kind), cedar.String(id)),
		Parents:    cedar.NewEntityUIDSet(parents...),
		Attributes: cedar.NewRecord(attributes),
	}}
}

func member(id string) cedar.EntityUID {
	return cedar.NewEntityUID("Waymark::Member", cedar.String(id))
}

func members(ids []string) cedar.Set {
	sorted := slices.Clone(ids)
	slices.Sort(sorted)
	values := make([]cedar.Value, 0, len(sorted))
	for _, id := range slices.Compact(sorted) {
		values = append(values, member(id))
	}
	return cedar.NewSet(values...)
}

// Caller is whoever submitted the transaction.
func Caller(c ledger.Caller) Entity {
	return newEntity("Caller", c.Member+"/"+string(c.Role), cedar.RecordMap{
		"member": member(c.Member), "role": cedar.String(c.Role),
	}, member(c.Member))
}

// Member is a member as a resource.
func Member(id string) Entity { return newEntity("Member", id, nil) }

// Consortium is what belongs to all members.
func Consortium(channel string) Entity { return newEntity("Consortium", channel, nil) }

// Device is a device, as principal or resource.
func Device(d waymark.Device) Entity { return newEntity("Device", d.ID, deviceAttributes(d)) }

func deviceAttributes(d waymark.Device) cedar.RecordMap {
	attributes := d.Attributes
	if attributes == nil {
		attributes = &waymark.DeviceAttributes{}
	}
	return cedar.RecordMap{
		"owner": member(d.Owner), "state": cedar.String(d.State), "model": cedar.String(d.Model),
		"firmware": cedar.String(attributes.FirmwareSHA256), "calibrationExpires": calibration(attributes),
		"classes": classes(attributes.Measures), "locationClass": cedar.String(attributes.LocationClass),
	}
}

// calibration is when the calibration expires: the year 1970 if there is none, which
// is past for every policy that compares.
func calibration(a *waymark.DeviceAttributes) cedar.Datetime {
	if a.Calibration == nil {
		return cedar.NewDatetimeFromMillis(0)
	}
	return cedar.NewDatetime(a.Calibration.ExpiresAt)
}

func classes(measures []waymark.MeasuredClass) cedar.Set {
	values := make([]cedar.Value, 0, len(measures))
	for _, m := range measures {
		values = append(values, cedar.String(m.Class))
	}
	return cedar.NewSet(values...)
}

// Transfer is an offer of a device between two members.
func Transfer(t waymark.Transfer) Entity {
	return newEntity("Transfer", t.Device, cedar.RecordMap{"from": member(t.From), "to": member(t.To)})
}

// DeviceWith is a device with the member that has custody of the shipment which it
// witnesses; empty if it witnesses none.
func DeviceWith(d waymark.Device, custodian string) Entity {
	attributes := deviceAttributes(d)
	optionalMember(attributes, "custodian", custodian)
	return newEntity("Device", d.ID, attributes)
}

// Command is a command to a device: who has custody of the shipment that the device
// witnesses now, and who requested the command. Either may be empty.
func Command(d waymark.Device, custodian, requester string) Entity {
	attributes := cedar.RecordMap{"owner": member(d.Owner)}
	optionalMember(attributes, "custodian", custodian)
	optionalMember(attributes, "requester", requester)
	return newEntity("Command", d.ID, attributes)
}

func optionalMember(attributes cedar.RecordMap, name cedar.String, id string) {
	if id != "" {
		attributes[name] = member(id)
	}
}

// Telemetry is what a device of owner has reported, while it witnessed a shipment of
// parties; there are none if it witnessed none.
func Telemetry(device, owner string, parties []string) Entity {
	return newEntity("Telemetry", device, cedar.RecordMap{"owner": member(owner), "parties": members(parties)})
}

// Shipment is a shipment with its custodian of this moment.
func Shipment(s waymark.Shipment, custodian string, parties []string) Entity {
	return newEntity("Shipment", s.ID, cedar.RecordMap{
		"consignor": member(s.Consignor), "custodian": member(custodian), "parties": members(parties),
	})
}

// Handoff is an offer between two members.
func Handoff(h waymark.Handoff) Entity {
	return newEntity("Handoff", h.Shipment+"/"+strconv.FormatUint(h.Number, 10), cedar.RecordMap{"from": member(h.From), "to": member(h.To)})
}
