package stub

import "encoding/json"

// Effects returns all that endorsers of the transaction must agree on besides its
// response, in one canonical form: what it read, in which order, what it would write
// and protect, and its event.
func (s *Stub) Effects() []byte {
	encoded, err := json.Marshal(struct {
		Reads     []string
		Writes    map[string][]byte
		Policies  map[string][]byte
		EventName string
		Event     []byte
	}{s.reads, s.Writes, s.policies, s.EventName, s.Event})
	if err != nil { // maps of bytes and texts always marshal
		panic("stub: encode: " + err.Error())
	}
	return encoded
}

// Untouched reports whether the transaction would change nothing: no write, no
// validation parameter, no event.
func (s *Stub) Untouched() bool {
	return len(s.Writes) == 0 && len(s.policies) == 0 && s.EventName == "" && s.Event == nil
}
