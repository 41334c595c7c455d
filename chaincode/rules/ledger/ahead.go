package ledger

// Ahead is a ledger that can be told what will be asked for, so that it is read at once:
// with Fabric each question is a round trip to the peer, and Fetch is one for many keys. A
// key is still read at most once that is asked for many times.
type Ahead struct {
	Ledger
	read map[Key][]byte
}

// NewAhead makes the ledger of a transaction one that reads ahead.
func NewAhead(l Ledger) *Ahead { return &Ahead{l, map[Key][]byte{}} }

// Fetch reads keys that will be asked for, each once. What is fetched is relied on, as
// what is asked for: see Reader.
func (a *Ahead) Fetch(keys ...Key) error {
	var missing []Key
	wanted := map[Key]bool{}
	for _, key := range keys {
		if _, known := a.read[key]; !known && !wanted[key] {
			wanted[key] = true
			missing = append(missing, key)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	values, err := a.Ledger.GetMany(missing)
	if err != nil {
		return err
	}
	for i, key := range missing {
		a.read[key] = values[i]
	}
	return nil
}

// Get implements Reader.
func (a *Ahead) Get(key Key) ([]byte, error) {
	if value, known := a.read[key]; known {
		return value, nil
	}
	return a.Ledger.Get(key)
}

// Has reports whether a key that was fetched has a value.
func (a *Ahead) Has(key Key) bool { return a.read[key] != nil }
