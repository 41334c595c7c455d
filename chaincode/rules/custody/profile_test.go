package custody_test

import (
	"reflect"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/profiles"
)

func TestProfiles(t *testing.T) {
	c := scenario.New(t)
	list, err := custody.Profiles(c.World.Begin(c.Tx(c.As("auditor", waymark.Viewer))))
	if err != nil || !reflect.DeepEqual(list.Profiles, profiles.All()) {
		t.Errorf("the catalogue is %+v, %v", list, err)
	}
	if _, err := custody.Profiles(c.World.Begin(c.Tx(c.As("auditor", "")))); waymark.CodeOf(err) != waymark.Forbidden {
		t.Errorf("without a role: %v", err)
	}
}
