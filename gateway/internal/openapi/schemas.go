package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3gen"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/reference"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
)

const componentPrefix = "#/components/schemas/"

// schemas makes JSON schemas of Go types, one component for each struct.
type schemas struct {
	components      openapi3.Schemas
	responsesShared openapi3.ResponseBodies
	known           map[reflect.Type]*openapi3.SchemaRef
	named           map[string]reflect.Type // by the name of the component
	clash           error                   // of two types that would be one component
	words           reference.Words
	requests        map[reflect.Type][]reflect.Type // that bodies become
}

func newSchemas(words reference.Words, requests map[reflect.Type][]reflect.Type) *schemas {
	return &schemas{words: words, requests: requests, components: make(openapi3.Schemas), responsesShared: make(openapi3.ResponseBodies), known: make(map[reflect.Type]*openapi3.SchemaRef), named: make(map[string]reflect.Type)}
}

// of returns a reference to the schema of a type.
func (b *schemas) of(t reflect.Type) (*openapi3.SchemaRef, error) {
	if ref, ok := b.known[t]; ok {
		return ref, nil
	}
	ref, err := b.make(reflect.Zero(t).Interface())
	err = errors.Join(err, b.clash)
	if err == nil {
		b.known[t] = ref
	}
	return ref, err
}

func (b *schemas) make(value any) (*openapi3.SchemaRef, error) {
	return openapi3gen.NewSchemaRefForValue(value, b.components,
		openapi3gen.SchemaCustomizer(b.customize),
		openapi3gen.CreateTypeNameGenerator(b.typeName),
		openapi3gen.CreateComponentSchemas(openapi3gen.ExportComponentSchemasOptions{
			ExportComponentSchemas: true, ExportTopLevelSchema: true,
		}))
}

// resolve follows a reference into the components.
func (b *schemas) resolve(ref *openapi3.SchemaRef) *openapi3.Schema {
	if target, ok := b.components[strings.TrimPrefix(ref.Ref, componentPrefix)]; ok {
		return target.Value
	}
	if ref.Value == nil {
		return &openapi3.Schema{}
	}
	return ref.Value
}

// written is the schema of a client.Written around a record.
func (b *schemas) written(record *openapi3.SchemaRef) (*openapi3.SchemaRef, error) {
	commit, err := b.of(reflect.TypeFor[client.Commit]())
	if err != nil {
		return nil, err
	}
	schema := openapi3.NewObjectSchema()
	schema.Properties = openapi3.Schemas{"transaction": commit, "result": record}
	schema.Description = b.words.About(reflect.TypeFor[client.Written[jsontext.Value]]())
	schema.Required = []string{"transaction", "result"}
	return openapi3.NewSchemaRef("", schema), nil
}

// typeName is the component's name: the Go type's, with an upper-case initial. Of two types
// with one name, the document would tell one and mean both.
func (b *schemas) typeName(t reflect.Type) string {
	name := t.Name()
	if name == "" {
		return name
	}
	name = strings.ToUpper(name[:1]) + name[1:]
	if other, taken := b.named[name]; taken && other != t {
		b.clash = fmt.Errorf("the types %s and %s would both be %s", other, t, name)
	}
	b.named[name] = t
	return name
}

// customize adds what reflection alone does not see: which members are required,
// where there are no others, the values of the enumerations, and what they are in words.
func (b *schemas) customize(_ string, t reflect.Type, _ reflect.StructTag, schema *openapi3.Schema) error {
	if t == reflect.TypeFor[jsontext.Value]() || t == reflect.TypeFor[json.RawMessage]() { // JSON of whatever kind it is
		*schema = openapi3.Schema{Description: "JSON as its transaction has it"}
		return nil
	}
	schema.Nullable = false // an absent member is left out, never null
	schema.Enum = enumOf(t)
	if t.Kind() == reflect.Uint64 {
		largest := float64(waymark.MaxSequence)
		schema.Max = &largest
	}
	if t.Kind() != reflect.Struct || schema.Properties == nil {
		return nil
	}
	schema.Required, schema.Description = requiredOf(t), b.words.About(t)
	b.describeMembers(t, schema)
	if isBody(t) {
		closed := false
		schema.AdditionalProperties = openapi3.AdditionalProperties{Has: &closed}
	}
	return nil
}

// isBody reports whether t is sent by callers. Those have no members but these;
// what we send may grow.
func isBody(t reflect.Type) bool {
	return strings.HasSuffix(t.Name(), "Request") || strings.HasSuffix(t.Name(), "Body")
}

