package rest

import (
	"encoding/json"
	"reflect"
	"testing"
)

// TestTheBlockOfAList is found in the encoded form of each list, whatever the texts behind it say.
func TestTheBlockOfAList(t *testing.T) {
	lists := 0
	for _, r := range routes() {
		if r.listed == nil {
			continue
		}
		lists++
		list := reflect.New(reflect.TypeOf(r.result)).Elem()
		behind := false
		for _, f := range reflect.VisibleFields(list.Type()) {
			switch at := list.FieldByIndex(f.Index); {
			case f.Anonymous:
			case f.Name == "Block":
				at.SetUint(17)
				behind = true
			case at.Kind() == reflect.String:
				at.SetString(`"block":18,"block":19}`)
			case behind:
				t.Errorf("%s: %s is behind the block, and no text", r.id, f.Name)
			}
		}
		body, err := json.Marshal(list.Interface())
		if err != nil {
			t.Fatal(err)
		}
		before, block, after := aroundBlock(body)
		if string(block) != "17" || string(before)+"17"+string(after) != string(body) {
			t.Errorf("%s: %s is the block of %s", r.id, block, body)
		}
	}
	if lists == 0 {
		t.Error("there are no lists")
	}
}
