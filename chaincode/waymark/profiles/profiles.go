// Package profiles is the catalogue of profiles: conditions that shipments can name in the place of
// writing them out. profiles.json is the whole of it, for readers in any language.
package profiles

import (
	_ "embed"
	"encoding/json"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

//go:embed profiles.json
var catalogue []byte

// All returns every profile, by name.
func All() []waymark.Profile {
	var list waymark.ProfileList
	if err := json.Unmarshal(catalogue, &list); err != nil { // the file is part of the program
		panic("profiles: " + err.Error())
	}
	return list.Profiles
}

// Find returns the profile of a name, in the version that this chaincode carries, and whether
// there is one.
func Find(name string) (waymark.Profile, bool) {
	all := All()
	i := slices.IndexFunc(all, func(p waymark.Profile) bool { return p.Name == name })
	if i < 0 {
		return waymark.Profile{}, false
	}
	return all[i], true
}