// requiredOf lists the members without omitempty and without the vocabulary's
// own mark of what is optional.
func requiredOf(t reflect.Type) []string {
	var names []string
	for field := range t.Fields() {
		if field.Anonymous {
			names = append(names, requiredOf(field.Type)...)
		}
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		optional := strings.Contains(options, "omit") || strings.Contains(field.Tag.Get("metadata"), "optional")
		if name != "" && name != "-" && !optional {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// enumOf returns the values of a closed set of texts, or nil.
func enumOf(t reflect.Type) []any { return closedSets()[t] }

// closedSets are the vocabulary's texts of which all values are known. They are asked for with
// each type of the document, and one of them is made of all routes.
var closedSets = sync.OnceValue(makeClosedSets)

func makeClosedSets() map[reflect.Type][]any {
	return map[reflect.Type][]any{
		reflect.TypeFor[waymark.Code]():            anys(waymark.Codes()...),
		reflect.TypeFor[waymark.Role]():            anys(waymark.Roles()...),
		reflect.TypeFor[waymark.Action]():          anys(waymark.Actions()...),
		reflect.TypeFor[waymark.Outcome]():         anys(waymark.Outcomes()...),
		reflect.TypeFor[waymark.ClashKind]():       anys(waymark.ClashKinds()...),
		reflect.TypeFor[waymark.CommandState]():    anys(waymark.CommandStates()...),
		reflect.TypeFor[waymark.CommandResult]():   anys(waymark.CommandResults()...),
		reflect.TypeFor[waymark.DeviceState]():     anys(waymark.DeviceStates()...),
		reflect.TypeFor[waymark.PresenceState]():   anys(waymark.PresenceStates()...),
		reflect.TypeFor[waymark.PresenceMode]():    anys(waymark.PresenceModes()...),
		reflect.TypeFor[waymark.ShipmentOrder]():   anys(waymark.ShipmentOrders()...),
		reflect.TypeFor[waymark.Order]():           anys(waymark.Orders()...),
		reflect.TypeFor[waymark.ShipmentState]():   anys(waymark.ShipmentStates()...),
		reflect.TypeFor[waymark.HandoffState]():    anys(waymark.HandoffStates()...),
		reflect.TypeFor[waymark.ConditionState]():  anys(waymark.ConditionStates()...),
		reflect.TypeFor[waymark.KeyOrigin]():       anys(waymark.KeyOrigins()...),
		reflect.TypeFor[waymark.Visibility]():      anys(waymark.Visibilities()...),
		reflect.TypeFor[waymark.AuthorityState]():  anys(waymark.AuthorityStates()...),
		reflect.TypeFor[waymark.TransferState]():   anys(waymark.TransferStates()...),
		reflect.TypeFor[waymark.DecisionOutcome](): anys(waymark.DecisionOutcomes()...),
		reflect.TypeFor[waymark.PolicyState]():     anys(waymark.PolicyStates()...),
		reflect.TypeFor[waymark.SealState]():       anys(waymark.SealStates()...),
		reflect.TypeFor[waymark.ExceptionReason](): anys(waymark.ExceptionReasons()...),

		reflect.TypeFor[waymark.ObligationKind](): anys(waymark.ObligationKinds()...),

		reflect.TypeFor[waymark.GoodsKind](): anys(waymark.GoodsKinds()...),
		reflect.TypeFor[waymark.ActKind]():   anys(waymark.ActKinds()...),
		reflect.TypeFor[waymark.FoundKind](): anys(waymark.FoundKinds()...),
		reflect.TypeFor[waymark.TraceKind](): anys(waymark.TraceKinds()...),
		reflect.TypeFor[waymark.Direction](): anys(waymark.Directions()...),

		reflect.TypeFor[waymark.ConditionKind]():   anys(waymark.ConditionKinds()...),
		reflect.TypeFor[waymark.BudgetMode]():      anys(waymark.BudgetModes()...),
		reflect.TypeFor[waymark.ExcursionState]():  anys(waymark.ExcursionStates()...),
		reflect.TypeFor[waymark.PaymentKind]():     anys(waymark.PaymentKinds()...),
		reflect.TypeFor[waymark.EscrowState]():     anys(waymark.EscrowStates()...),
		reflect.TypeFor[waymark.SettlementState](): anys(waymark.SettlementStates()...),
		reflect.TypeFor[waymark.Basis]():           anys(waymark.Bases()...),
		reflect.TypeFor[waymark.DisputeState]():    anys(waymark.DisputeStates()...),
		reflect.TypeFor[waymark.Side]():            anys(waymark.Sides()...),

		reflect.TypeFor[client.State]():        anys(client.States()...),
		reflect.TypeFor[client.WebhookState](): anys(client.WebhookStates()...),
		reflect.TypeFor[waymark.Transaction](): anys(rest.Offered()...),

		reflect.TypeFor[waymark.HoldKind]():        anys(waymark.HoldKinds()...),
		reflect.TypeFor[waymark.TitleOfferState](): anys(waymark.TitleOfferStates()...),
	}
}

func anys[T ~string](values ...T) []any {
	all := make([]any, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}
