package openapi

import (
	"encoding/json"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
)

// object is JSON of an example.
type object map[string]any

// bodyExample is a body of the operation: its own example, or of its transactions' requests what
// the path does not say. Nil if there is neither.
func (b *schemas) bodyExample(o rest.Operation, schema *openapi3.Schema) any {
	if own := b.words.Own[o.ID].Request; own != nil {
		return members(own)
	}
	body := object{}
	for _, tx := range o.Rules {
		example := b.words.Examples[tx]
		for _, part := range []json.RawMessage{example.Request, example.Private} {
			for name, value := range members(part) {
				if schema.Properties[name] != nil {
					body[name] = value
				}
			}
		}
	}
	if len(body) == 0 && len(schema.Required) > 0 {
		return nil
	}
	return body
}

// answerExample is an answer of the operation: its own example, or what the first of its
// transactions whose record it is returned. Nil if there is neither.
func (b *schemas) answerExample(o rest.Operation, record *openapi3.Schema) any {
	if own := b.words.Own[o.ID].Answer; own != nil {
		return own
	}
	for _, tx := range o.Rules {
		result := members(b.words.Examples[tx].Result)
		if len(result) == 0 || !has(result, record.Required) {
			continue
		}
		if !o.Write {
			return result
		}
		return object{"transaction": b.words.Own[ownCommit].Answer, "result": result}
	}
	return nil
}

// ownCommit is the name under which the words have an example of what all writes are answered.
const ownCommit = "commit"

// members are those of a JSON object, none of what is no object.
func members(data json.RawMessage) object {
	var o object
	if json.Unmarshal(data, &o) != nil {
		return nil
	}
	return o
}

func has(o object, names []string) bool {
	for _, name := range names {
		if _, ok := o[name]; !ok {
			return false
		}
	}
	return true
}

// problemExample is a problem document with a status.
func problemExample(status int) client.Problem {
	code := waymark.Invalid
	for _, c := range waymark.Codes() {
		if c.HTTPStatus() == status {
			code = c
		}
	}
	switch status {
	case http.StatusBadGateway:
		code = waymark.Internal
	case http.StatusGone:
		code = waymark.NotFound
	}
	return client.Problem{
		Type: rest.ProblemType + string(code), Title: rest.TitleOf(code), Status: status, Detail: rest.TitleOf(code), Code: code,
		RequestID: "5d0a1c7e9b3f4a52860c1f6e2d8b7a49",
	}
}
