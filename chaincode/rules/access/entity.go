package access

import (
	"slices"
	"strconv"
	"time"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Entity is a principal or a resource with its attributes, as the schema has them.
type Entity struct {
	entity cedar.Entity
	holds  []string // on the shipment that it is or is part of
}

const namespace = "Waymark::"

func newEntity(kind, id string, attributes cedar.RecordMap, parents ...cedar.EntityUID) Entity {
	return Entity{entity: cedar.Entity{
		UID:        uid(kind, id),
		Parents:    cedar.NewEntityUIDSet(parents...),
		Attributes: cedar.NewRecord(attributes),
	}}
}

func uid(kind, id string) cedar.EntityUID {
	return cedar.NewEntityUID(types.EntityType(namespace+kind), cedar.String(id))
}

func member(id string) cedar.EntityUID { return uid("Member", id) }

func members(ids []string) cedar.Set {
	sorted := slices.Clone(ids)
	slices.Sort(sorted)
	values := make([]cedar.Value, 0, len(sorted))
	for _, id := range slices.Compact(sorted) {
		values = append(values, member(id))
	}
	return cedar.NewSet(values...)
}

// Ref returns the type and id of the entity.
func (e Entity) Ref() waymark.EntityRef {
	return waymark.EntityRef{Type: string(e.entity.UID.Type), ID: string(e.entity.UID.ID)}
}

// held adds the holds on the shipment.
func (e Entity) held(holds []string) Entity {
	e.holds = holds
	return e
}

// Holds returns the kinds of the holds that stand on the shipment that the entity is, or
// is part of; never nil.
func (e Entity) Holds() []string { return append([]string{}, e.holds...) }

// Owner returns the member whose policies speak about the entity: the owner of a
// device and of its telemetry, the consignor of a shipment. It is empty for what
// belongs to nobody alone.
func (e Entity) Owner() string {
	switch e.entity.UID.Type {
	case namespace + "Device", namespace + "Telemetry":
		return e.attribute("owner")
	case namespace + "Shipment":
		return e.attribute("consignor")
	}
	return ""
}

// Classes returns the data classes of telemetry, sorted; those that need no owner for what
// names none.
func (e Entity) Classes() []waymark.DataClass {
	classes := waymark.DataClasses()
	if set, ok := e.set("classes"); ok {
		for v := range set.All() {
			if text, ok := v.(cedar.String); ok {
				classes = append(classes, waymark.DataClass(text))
			}
		}
	}
	slices.Sort(classes)
	return slices.Compact(classes)
}

func (e Entity) set(name cedar.String) (cedar.Set, bool) {
	value, _ := e.entity.Attributes.Get(name)
	set, ok := value.(cedar.Set)
	return set, ok
}

// attribute returns an attribute that names a member, or a text; empty if there is none.
func (e Entity) attribute(name cedar.String) string {
	value, _ := e.entity.Attributes.Get(name)
	switch v := value.(type) {
	case cedar.EntityUID:
		return string(v.ID)
	case cedar.String:
		return string(v)
	}
	return ""
}

// Caller is whoever submitted the transaction, or would.
func Caller(c ledger.Caller) Entity {
	id := c.Member + "/" + string(c.Role)
	if c.App != "" {
		id += "/" + c.App
	}
	return newEntity("Caller", id, cedar.RecordMap{
		"member": member(c.Member), "role": cedar.String(c.Role), "app": cedar.String(c.App),
	}, member(c.Member))
}

// Member is a member as a resource.
func Member(id string) Entity { return newEntity("Member", id, nil) }

// Consortium is what belongs to all members.
func Consortium(channel string) Entity { return newEntity("Consortium", channel, nil) }

func deviceAttributes(d waymark.Device, edge string) cedar.RecordMap {
	attributes := d.Attributes
	if attributes == nil {
		attributes = &waymark.DeviceAttributes{}
	}
	return cedar.RecordMap{
		"owner": member(d.Owner), "state": cedar.String(d.State), "model": cedar.String(d.Model),
		"firmware": cedar.String(attributes.FirmwareSHA256), "calibrationExpires": calibration(attributes),
		"classes": classSet(d.Attributes.Classes()), "locationClass": cedar.String(attributes.LocationClass),
		"signer": signer(edge),
	}
}

// signer is who signs for a device: itself, or an edge that holds a key of it.
func signer(edge string) cedar.String {
	if edge == "" {
		return "device"
	}
	return "edge"
}

// calibration is when the calibration expires: the year 1970 if there is none, which
// is past for every policy that compares.
func calibration(a *waymark.DeviceAttributes) cedar.Datetime {
	if a.Calibration == nil {
		return cedar.NewDatetimeFromMillis(0)
	}
	return cedar.NewDatetime(a.Calibration.ExpiresAt)
}

func classSet(classes []waymark.DataClass) cedar.Set {
	values := make([]cedar.Value, 0, len(classes))
	for _, c := range classes {
		values = append(values, cedar.String(c))
	}
	return cedar.NewSet(values...)
}

// Transfer is an offer of a device between two members.
func Transfer(t waymark.Transfer) Entity {
	return newEntity("Transfer", t.Device, cedar.RecordMap{"from": member(t.From), "to": member(t.To)})
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

// Witnessed is a shipment as its witnesses' data and devices are seen: the zero value
// for a device that witnesses none.
type Witnessed struct {
	Shipment  string
	Custodian string // of this moment
	Parties   []string
	Holds     []string // that stand at this moment
}

// place adds the shipment and its custodian to what witnesses it.
func (w Witnessed) place(attributes cedar.RecordMap) (parents []cedar.EntityUID) {
	if w.Shipment == "" {
		return nil
	}
	attributes["custodian"] = member(w.Custodian)
	return []cedar.EntityUID{uid("Shipment", w.Shipment)}
}

// Device is a device, as principal or resource, for a transaction of time at.
func Device(d waymark.Device, at time.Time) Entity { return DeviceAt(d, at, Witnessed{}) }

// DeviceBy is a device as it speaks with one of its keys.
func DeviceBy(d waymark.Device, k waymark.DeviceKey) Entity {
	return newEntity("Device", d.ID, deviceAttributes(d, k.Edge))
}

// DeviceAt is a device with the shipment that it witnesses. While an edge can sign for it, by whichever key, an edge does: nobody
// knows by which key it will speak next.
func DeviceAt(d waymark.Device, at time.Time, w Witnessed) Entity {
	attributes := deviceAttributes(d, d.Edge(at))
	parents := w.place(attributes)
	return newEntity("Device", d.ID, attributes, parents...).held(w.Holds)
}

// Telemetry is what a device has reported while it witnessed a shipment, or an edge for it, empty if it signed
// itself. private are the classes of it that are not in the open.
func Telemetry(d waymark.Device, edge string, w Witnessed, private []waymark.DataClass) Entity {
	attributes := cedar.RecordMap{
		"owner": member(d.Owner), "model": cedar.String(d.Model), "parties": members(w.Parties),
		"classes": classSet(d.Attributes.Classes()), "privateClasses": classSet(private), "signer": signer(edge),
	}
	parents := w.place(attributes)
	return newEntity("Telemetry", d.ID, attributes, parents...).held(w.Holds)
}

// Present is what changes about a shipment, as it is at this moment.
type Present struct {
	Custodian   string
	TitleHolder string
	Parties     []string
	Holds       []string
}

// Shipment is a shipment as it is at this moment.
func Shipment(s waymark.Shipment, now Present) Entity {
	return newEntity("Shipment", s.ID, cedar.RecordMap{
		"consignor": member(s.Consignor), "custodian": member(now.Custodian), "titleHolder": member(now.TitleHolder),
		"parties": members(now.Parties),
	}).held(now.Holds)
}

// Hold is a hold of a kind on a shipment, set by a member; by none if it is yet to be.
func Hold(s waymark.Shipment, now Present, kind waymark.HoldKind, setBy string) Entity {
	attributes := cedar.RecordMap{
		"kind": cedar.String(kind), "custodian": member(now.Custodian), "consignee": member(s.Consignee),
		"titleHolder": member(now.TitleHolder),
	}
	if s.Arbiter != "" {
		attributes["arbiter"] = member(s.Arbiter)
	}
	if setBy != "" {
		attributes["setBy"] = member(setBy)
	}
	return newEntity("Hold", s.ID+"/"+string(kind), attributes)
}

// TitleOffer is an offer of title between two members.
func TitleOffer(o waymark.TitleOffer) Entity {
	return newEntity("TitleOffer", o.Shipment+"/"+strconv.FormatUint(o.Number, 10), cedar.RecordMap{"from": member(o.From), "to": member(o.To)})
}

// Excursion is an excursion of a shipment of which a member holds title.
func Excursion(s waymark.Shipment, titleHolder string) Entity {
	return newEntity("Excursion", s.ID, cedar.RecordMap{"consignee": member(s.Consignee), "titleHolder": member(titleHolder)})
}

// Handoff is an offer between two members.
func Handoff(h waymark.Handoff) Entity {
	return newEntity("Handoff", h.Shipment+"/"+strconv.FormatUint(h.Number, 10), cedar.RecordMap{"from": member(h.From), "to": member(h.To)})
}

// Product is what a GTIN stands for.
func Product(p waymark.Product) Entity {
	return newEntity("Product", p.GTIN, cedar.RecordMap{"owner": member(p.Owner), "regulators": members(p.Regulators)})
}

// Concerned are the members that a thing concerns. Those that there are not are empty.
type Concerned struct {
	Holder, TitleHolder, BrandOwner string
	Regulators                      []string // of its product
	Parties                         []string // of its shipment
}

// Goods is a thing, or so much of a lot.
func Goods(id string, c Concerned) Entity {
	attributes := cedar.RecordMap{"regulators": members(c.Regulators), "parties": members(c.Parties)}
	optionalMember(attributes, "holder", c.Holder)
	optionalMember(attributes, "titleHolder", c.TitleHolder)
	optionalMember(attributes, "brandOwner", c.BrandOwner)
	return newEntity("Goods", id, attributes)
}

// Settlement is what is agreed on, paid and disputed of a shipment. opener is who opened the
// dispute that it is about, or empty.
func Settlement(s waymark.Shipment, opener string) Entity {
	attributes := cedar.RecordMap{"payer": member(s.Consignee), "payee": member(s.Consignor)}
	optionalMember(attributes, "arbiter", s.Arbiter)
	optionalMember(attributes, "opener", opener)
	return newEntity("Settlement", s.ID, attributes)
}

// Policy is a policy about the resources of owner, by author.
func Policy(owner, author string) Entity {
	return newEntity("Policy", owner+"/"+author, cedar.RecordMap{"owner": member(owner), "author": member(author)})
}

// Question is what is asked about somebody of member subject and a resource of
// owner, which is empty where it belongs to nobody.
func Question(subject, owner string) Entity {
	attributes := cedar.RecordMap{"subject": member(subject)}
	if owner != "" {
		attributes["owner"] = member(owner)
	}
	return newEntity("Question", subject+"/"+owner, attributes)
}
