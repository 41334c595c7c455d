package reference

import (
	_ "embed" // words.json and own.json
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Words is all of it.
type Words struct {
	// Types are by package and name, as in "chaincode/waymark.Device".
	Types map[string]Type `json:"types"`
	// Rules are those of each transaction, in Markdown: who may, what it needs, what it changes.
	Rules map[waymark.Transaction]string `json:"rules"`
	// Examples are calls of each transaction that a ledger answered.
	Examples map[waymark.Transaction]Example `json:"examples"`
	// Own are examples of operations that are of no one transaction, or whose answers a gateway completes, by their ids, and under "commit" of
	// the transaction that every write is answered with.
	Own map[string]Exchange `json:"-"`
}

// Exchange is an operation's body and answer.
type Exchange struct {
	Request json.RawMessage `json:"request,omitempty"`
	Answer  json.RawMessage `json:"answer"`
}

// Type is what is said of a Go type.
type Type struct {
	About string `json:"about,omitempty"`
	// Members are what is said of its members, by their names in JSON. Those of which nothing
	// is said are not there.
	Members map[string]string `json:"members,omitempty"`
}

// Example is a call that was answered.
type Example struct {
	Request json.RawMessage `json:"request,omitempty"` // none, if it takes no argument
	Private json.RawMessage `json:"private,omitempty"` // the terms that came with it as transient data
	Result  json.RawMessage `json:"result"`
}

//go:embed words.json
var generated []byte

//go:embed own.json
var own []byte

// Load reads them. Callers must not change what they get.
var Load = sync.OnceValues(func() (Words, error) {
	var w Words
	if err := json.Unmarshal(generated, &w); err != nil {
		return Words{}, fmt.Errorf("read words.json: %w", err)
	}
	if err := json.Unmarshal(own, &w.Own); err != nil {
		return Words{}, fmt.Errorf("read own.json: %w", err)
	}
	return w, nil
})

const module = "github.com/waymark-ledger/waymark/"

// About is what is said of a type, or empty.
func (w Words) About(t reflect.Type) string { return w.of(t).About }

func (w Words) of(t reflect.Type) Type {
	name, _, _ := strings.Cut(t.Name(), "[") // of a generic type, whatever it is of
	return w.Types[strings.TrimPrefix(t.PkgPath(), module)+"."+name]
}

// Member is what is said of a member of a struct: by the struct, else by the member's own type,
// else what a member of that name is everywhere. Empty if nothing is.
func (w Words) Member(t reflect.Type, name string, member reflect.Type) string {
	if about := w.of(t).Members[name]; about != "" {
		return about
	}
	for member.Kind() == reflect.Pointer || member.Kind() == reflect.Slice {
		member = member.Elem()
	}
	if about := w.About(member); about != "" && member.Kind() != reflect.Struct {
		return about
	}
	return common()[name]
}
